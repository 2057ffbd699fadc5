-- Running means of anything that can be counted, over the last few samples.
local window = 60 -- ticks between samples of the store
local samples_kept = 5
local priority_when_low = 7

colony.state.define({ series = {}, shortages = 0 })

local function record(name, value)
  local series = colony.storage.series
  if series[name] == nil then
    series[name] = {}
  end
  table.insert(series[name], value)
  if #series[name] > samples_kept then
    table.remove(series[name], 1)
  end
end

local function mean(name)
  local values = colony.storage.series[name]
  if values == nil then
    return nil
  end
  local sum = 0
  for _, value in ipairs(values) do
    sum = sum + value
  end
  return sum // #values
end

colony.mods.export("record", record)
colony.mods.export("mean", mean)

colony.time.every("sample", window, function()
  record("wood", colony.items.stored("wood"))
  if mean("wood") >= colony.config.get("wood_low") then
    return
  end
  colony.storage.shortages = colony.storage.shortages + 1
  for _, job in ipairs(colony.jobs.list("chop")) do
    if job.priority < priority_when_low then
      colony.jobs.set_priority(job.id, priority_when_low)
    end
  end
end)
