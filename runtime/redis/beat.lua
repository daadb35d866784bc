-- Says that the caller is alive and returns who is on the list, each with its last beat.
-- KEYS: the list. ARGV: holder, milliseconds the list lives without anybody, holders to strike off.
for i = 3, #ARGV do
  redis.call('HDEL', KEYS[1], ARGV[i])
end
redis.call('HINCRBY', KEYS[1], ARGV[1], 1)
redis.call('PEXPIRE', KEYS[1], ARGV[2])
return redis.call('HGETALL', KEYS[1])
