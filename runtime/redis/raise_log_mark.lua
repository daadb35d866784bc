-- Raises a mark of a stream, never lowers it. KEYS: marks of a context. ARGV: stream, when its
-- incarnation was accepted (nanoseconds in 20 digits), sequence, hash. Returns whether it was kept.
local stream, accepted, sequence = ARGV[1], ARGV[2], tonumber(ARGV[3])
local kept = redis.call('HMGET', KEYS[1], stream .. ':accepted', stream .. ':sequence')
if kept[1] and (kept[1] > accepted or (kept[1] == accepted and tonumber(kept[2]) > sequence)) then
  return 0
end
redis.call('HSET', KEYS[1], stream .. ':accepted', accepted, stream .. ':sequence', ARGV[3],
  stream .. ':hash', ARGV[4])
return 1
