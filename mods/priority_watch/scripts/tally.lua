-- Counts by name.
local tally = {}

function tally.add(counts, name)
  counts[name] = (counts[name] or 0) + 1
end

return tally
