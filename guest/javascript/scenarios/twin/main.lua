colony.state.define({ produced = {} })

colony.events.register("item_produced", function(event)
  local produced = colony.storage.produced
  produced[event.item] = (produced[event.item] or 0) + event.count
  local stored = colony.items.stored(event.item)
  colony.log.info(event.count .. " " .. event.item .. ", " .. stored .. " in store")
end)
