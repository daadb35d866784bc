-- Reads rows of a view and its checkpoint, as of one moment.
-- KEYS: rows, checkpoint. ARGV: the rows' keys; none: every row.
-- Returns the checkpoint, and then the bytes of each row in the order of the keys (nil: there is
-- none), or of every row its key and its bytes in turn. Rows without a checkpoint count for nothing.
local checkpoint = redis.call('GET', KEYS[2])
if not checkpoint then
  return {'0'}
end
local found = {checkpoint}
local function add(values)
  for _, value in ipairs(values) do
    found[#found + 1] = value
  end
end
if #ARGV == 0 then
  add(redis.call('HGETALL', KEYS[1]))
end
-- Lua can pass about 8,000 values to a call.
local values_max = 1000
for first = 1, #ARGV, values_max do
  add(redis.call('HMGET', KEYS[1], unpack(ARGV, first, math.min(first + values_max - 1, #ARGV))))
end
return found
