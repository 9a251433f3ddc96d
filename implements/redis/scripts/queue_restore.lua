-- Puts dead letters back into the queue, all or none.
--
-- KEYS  stream, delayed, dead, letters
-- ARGV  max_length, then IDs
--
-- Returns how many were there, or -1 if the queue has no room for them.

local stream, delayed, dead, letters = unpack(KEYS)

local found, bodies, times = {}, {}, {}
local seen = {}
for i = 2, #ARGV do
  local id = ARGV[i]
  local letter = not seen[id] and redis.call('HGET', letters, id)
  seen[id] = true
  if letter then
    local produced, size, rest = string.match(letter, '^%d+ (%d+) %d+ (%d+) (.*)$')
    found[#found + 1] = id
    times[#found] = produced
    bodies[#found] = string.sub(rest, size + 1)
  end
end

redis.call('ZCARD', dead) -- a key of another type is refused before anything is written
if redis.call('XLEN', stream) + redis.call('ZCARD', delayed) + #found > tonumber(ARGV[1]) then
  return -1
end
for i, id in ipairs(found) do
  redis.call('XADD', stream, '*', 'b', bodies[i], 't', times[i])
  redis.call('ZREM', dead, id)
  redis.call('HDEL', letters, id)
end
return #found
