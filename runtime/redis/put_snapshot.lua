-- Keeps a snapshot unless a newer one is kept. KEYS: snapshot. ARGV: version, bytes.
-- Returns whether it was kept.
local kept = redis.call('HGET', KEYS[1], 'version')
if kept and tonumber(kept) > tonumber(ARGV[1]) then
  return 0
end
redis.call('HSET', KEYS[1], 'version', ARGV[1], 'bytes', ARGV[2])
return 1
