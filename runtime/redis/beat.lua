-- Says that the caller is alive and returns who is on the list: of each the holder, its last beat and
-- its vocabulary. One that takes no slots has the beat 0, one that did not say it an empty vocabulary.
-- KEYS: the list, the vocabularies. ARGV: holder, milliseconds the list lives without anybody, whether
-- it takes slots, its vocabulary, holders to strike off.
for i = 5, #ARGV do
  redis.call('HDEL', KEYS[1], ARGV[i])
end
if ARGV[3] == '1' then
  redis.call('HINCRBY', KEYS[1], ARGV[1], 1)
else
  redis.call('HSET', KEYS[1], ARGV[1], 0)
end
redis.call('HSET', KEYS[2], ARGV[1], ARGV[4])
redis.call('PEXPIRE', KEYS[1], ARGV[2])
redis.call('PEXPIRE', KEYS[2], ARGV[2])

local said = {}
local vocabularies = redis.call('HGETALL', KEYS[2])
for i = 1, #vocabularies, 2 do
  said[vocabularies[i]] = vocabularies[i + 1]
end
local answer = {}
local members = redis.call('HGETALL', KEYS[1])
for i = 1, #members, 2 do
  answer[#answer + 1] = members[i]
  answer[#answer + 1] = members[i + 1]
  answer[#answer + 1] = said[members[i]] or ''
  said[members[i]] = nil
end
-- Of those that are on the list no more.
for holder in pairs(said) do
  redis.call('HDEL', KEYS[2], holder)
end
return answer
