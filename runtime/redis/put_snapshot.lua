-- Keeps a snapshot unless a newer one is kept. KEYS: snapshot. ARGV: version, bytes, how many parts
-- it has, their names; then name and bytes of those parts that are sent.
-- Returns the names of parts that are neither kept nor sent; then nothing was changed.
local kept = redis.call('HGET', KEYS[1], 'version')
if kept and tonumber(kept) > tonumber(ARGV[1]) then
  return {}
end
local first_sent = 4 + tonumber(ARGV[3])
local sent = {}
for i = first_sent, #ARGV, 2 do
  sent['part:' .. ARGV[i]] = ARGV[i + 1]
end
local wanted = {}
local missing = {}
for i = 4, first_sent - 1 do
  local field = 'part:' .. ARGV[i]
  wanted[field] = true
  if not sent[field] and redis.call('HEXISTS', KEYS[1], field) == 0 then
    missing[#missing + 1] = ARGV[i]
  end
end
if #missing > 0 then
  return missing
end
for _, field in ipairs(redis.call('HKEYS', KEYS[1])) do
  if string.sub(field, 1, 5) == 'part:' and not wanted[field] then
    redis.call('HDEL', KEYS[1], field)
  end
end
redis.call('HSET', KEYS[1], 'version', ARGV[1], 'bytes', ARGV[2])
for field, bytes in pairs(sent) do
  redis.call('HSET', KEYS[1], field, bytes)
end
return {}
