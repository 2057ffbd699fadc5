-- Counts urgent jobs and raises them, so that they are taken first.
colony.state.define({ urgent = 0, hauls = 0, boosted = {}, finished = 0 })

local endings = { "job_completed", "job_failed", "job_cancelled" }

-- Runs only while boosted jobs are on the board.
local function on_job_ended(event)
  local boosted = colony.storage.boosted
  local id = tostring(event.job.id)
  if boosted[id] == nil then
    return
  end
  boosted[id] = nil
  colony.storage.finished = colony.storage.finished + 1
  if next(boosted) == nil then
    for _, name in ipairs(endings) do
      colony.events.unregister(name, "boosted")
    end
  end
end

local function on_job_created(event)
  local job = event.job
  -- Sleep is never urgent enough to be moved up.
  if job.priority >= 6 and job.kind ~= "sleep" then
    local seen = colony.storage
    seen.urgent = seen.urgent + 1
    if job.kind == "haul" then
      seen.hauls = seen.hauls + 1
    end
    -- Three in four, so that urgent work does not starve the rest.
    if colony.random.integer(1, 4) > 1 then
      colony.jobs.set_priority(job.id, math.min(job.priority + colony.config.get("boost"), 10))
      seen.boosted[tostring(job.id)] = job.kind
      for _, name in ipairs(endings) do
        colony.events.register(name, on_job_ended, { key = "boosted" })
      end
    end
  end
end

colony.events.register("job_created", on_job_created)
for _, name in ipairs(endings) do
  colony.events.register(name, on_job_ended, { key = "boosted", enabled = false })
end

colony.time.every("report", 100, function()
  colony.mods.get("stats").record("urgent", colony.storage.urgent)
end)
