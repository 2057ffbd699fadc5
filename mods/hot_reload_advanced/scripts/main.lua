-- State in a local of the file, handed over by hand. `colony.storage` does the same without a line of code; this is for
-- state that is built in memory.
local state = {
  tick_count = 0,
  job_count = 0,
}

local function on_tick_start()
  state.tick_count = state.tick_count + 1
  if state.tick_count % 100 == 0 then
    print("Reached tick milestone: " .. state.tick_count)
  end
end

local function on_job_created(event)
  state.job_count = state.job_count + 1
  if event.job.priority >= 8 then
    print("High priority job detected: " .. state.job_count)
  end
end

local function on_mod_unloaded()
  -- When it was reloaded is not the mod's business: kept here, it would make a run with a reload differ from one without.
  colony.state.save_mod_state("hot_reload_advanced", state)
end

local function on_mod_loaded()
  local saved = colony.state.get_mod_state("hot_reload_advanced")
  if saved then
    state = saved
    print("Restored mod state: " .. state.tick_count .. " ticks")
  end
  colony.events.register("tick_start", on_tick_start)
  colony.events.register("job_created", on_job_created)
  colony.events.register("mod_unloaded", on_mod_unloaded)
end

colony.events.register("mod_loaded", on_mod_loaded)
