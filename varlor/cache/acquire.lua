-- Takes up to ARGV[5] requests from a connector's sliding window, or says how long to wait. One atomic step.
-- A window is a list of grant times in microseconds, oldest first, never longer than its limit: the
-- limit holds when the entry that many places from the end is older than the period. No counting.
local time = redis.call('TIME')
local now = time[1] * 1000000 + time[2]

local window, block, epoch_key, run_rate_key, run_window = unpack(KEYS)
local per_minute, burst = tonumber(ARGV[1]), tonumber(ARGV[2])
local vouched = ARGV[3] == '1' -- the database says that nothing was sent before Redis knew of it
local with_run = ARGV[4] == '1'
local most = tonumber(ARGV[5])

local SECOND, MINUTE, HOUR = 1000000, 60000000, 3600000000
local MONTH_SECONDS = 2592000
local WINDOW_SECONDS = 61
local GRANTED, WAIT, UNKNOWN = 0, 1, 2

local function text(number) -- tostring() would round microseconds to 14 digits
  return string.format('%.0f', number)
end

local function wait_for(list, count, period)
  local stamp = redis.call('LINDEX', list, -count)
  if not stamp then return 0 end
  return math.max(0, stamp + period - now + 1)
end

local function push(list, limit)
  if limit > 1 then
    redis.call('LTRIM', list, 1 - limit, -1)
  else
    redis.call('DEL', list)
  end
  redis.call('RPUSH', list, text(now))
  redis.call('EXPIRE', list, WINDOW_SECONDS)
end

local epoch = tonumber(redis.call('GETEX', epoch_key, 'EX', MONTH_SECONDS))
if not epoch or epoch > now then
  epoch = now
  redis.call('SET', epoch_key, text(now), 'EX', MONTH_SECONDS)
end

local silent_until = tonumber(redis.call('GET', block) or 0)
local last = tonumber(redis.call('LINDEX', window, -1))
if last and last > now + SECOND then
  -- The clock went back by more than a second: how much time has passed is unknown, so the whole
  -- period has to pass again.
  redis.call('DEL', window)
  if silent_until < now + MINUTE then
    silent_until = now + MINUTE
    redis.call('SET', block, text(silent_until), 'EX', WINDOW_SECONDS)
  end
elseif last and last > now then
  now = last -- a smaller step back: time stands still until the clock has caught up
end

if silent_until > now then return {WAIT, math.min(silent_until - now, HOUR), 0} end

if not last and not vouched and now - epoch < MINUTE then
  return {UNKNOWN, epoch + MINUTE - now, 0}
end

local run_rate = with_run and tonumber(redis.call('GETEX', run_rate_key, 'EX', MONTH_SECONDS))
local granted = 0
while granted < most do
  local wait = math.max(wait_for(window, per_minute, MINUTE), wait_for(window, burst, SECOND))
  if run_rate then
    wait = math.max(wait, wait_for(run_window, run_rate, MINUTE))
  end
  if wait > 0 then
    if granted == 0 then return {WAIT, wait, 0} end
    break
  end
  push(window, per_minute)
  if run_rate then push(run_window, run_rate) end
  granted = granted + 1
end
return {GRANTED, 0, granted}
