-- ARGV: id; anything more if the caller may be a waiter too.
-- Returns 1 if the id held the mutex.
local id = ARGV[1]

if ARGV[2] then
	leave(id)
end

if redis.call('GET', mutex) ~= id then
	return 0
end

redis.call('DEL', mutex)
hand_over()

return 1
