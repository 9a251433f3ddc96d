-- KEYS: the mutex. ARGV: id; the time of the lease from now on in ms.
-- Returns 1 if the id holds the mutex.
if redis.call('GET', KEYS[1]) ~= ARGV[1] then
	return 0
end

return redis.call('PEXPIRE', KEYS[1], ARGV[2])
