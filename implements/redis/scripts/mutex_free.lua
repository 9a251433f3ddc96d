-- The beginning of mutex_release.lua: frees a mutex that nobody waits for, which
-- is the most frequent.
local mutex, fence, queue, alive = KEYS[1], KEYS[2], KEYS[3], KEYS[4]

if ARGV[3] == '0' and not redis.call('ZRANGE', queue, 0, 0)[1] then
	if redis.call('GET', mutex) ~= ARGV[1] then
		return 0
	end

	return redis.call('DEL', mutex)
end

