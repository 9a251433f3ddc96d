-- Counts what a queue holds.
--
-- KEYS  stream, retry, delayed, dead
-- ARGV  group
--
-- Returns waiting, in flight, delayed, dead.

local stream, retry, delayed, dead = unpack(KEYS)

local pending = redis.pcall('XPENDING', stream, ARGV[1])
local in_flight = 0
if not pending.err then
  in_flight = pending[1]
elseif not string.find(pending.err, 'NOGROUP', 1, true) then
  return pending
end
local again = redis.call('ZCARD', retry)
local waiting = math.max(0, redis.call('XLEN', stream) - in_flight - again)
return {waiting, in_flight, again + redis.call('ZCARD', delayed), redis.call('ZCARD', dead)}
