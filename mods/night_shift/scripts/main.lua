-- Gives everybody a schedule: half of the colony works while the other half sleeps.
local shifts = require("shifts") -- scripts/shifts.lua

-- Who works at night, and who works by day: by id, as text, because the names of fields in storage are text. It survives reloads
-- and saves, so everybody keeps their shift.
colony.state.define({ shift_of = {}, night = 0, day = 0 })

-- Orders the schedule of one colonist for the shift that they have.
local function schedule(id)
  local wakes_at = colony.config.get("wakes_at")
  if colony.storage.shift_of[tostring(id)] == "night" then
    wakes_at = (wakes_at + 12) % 24
  end
  colony.colonists.set_schedule(id, shifts.hours(wakes_at))
end

-- Chooses the shift of somebody new.
local function assign(id)
  local state = colony.storage
  local shift = if shifts.is_night_next(state.night, state.night + state.day, colony.config.get("share")) then "night" else "day"
  state.shift_of[tostring(id)] = shift
  state[shift] = state[shift] + 1
  schedule(id)
end

-- Whoever has no shift yet: those who founded the colony, and those who were there before this mod was added.
local function assign_everybody()
  for _, colonist in ipairs(colony.colonists.list()) do
    if colony.storage.shift_of[tostring(colonist.id)] == nil then
      assign(colonist.id)
    end
  end
end

colony.time.every("look", 25, assign_everybody)

-- Newcomers need not wait for the next look.
colony.events.register("colonist_joined", function(event)
  assign(event.colonist.id)
end)

-- Their place in the shift is free again.
colony.events.register("colonist_died", function(event)
  local state = colony.storage
  local shift = state.shift_of[tostring(event.colonist.id)]
  if shift then
    state.shift_of[tostring(event.colonist.id)] = nil
    state[shift] = state[shift] - 1
  end
end)

-- Another hour to get up is for everybody, and at once; another share is for those who come.
colony.events.register("config_changed", function(event)
  if event.key == "wakes_at" then
    for _, colonist in ipairs(colony.colonists.list()) do
      schedule(colonist.id)
    end
  end
end)
