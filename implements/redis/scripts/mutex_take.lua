-- The beginning of mutex_acquire.lua: takes a mutex that is free and that nobody
-- waits for. That is by far the most frequent, and the rest is not even defined
-- then.
local mutex, fence, queue, alive = KEYS[1], KEYS[2], KEYS[3], KEYS[4]

-- For how long the last fence is kept, in ms: how far apart the clocks of two
-- servers may be of which one takes over from the other.
local keep = 3600000

-- A number as commands take it, with all of its digits.
local function text(number)
	return string.format('%.0f', number)
end

-- The fence of a new lease: the server's time in microseconds, or the last one
-- and 1. Once its key is gone the time alone is larger than what it held.
local function next_fence()
	local time = redis.call('TIME')
	local number, wait = time[1] * 1000000 + time[2], keep
	local last = tonumber(redis.call('GET', fence) or 0) or 0

	if last >= number then
		wait = math.ceil((last + 1 - number) / 1000) + keep
		number = last + 1
	end

	redis.call('SET', fence, text(number), 'PX', text(wait))

	return number
end

if not redis.call('ZRANGE', queue, 0, 0)[1]
	and redis.call('SET', mutex, ARGV[1], 'PX', ARGV[3], 'NX') then
	return {1, next_fence(), 0}
end
