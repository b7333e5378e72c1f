-- Counts a window's grants in the last minute and the last second, and what is left of a silence, in microseconds.
local time = redis.call('TIME')
local now = time[1] * 1000000 + time[2]
local length = redis.call('LLEN', KEYS[1])

local function younger_than(period) -- the list is sorted: search for the first entry within the period
  local low, high = 0, length
  while low < high do
    local middle = math.floor((low + high) / 2)
    if now - redis.call('LINDEX', KEYS[1], middle) <= period then
      high = middle
    else
      low = middle + 1
    end
  end
  return length - low
end

local silent = math.max(0, tonumber(redis.call('GET', KEYS[2]) or 0) - now)
return {younger_than(60000000), younger_than(1000000), silent}
