-- KEYS: the mutex. ARGV: id; the time of the lease from now on in ms; anything
-- more if that may end it sooner. A request without, that comes late, must not
-- shorten what was extended since.
-- Returns 1 if the id holds the mutex.
if redis.call('GET', KEYS[1]) ~= ARGV[1] then
	return 0
end

if not ARGV[3] and redis.call('PTTL', KEYS[1]) >= tonumber(ARGV[2]) then
	return 1
end

return redis.call('PEXPIRE', KEYS[1], ARGV[2])
