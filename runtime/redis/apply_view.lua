-- Writes rows of a view and moves its checkpoint, if the checkpoint is where the caller believes.
-- KEYS: rows, checkpoint. ARGV: from, to, then a row's key and its bytes in turn. From 0 the view
-- begins from nothing: rows that are left without a checkpoint go.
-- Returns whether it wrote, and the checkpoint as it is now.
local checkpoint = redis.call('GET', KEYS[2]) or '0'
if checkpoint ~= ARGV[1] then
  return {0, checkpoint}
end
if checkpoint == '0' then
  redis.call('UNLINK', KEYS[1])
end
-- Lua can pass about 8,000 values to a call.
local values_max = 1000
for first = 3, #ARGV, values_max do
  redis.call('HSET', KEYS[1], unpack(ARGV, first, math.min(first + values_max - 1, #ARGV)))
end
redis.call('SET', KEYS[2], ARGV[2])
return {1, ARGV[2]}
