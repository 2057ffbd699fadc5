colony.state.define({ ticks = 0, kinds = {} })

colony.events.register("tick_start", function(event)
  colony.storage.ticks += 1
  if event.tick == 13 then
    error("unlucky")
  end
end)

colony.events.register("job_created", function(event)
  colony.storage.kinds[event.job.kind] = event.job.priority
end)

colony.mods.export("double", function(number)
  return 2 * number
end)
