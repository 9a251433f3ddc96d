-- ARGV: id, grace, counted; the time of the lease in ms; for how long the caller
-- is taken for a waiter if it is not back, in ms, 0 if it does not wait; its
-- ticket, 0 if it has none yet; for how long the last fence is kept, in ms.
-- Returns {1, fence, 0}, or {0, ticket, when to come back in ms or -1}.
local id, expire, window, ticket = ARGV[1], ARGV[4], tonumber(ARGV[5]), tonumber(ARGV[6])

local holder = redis.call('GET', mutex)
local first = holder ~= id and redis.call('ZRANGE', queue, 0, 0)[1]

if holder ~= id and (holder or first) then
	if window > 0 then
		if ticket == 0 then
			ticket = now()
		end

		redis.call('ZADD', queue, 'NX', text(ticket), id)
		redis.call('ZADD', alive, text(millis() + window), id)
		redis.call('PEXPIRE', queue, text(window))
		redis.call('PEXPIRE', alive, text(window))
	end

	if not holder then
		first = hand_over(id)
	end

	if holder or (first and first ~= id) then
		local back = -1
		-- Those behind the next one need not come when the mutex may be free.
		if window > 0 and redis.call('ZRANK', queue, id) <= 1 then
			back = redis.call('PTTL', mutex)
		end

		return {0, ticket, back}
	end
end

if holder or first then
	leave(id)
end

local last = tonumber(redis.call('GET', fence) or 0) or 0
local next_fence = math.max(last + 1, now())

-- Once this key is gone the time alone is larger than what it held.
local keep = math.ceil(next_fence / 1000) - millis() + tonumber(ARGV[7])
redis.call('SET', fence, text(next_fence), 'PX', text(keep))
redis.call('SET', mutex, id, 'PX', expire)

return {1, next_fence, 0}
