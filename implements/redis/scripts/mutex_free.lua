-- The beginning of mutex_release.lua: frees a mutex that nobody waits for, which
-- is the most frequent.
local mutex, fence, queue, alive = KEYS[1], KEYS[2], KEYS[3], KEYS[4]

if not ARGV[2] then
	local found = redis.call('MGET', mutex, fence)

	if found[1] ~= ARGV[1] then
		return 0
	end

	if tonumber(found[2] or 0) then -- there is no mark of those who wait
		return redis.call('DEL', mutex)
	end
end

