-- Adds the messages of several Produces, each of them wholly or not at all.
--
-- KEYS  stream, delayed, later, memory of this producer
-- ARGV  number of this call, max_length, then for each Produce: how many
--       messages, delay in ms, and their bodies
--
-- Returns a character for each Produce: 1 added, 0 no room. A call that is
-- repeated because its reply was lost gets what the first was answered.

local stream, delayed, later, memory = KEYS[1], KEYS[2], KEYS[3], KEYS[4]
local call = ARGV[1]

local last = redis.call('GET', memory)
if last then
  local number, answer = string.match(last, '^(%d+):(%d*)$')
  if number == call then
    return answer
  elseif tonumber(number) > tonumber(call) then
    -- It was given up long ago and comes late: nobody waits for the answer.
    return redis.error_reply('ERR a later call of this producer was answered already')
  end
end

local room = tonumber(ARGV[2]) - redis.call('XLEN', stream) - redis.call('ZCARD', delayed)
local at = 3
while at <= #ARGV do
  if ARGV[at + 1] ~= '0' then
    redis.call('HGET', later, '') -- a key of another type is refused before anything is written
    break
  end
  at = at + 2 + ARGV[at]
end

local now
local answers = {}
at = 3
while at <= #ARGV do
  local count, delay = tonumber(ARGV[at]), tonumber(ARGV[at + 1])
  local first, last = at + 2, at + 1 + count
  if count > room then
    answers[#answers + 1] = '0'
  else
    answers[#answers + 1] = '1'
    room = room - count
    if delay > 0 and not now then
      local time = redis.call('TIME')
      now = time[1] * 1000 + math.floor(time[2] / 1000)
    end
    for i = first, last do
      if delay > 0 then
        local id = string.format('%s-%s-%d', string.match(memory, '[^:]*$'), call, i)
        -- In this order: should only the first be done, claiming clears it up.
        redis.call('ZADD', delayed, string.format('%.0f', now + delay), id)
        redis.call('HSET', later, id, string.format('%.0f', now) .. ' ' .. ARGV[i])
      else
        redis.call('XADD', stream, '*', 'b', ARGV[i])
      end
    end
  end
  at = last + 1
end

local answer = table.concat(answers)
-- The memory lasts ten minutes: nobody repeats a call for so long.
redis.call('SET', memory, call .. ':' .. answer, 'PX', 600000)
return answer
