-- What the hours of a day are for. Nothing here asks the colony, so the tests can look at it hour by hour.
local shifts = {}

-- A day from the hour of getting up on: eight hours of work, four for whatever is needed, three of leisure, and a night's sleep.
local day = {}
for hour = 1, 24 do
  day[hour] = if hour <= 8 then "work" elseif hour <= 12 then "anything" elseif hour <= 15 then "leisure" else "sleep"
end

-- The 24 hours, from midnight on, of somebody who gets up at the hour `wakes_at`.
function shifts.hours(wakes_at)
  local hours = {}
  for hour = 0, 23 do
    -- In Lua, the rest of a division by 24 is never negative: two hours before getting up is hour 22 of the day before.
    hours[hour + 1] = day[(hour - wakes_at) % 24 + 1]
  end
  return hours
end

-- Whether the next newcomer works at night, so that the share is kept as well as it can be.
function shifts.is_night_next(night, everybody, share)
  return 100 * (night + 1) <= share * (everybody + 1)
end

return shifts
