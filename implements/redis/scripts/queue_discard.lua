-- Removes dead letters.
--
-- KEYS  dead, letters
-- ARGV  IDs
--
-- Returns how many were there.

local removed = 0
for _, id in ipairs(ARGV) do
  redis.call('HDEL', KEYS[2], id)
  removed = removed + redis.call('ZREM', KEYS[1], id)
end
return removed
