-- Acknowledges messages, which then leave the stream, and reads new ones.
--
-- KEYS  stream, retry, unstarted
-- ARGV  group, consumer, how many to read, how many of them are started at
--       once, the last that was started before, then the IDs to acknowledge
--
-- Returns the entries. What was read beyond those that are started at once is
-- noted, so that it does not count as an attempt should the consumer die.

local stream, retry, unstarted = KEYS[1], KEYS[2], KEYS[3]
local group, consumer = ARGV[1], ARGV[2]
local count, free, started = tonumber(ARGV[3]), tonumber(ARGV[4]), ARGV[5]

for first = 6, #ARGV, 1000 do
  local last = math.min(first + 999, #ARGV)
  redis.call('XACK', stream, group, unpack(ARGV, first, last))
  redis.call('XDEL', stream, unpack(ARGV, first, last))
end
if count == 0 then
  return {}
end

local function read()
  return redis.pcall('XREADGROUP', 'GROUP', group, consumer, 'COUNT', count, 'STREAMS', stream, '>')
end

local reply = read()
if reply and reply.err and string.find(reply.err, 'NOGROUP', 1, true) then
  -- The group is new, or was lost with everything that it knew. From 0, it
  -- has all that the stream holds, what was to be tried again too.
  redis.call('XGROUP', 'CREATE', stream, group, '0', 'MKSTREAM')
  redis.call('DEL', retry)
  reply = read()
end
if reply and reply.err then
  return reply
end

local entries = reply and reply[1] and reply[1][2] or {}
if #entries <= free then
  redis.call('HDEL', unstarted, consumer)
elseif free > 0 then
  redis.call('HSET', unstarted, consumer, entries[free][1])
else
  redis.call('HSET', unstarted, consumer, started)
end
return entries
