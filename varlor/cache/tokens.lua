-- Puts a token, or a tombstone, under the connector's key, unless a later version is there. A
-- tombstone ("7:") also keeps out version 7 itself: whoever still holds that token comes too late.
local there = redis.call('GET', KEYS[1])
if there then
  local version, sealed = string.match(there, '^(%d+):(.*)$')
  version = tonumber(version)
  local new = tonumber(ARGV[1])
  if version and (version > new or (version == new and sealed == '')) then return 0 end
end
redis.call('SET', KEYS[1], ARGV[1] .. ':' .. ARGV[2], 'EX', ARGV[3])
return 1
