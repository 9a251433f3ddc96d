-- Renews a consumer's claims.
--
-- KEYS  stream, unstarted
-- ARGV  group, consumer, the last message that was started, or nothing if all
--       were, then the IDs that the consumer has
--
-- Returns those that it has no more.

local stream, unstarted = KEYS[1], KEYS[2]
local group, consumer = ARGV[1], ARGV[2]

if ARGV[3] == '' then
  redis.call('HDEL', unstarted, consumer)
else
  redis.pcall('HSET', unstarted, consumer, ARGV[3]) -- the server's memory may be full
end

local lost = {}
for i = 4, #ARGV do
  local id = ARGV[i]
  local pending = redis.pcall('XPENDING', stream, group, id, id, 1)
  if pending[1] and pending[1][2] == consumer then
    -- To claim what one has already starts its time anew, and no more.
    redis.call('XCLAIM', stream, group, consumer, 0, id, 'RETRYCOUNT', pending[1][4], 'JUSTID')
  else
    lost[#lost + 1] = id
  end
end
return lost
