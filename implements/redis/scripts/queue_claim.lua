-- Hands a consumer the messages that are due again: those whose wait is over
-- and those whose consumer gave no sign of life. Moves what was delayed into
-- the stream. Buries what has no attempt left.
--
-- KEYS  stream, retry, delayed, later, dead, letters, unstarted
-- ARGV  group, consumer, how many at most, visibility in ms, max_attempts,
--       reason for burying, 1 to find what was read but never arrived, after
--       how many ms of silence to remove a consumer that has nothing (0: not
--       now), then the IDs that the consumer has
--
-- Returns how many ms it is until the next is due (-1: none is waiting), the
-- IDs of those that were buried, and for each message its entry and the number
-- of this attempt.

local stream, retry, delayed, later, dead, letters, unstarted = unpack(KEYS)
local group, consumer = ARGV[1], ARGV[2]
local count, visibility, most = tonumber(ARGV[3]), tonumber(ARGV[4]), tonumber(ARGV[5])
local reason, recover, silence = ARGV[6], ARGV[7] == '1', tonumber(ARGV[8])

local has = {}
for i = 9, #ARGV do
  has[ARGV[i]] = true
end

local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local now_text = string.format('%.0f', now)

local result, buried = {}, {}

-- take has the consumer own the message, if it is still there.
local function take(id, attempt)
  local claimed = redis.call('XCLAIM', stream, group, consumer, 0, id, 'RETRYCOUNT', attempt, 'FORCE')
  local entry = claimed[1]
  if entry and entry[2] and #entry[2] > 0 then
    result[#result + 1] = {entry, attempt}
    return true
  end
  redis.call('XACK', stream, group, id)
  return false
end

local function field(entry, name)
  local fields = entry[2]
  for i = 1, #fields, 2 do
    if fields[i] == name then
      return fields[i + 1]
    end
  end
end

local function bury(id, attempts)
  local entry = redis.call('XRANGE', stream, id, id)[1]
  if entry then
    local produced = field(entry, 't') or string.match(id, '^%d+')
    -- string.format would end at a zero byte.
    local letter = attempts .. ' ' .. produced .. ' ' .. now_text .. ' ' .. #reason .. ' ' .. reason .. (field(entry, 'b') or '')
    redis.call('HSET', letters, id, letter)
    redis.call('ZADD', dead, now_text, id)
    buried[#buried + 1] = id
  end
  redis.call('XDEL', stream, id) -- first: should the other be refused, it is tried again
  redis.call('XACK', stream, group, id)
end

-- after tells whether a stream's ID is greater than another.
local function after(a, b)
  local a1, a2 = string.match(a, '^(%d+)-(%d+)$')
  local b1, b2 = string.match(b, '^(%d+)-(%d+)$')
  a1, a2, b1, b2 = tonumber(a1), tonumber(a2), tonumber(b1), tonumber(b2)
  return a1 > b1 or (a1 == b1 and a2 > b2)
end

local known = redis.pcall('XPENDING', stream, group)
if known.err then
  if not string.find(known.err, 'NOGROUP', 1, true) then
    return known
  end
  redis.call('XGROUP', 'CREATE', stream, group, '0', 'MKSTREAM')
  redis.call('DEL', retry, unstarted)
end

for _, id in ipairs(redis.call('ZRANGEBYSCORE', delayed, '-inf', now_text, 'LIMIT', 0, 100)) do
  local message = redis.call('HGET', later, id)
  if message then
    local produced, body = string.match(message, '^(%d+) (.*)$')
    local added = redis.pcall('XADD', stream, '*', 'b', body, 't', produced)
    if type(added) == 'table' and added.err then
      break -- the server's memory is full, and consuming makes room
    end
  end
  redis.call('HDEL', later, id) -- first: should the other be refused, it is tried again
  redis.call('ZREM', delayed, id)
end

if recover then
  for _, p in ipairs(redis.call('XPENDING', stream, group, '-', '+', 20000, consumer)) do
    if not has[p[1]] then
      take(p[1], p[4])
      has[p[1]] = true
    end
  end
end

if #result < count then
  for _, member in ipairs(redis.call('ZRANGEBYSCORE', retry, '-inf', now_text, 'LIMIT', 0, count - #result)) do
    local id, attempts = string.match(member, '^(.*):(%d+)$')
    take(id, attempts + 1)
    redis.call('ZREM', retry, member) -- not before: should one of them be refused the message is not lost
  end
end

-- This changes nothing, but a script that has written may go on writing though
-- the server's memory is full: a message that could not be buried would stand in
-- the way of those behind it.
redis.call('XACK', stream, group, '0-0')

-- As many more are asked for as the consumer may have itself, and one to see
-- whether there are others.
local room = count - #result
local behind = false
for _, p in ipairs(redis.call('XPENDING', stream, group, 'IDLE', visibility, '-', '+', room + #ARGV - 8 + 1)) do
  local id, owner, attempts = p[1], p[2], p[4]
  if not has[id] and #result >= count then
    behind = true
    break
  elseif not has[id] then
    local started = redis.call('HGET', unstarted, owner)
    if started and after(id, started) then
      attempts = attempts - 1
    end
    if attempts >= most then
      bury(id, attempts)
    else
      take(id, attempts + 1)
    end
  end
end

if silence > 0 then
  for _, info in ipairs(redis.call('XINFO', 'CONSUMERS', stream, group)) do
    local of = {}
    for i = 1, #info, 2 do
      of[info[i]] = info[i + 1]
    end
    if of.pending == 0 and of.name ~= consumer and of.idle > silence then
      redis.call('XGROUP', 'DELCONSUMER', stream, group, of.name)
      redis.call('HDEL', unstarted, of.name)
    end
  end
end

local wait = behind and 0 or -1
for _, waiting in ipairs({retry, delayed}) do
  local first = redis.call('ZRANGE', waiting, 0, 0, 'WITHSCORES')
  if first[2] then
    local due = math.max(0, tonumber(first[2]) - now)
    if wait < 0 or due < wait then
      wait = due
    end
  end
end
table.insert(result, 1, buried)
table.insert(result, 1, wait)
return result
