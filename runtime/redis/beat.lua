-- Says that the caller is alive and returns who is on the list, each with its last beat.
-- One that takes no slots has the beat 0.
-- KEYS: the list. ARGV: holder, milliseconds the list lives without anybody, whether it takes slots,
-- holders to strike off.
for i = 4, #ARGV do
  redis.call('HDEL', KEYS[1], ARGV[i])
end
if ARGV[3] == '1' then
  redis.call('HINCRBY', KEYS[1], ARGV[1], 1)
else
  redis.call('HSET', KEYS[1], ARGV[1], 0)
end
redis.call('PEXPIRE', KEYS[1], ARGV[2])
return redis.call('HGETALL', KEYS[1])
