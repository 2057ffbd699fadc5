-- How urgent it is to get more of something: 1 where hardly anything is missing, up to 10 where there is nothing.
local urgency = {}

function urgency.of(there, wanted)
  if wanted <= 0 or there >= wanted then
    return 1
  end
  return 1 + 9 * (wanted - there) // wanted
end

return urgency
