-- Takes the leases that nobody else holds and renews those of the caller.
-- KEYS: one per lease. ARGV: holder, milliseconds to live. Returns for each key whether it is held.
local held = {}
for i, key in ipairs(KEYS) do
  local holder = redis.call('GET', key)
  if not holder or holder == ARGV[1] then
    redis.call('SET', key, ARGV[1], 'PX', ARGV[2])
    held[i] = 1
  else
    held[i] = 0
  end
end
return held
