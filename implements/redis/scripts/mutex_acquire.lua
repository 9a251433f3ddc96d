-- ARGV: id; counted; the time of the lease in ms; for how long the caller is
-- taken for a waiter if it is not back, in ms, 0 if it does not wait; its
-- ticket, 0 if it has none yet.
-- Returns {1, fence, 0}, or {0, ticket, when to come back in ms or -1}.
local id, expire, window, ticket = ARGV[1], ARGV[3], tonumber(ARGV[4]), tonumber(ARGV[5])

-- Has whoever frees or takes the mutex look at the queue.
local function mark()
	local last = redis.call('GET', fence)

	if not last then
		redis.call('SET', fence, '0w', 'PX', keep)
	elseif string.sub(last, -1) ~= 'w' then
		redis.call('APPEND', fence, 'w')
	end
end

local holder = not early and redis.call('GET', mutex)

if holder ~= id then
	if window > 0 then
		if ticket == 0 then
			ticket = now()
		end

		redis.call('ZADD', queue, 'NX', text(ticket), id)
		redis.call('ZADD', alive, text(millis() + window), id)
		redis.call('PEXPIRE', queue, text(window))
		redis.call('PEXPIRE', alive, text(window))
	end

	local first = not holder and hand_over(id)

	if holder or (first and first ~= id) then
		local back = -1
		-- Those behind the next one need not come when the mutex may be free.
		if window > 0 and redis.call('ZRANK', queue, id) <= 1 then
			back = redis.call('PTTL', mutex)
		end

		if window > 0 or early then
			mark()
		end

		return {0, ticket, back}
	end
end

leave(id)
redis.call('SET', mutex, id, 'PX', expire)

local number = next_fence(redis.call('ZRANGE', queue, 0, 0)[1] and 'w' or '')

return {1, number, 0}
