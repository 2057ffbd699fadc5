-- Looks at the store now and then, and asks for as many trees as are missing.
local urgency = require("@work_queue/urgency") -- runs in this mod's own machine, and follows when work_queue is edited

local wood_of_a_tree = 5
local asked_at_once_max = 4

colony.state.define({ asked = 0 })

colony.time.every("look", 50, function()
  local wanted = colony.config.get("reserve")
  local stored = colony.items.stored("wood")
  local work_queue = colony.mods.get("work_queue") -- calls go to the mod itself, with copies of what is handed over
  local trees = math.ceil((wanted - stored) / wood_of_a_tree) - work_queue.waiting("chop")
  if trees <= 0 then
    return
  end
  trees = math.min(trees, asked_at_once_max)
  work_queue.ask("chop", trees, urgency.of(stored, wanted))
  colony.storage.asked = colony.storage.asked + trees
end)
