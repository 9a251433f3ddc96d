-- Gives back what a consumer has read and not begun, to be taken at once and
-- without an attempt counted, and removes the consumer.
--
-- KEYS  stream, retry, unstarted
-- ARGV  group, consumer, then the IDs of what it has begun and could not tell
--       the outcome of: that stays with it, as with a consumer that died, until
--       somebody else claims it as the next attempt

local stream, retry, unstarted = KEYS[1], KEYS[2], KEYS[3]
local group, consumer = ARGV[1], ARGV[2]

local begun = {}
for i = 3, #ARGV do
  begun[ARGV[i]] = true
end

-- This changes nothing, but a script that has written may go on writing though
-- the server's memory is full.
redis.call('XACK', stream, group, '0-0')

local time = redis.call('TIME')
local now = string.format('%.0f', time[1] * 1000 + math.floor(time[2] / 1000))

local pending = redis.pcall('XPENDING', stream, group, '-', '+', 20000, consumer)
if pending.err then
  return 0 -- there is no group, nor what it would have noted
end
for _, p in ipairs(pending) do
  if not begun[p[1]] then
    redis.call('ZADD', retry, now, p[1] .. ':' .. math.max(0, p[4] - 1)) -- first: it may be refused
    redis.call('XACK', stream, group, p[1])
  end
end
redis.call('HDEL', unstarted, consumer) -- not before: should giving back be refused, it says what was begun

-- Removing a consumer drops what it has, so it must have nothing.
if #redis.call('XPENDING', stream, group, '-', '+', 1, consumer) == 0 then
  redis.call('XGROUP', 'DELCONSUMER', stream, group, consumer)
end
return #pending
