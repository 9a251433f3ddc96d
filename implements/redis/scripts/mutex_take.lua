-- The beginning of mutex_acquire.lua: takes a mutex that is free and that nobody
-- waits for. That is by far the most frequent, and the rest is not even defined
-- then.
local mutex, fence, queue, alive = KEYS[1], KEYS[2], KEYS[3], KEYS[4]

-- For how long the last fence is kept, in ms: how far apart the clocks of two
-- servers may be of which one takes over from the other.
local keep = 3600000

-- Whether the rest decides who gets the mutex, which nobody held.
local undecided = false

if redis.call('SET', mutex, ARGV[1], 'PX', ARGV[2], 'NX') then
	local time = redis.call('TIME')
	local number = time[1] * 1000000 + time[2]
	local before = redis.call('SET', fence, number, 'KEEPTTL', 'GET')
	local last = tonumber(before or 0) -- nil if it ends with the mark of those who wait

	if last and last < number then
		if last < number - number % 60000000 then -- once a minute is enough
			redis.call('PEXPIRE', fence, keep)
		end

		return number
	end

	redis.call('SET', fence, before, 'KEEPTTL')
	undecided = true
end
