-- A handler must stand above the line that registers it.
local function on_tick_start(event)
  -- This function is the one that runs from the next tick on when the file is saved.
  if event.tick % 100 == 0 then
    print("Reached tick milestone: " .. event.tick)
  end
end

local function on_job_created(event)
  if event.job.priority >= 8 then
    print("High priority job detected: " .. event.job.id)
  end
end

local function on_mod_loaded(event)
  print("Mod loaded, setting up hot reload: " .. event.reason)
  colony.events.register("tick_start", on_tick_start)
  colony.events.register("job_created", on_job_created)
end

colony.events.register("mod_loaded", on_mod_loaded)
