-- Takes the leases that nobody else holds, or one of the displaced, and renews those of the caller.
-- KEYS: one per lease. ARGV: holder, milliseconds to live, the displaced holders.
-- Returns for each key whether it is held.
local may_go = {}
may_go[ARGV[1]] = true
for i = 3, #ARGV do
  may_go[ARGV[i]] = true
end
local held = {}
for i, key in ipairs(KEYS) do
  local holder = redis.call('GET', key)
  if not holder or may_go[holder] then
    redis.call('SET', key, ARGV[1], 'PX', ARGV[2])
    held[i] = 1
  else
    held[i] = 0
  end
end
return held
