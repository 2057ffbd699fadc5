-- A storyteller of its own: looks at each new day and may let something happen. What can happen is defined in assets/incidents.toml
-- of base; a mod can define incidents, too, and name them here.
local kind_turns = { "driftwood", "hamper", "wanderer" }
local harsh_turns = { "cold_snap", "stumble", "magpies" }

-- The story goes on where it was after a reload or a load.
colony.state.define({ next_day = 3, last = "none", last_was_harsh = false, turns = 0 })

local function is_harsh_next()
  if colony.storage.last_was_harsh then
    return false
  end
  return colony.random.integer(1, 1000) <= colony.config.get("harsh")
end

colony.events.register("day_started", function(event)
  local story = colony.storage
  if event.day < story.next_day then
    return
  end
  local harsh = is_harsh_next()
  local turns = if harsh then harsh_turns else kind_turns
  local turn = turns[colony.random.integer(1, #turns)]
  -- Refused where it cannot be, for example while it runs: then the day stays quiet, and the next one is looked at.
  if not pcall(colony.incidents.start, turn) then
    return
  end
  story.last = turn
  story.last_was_harsh = harsh
  story.turns = story.turns + 1
  local pause = colony.config.get("pause")
  story.next_day = event.day + colony.random.integer(pause, pause + 1)
end)
