-- Orders work for other mods, so that several of them do not fill the board at once.
local queue = require("@work_queue/queue") -- lib/queue.lua; a mod asks for its own library as others do

-- The foreman of base takes the nearest tiles; a little further off nobody gets in his way.
local choice = 12

colony.state.define({ waiting = {}, ordered = 0 })

-- What other mods call: colony.mods.get("work_queue").ask("chop", 3, 5)
colony.mods.export("ask", function(kind, count, urgency)
  for _ = 1, count do
    queue.add(colony.storage.waiting, { kind = kind, urgency = urgency })
  end
end)

-- How many orders of a kind wait, so that nobody asks twice.
colony.mods.export("waiting", function(kind)
  local count = 0
  for _, order in ipairs(colony.storage.waiting) do
    if order.kind == kind then
      count = count + 1
    end
  end
  return count
end)

-- One order at a time: a command is done later in the tick, until then the same tile would be the nearest again.
colony.time.every("order", 7, function()
  local order = queue.take(colony.storage.waiting)
  if order == nil then
    return
  end
  local tiles = colony.map.nearest(order.kind, choice)
  local tile = tiles[#tiles]
  if tile == nil then
    return -- nothing of the kind is left on the map
  end
  colony.jobs.designate(order.kind, tile.x, tile.y)
  colony.storage.ordered = colony.storage.ordered + 1
end)
