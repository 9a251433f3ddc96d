-- ARGV: id; the time of the lease in ms; for how long the caller is taken for a
-- waiter if it is not back, in ms, 0 if it does not wait; its ticket, if it has
-- one already.
-- Returns the fence, or {ticket, when to come back in ms or -1}.
local id, expire, window, ticket = ARGV[1], ARGV[2], tonumber(ARGV[3]), tonumber(ARGV[4])

-- How long the queue is kept when nobody asks any more, in ms: longer than any
-- window, for those who ask often must not drop those who seldom do.
local stay = 200000

-- The fence of a new lease: the server's time in microseconds, or the last one
-- and 1. Its key ends with a w while somebody may wait: mark is what it is to
-- end with now. Once the key is gone the time alone is larger than what it held.
local function next_fence(mark)
	local number = now()
	local last = tonumber(string.match(redis.call('GET', fence) or '', '^%d+') or 0)
	local time = keep

	if last >= number then
		time = math.ceil((last + 1 - number) / 1000) + keep
		number = last + 1
	end

	redis.call('SET', fence, text(number) .. mark, 'PX', text(time))

	return number
end

-- Has whoever frees or takes the mutex look at the queue. A mutex may be held,
-- and be waited for, for longer than a fence is kept.
local function mark()
	local last = redis.call('GET', fence)

	if not last then
		redis.call('SET', fence, '0w', 'PX', keep)
		return
	end

	if string.sub(last, -1) ~= 'w' then
		redis.call('APPEND', fence, 'w')
	end

	if redis.call('PTTL', fence) < keep / 2 then
		redis.call('PEXPIRE', fence, keep)
	end
end

local holder = not undecided and redis.call('GET', mutex)

if holder ~= id then
	if window > 0 then
		ticket = ticket or now()
		redis.call('ZADD', queue, 'NX', text(ticket), id)
		redis.call('ZADD', alive, text(millis() + window), id)
		redis.call('PEXPIRE', queue, stay)
		redis.call('PEXPIRE', alive, stay)
	end

	local first = not holder and hand_over(id)

	if holder or (first and first ~= id) then
		local back = -1
		-- Those behind the next one need not come when the mutex may be free.
		if window > 0 and redis.call('ZRANK', queue, id) <= 1 then
			back = redis.call('PTTL', mutex)
		end

		if window > 0 or undecided then
			mark()
		end

		return {ticket or 0, back}
	end
end

-- What one that has the lease already asks for again, be it late, must not shorten
-- what was extended since.
if leave(id) or holder ~= id or redis.call('PTTL', mutex) < tonumber(expire) then
	redis.call('SET', mutex, id, 'PX', expire)
end

return next_fence(redis.call('ZRANGE', queue, 0, 0)[1] and 'w' or '')
