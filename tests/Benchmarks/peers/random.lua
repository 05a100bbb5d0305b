-- GET of random concepts: PREFIX is the path before the id, COUNT how many concepts there are.
local prefix, count, n = os.getenv("PREFIX"), tonumber(os.getenv("COUNT")), 1
request = function()
  n = (n * 1103515245 + 12345) % 2147483648
  return wrk.format("GET", prefix .. string.format("c%06d", math.floor(n / 65536) % count))
end
