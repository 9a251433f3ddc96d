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
-- and 1. Its key ends with a w while somebody may wait: mark is what it is to
-- end with now, and it is returned whether there was one. Once the key is gone
-- the time alone is larger than what it held.
local function next_fence(mark)
	local time = redis.call('TIME')
	local number = time[1] * 1000000 + time[2]
	local before = redis.call('SET', fence, text(number) .. mark, 'KEEPTTL', 'GET') or ''
	local last = tonumber(string.match(before, '^%d+') or 0)

	if last >= number then
		local wait = math.ceil((last + 1 - number) / 1000) + keep
		number = last + 1
		redis.call('SET', fence, text(number) .. mark, 'PX', text(wait))
	elseif math.floor(last / 60000000) ~= math.floor(number / 60000000) then
		redis.call('PEXPIRE', fence, keep) -- once a minute is enough
	end

	return number, string.sub(before, -1) == 'w'
end

local early = false

if redis.call('SET', mutex, ARGV[1], 'PX', ARGV[3], 'NX') then
	local number, waited = next_fence('')
	if not waited then
		return {1, number, 0}
	end

	early = true -- it may be another's turn
end
