-- Has messages whose attempt failed wait for the next one, or buries them.
--
-- KEYS  stream, retry, dead, letters
-- ARGV  group, consumer, max_attempts, then for each message: ID, number of
--       the attempt, ms to wait, reason
--
-- What somebody else has by now, or this consumer for another attempt, is left
-- alone.

local stream, retry, dead, letters = unpack(KEYS)
local group, consumer, most = ARGV[1], ARGV[2], tonumber(ARGV[3])

local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local now_text = string.format('%.0f', now)

local function field(entry, name)
  local fields = entry[2]
  for i = 1, #fields, 2 do
    if fields[i] == name then
      return fields[i + 1]
    end
  end
end

-- This changes nothing, but a script that has written may go on writing though
-- the server's memory is full. What is acknowledged before it is noted elsewhere
-- would be lost if the server refused to note it.
redis.call('XACK', stream, group, '0-0')

for i = 4, #ARGV, 4 do
  local id, attempt, wait, reason = ARGV[i], tonumber(ARGV[i + 1]), tonumber(ARGV[i + 2]), ARGV[i + 3]
  local pending = redis.pcall('XPENDING', stream, group, id, id, 1)
  if pending[1] and pending[1][2] == consumer and pending[1][4] == attempt then
    local entry = attempt >= most and redis.call('XRANGE', stream, id, id)[1]
    if attempt < most then
      redis.call('ZADD', retry, string.format('%.0f', now + wait), id .. ':' .. attempt)
    elseif entry then
      local produced = field(entry, 't') or string.match(id, '^%d+')
      -- string.format would end at a zero byte.
      redis.call('HSET', letters, id,
        attempt .. ' ' .. produced .. ' ' .. now_text .. ' ' .. #reason .. ' ' .. reason .. (field(entry, 'b') or ''))
      redis.call('ZADD', dead, now_text, id)
    end
    if entry then
      redis.call('XDEL', stream, id)
    end
    redis.call('XACK', stream, group, id)
  end
end
return 'OK'
