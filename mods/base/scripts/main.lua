-- The foreman: keeps trees and rocks ordered, so that a colony left alone has work.
local steward = require("steward")

colony.state.define({ orders = 0 })

local function keep_ordered(kind, yielded)
  local missing = colony.config.get("orders_open") - colony.jobs.count(kind)
  if missing <= 0 or colony.items.count(yielded) >= colony.config.get("enough") then
    return
  end
  -- Out of twice as many as needed, so that the clearing does not grow as a circle.
  local targets = colony.map.nearest(kind, 2 * missing)
  for _ = 1, math.min(missing, #targets) do
    local target = table.remove(targets, colony.random.integer(1, #targets))
    colony.jobs.designate(kind, target.x, target.y)
    colony.storage.orders = colony.storage.orders + 1
  end
end

colony.time.every("orders", 10, function()
  keep_ordered("chop", "wood")
  keep_ordered("mine", "stone")
end)

colony.events.register("day_started", function()
  if colony.config.get("steward") then
    steward.plan()
  end
end)

colony.time.every("stores", 50, function()
  if colony.config.get("steward") and colony.environment.day() > 1 then
    steward.tend()
  end
end)
