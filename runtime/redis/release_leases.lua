-- Gives up those of the leases that the caller holds. KEYS: one per lease. ARGV: holder.
-- Returns how many there were.
local released = 0
for _, key in ipairs(KEYS) do
  if redis.call('GET', key) == ARGV[1] then
    released = released + redis.call('DEL', key)
  end
end
return released
