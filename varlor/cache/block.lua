-- Nobody sends for ARGV[1] microseconds; a longer silence that already holds is kept.
local time = redis.call('TIME')
local now = time[1] * 1000000 + time[2]
local until_then = now + ARGV[1]
if until_then > tonumber(redis.call('GET', KEYS[1]) or 0) then
  redis.call('SET', KEYS[1], string.format('%.0f', until_then), 'PX', math.ceil(ARGV[1] / 1000) + 1000)
end
