-- What the scripts have in common that deal with those who wait. Before it stand
-- the names of the keys: the mutex, whose value is the id of the lease that holds
-- it or of the waiter for whom it is kept; the last fence; the waiters' ids by
-- ticket; and the same by when they are taken for dead. An id begins with that
-- of its client and a colon. counted is whether the number of those whom PUBLISH
-- reached can be relied on.

-- How long the mutex is kept for the waiter whose turn it is, in ms.
local grace = 500

-- A number as commands take it, with all of its digits.
local function text(number)
	return string.format('%.0f', number)
end

local micros

-- The server's time in microseconds, the same throughout.
local function now()
	if not micros then
		local time = redis.call('TIME')
		micros = time[1] * 1000000 + time[2]
	end

	return micros
end

local function millis()
	return math.floor(now() / 1000)
end

-- Returns whether the id stood in the queue.
local function leave(id)
	redis.call('ZREM', alive, id)
	return redis.call('ZREM', queue, id) == 1
end

-- Keeps the mutex, which nobody holds, for the waiter that came first, and
-- wakes it; those that are gone are dropped on the way. Returns that waiter, or
-- nil. If it is the caller itself nothing needs to be kept.
local function hand_over(caller)
	while true do
		local first = redis.call('ZRANGE', queue, 0, 0)[1]
		if not first or first == caller then
			return first
		end

		if tonumber(redis.call('ZSCORE', alive, first) or 0) > millis() then
			-- It may be forbidden to this user; then the waiter comes by itself.
			local reached = redis.pcall('PUBLISH', 'mutex:wake:' .. string.match(first, '^[^:]*'), first)

			if not counted or type(reached) == 'table' or reached > 0 then
				redis.call('SET', mutex, first, 'PX', grace)
				redis.call('ZADD', alive, text(millis() + grace), first)

				return first
			end
		end

		leave(first)
	end
end
