-- The baker: has an oven built, sees to firewood, and orders as much bread as there is wheat for.

-- Wood for so many loads is kept at hand.
local LOADS = 4
-- Tiles near the stockpile are left to the steward of base, who plans beds there.
local NEAR = 40

colony.state.define({ ordered = 0 })

-- The first oven, or its blueprint; nil if there is none.
local function find_oven()
  for _, building in ipairs(colony.buildings.list()) do
    if building.kind == "oven" then
      return building
    end
  end
  return nil
end

local function plan_oven()
  local sites = colony.buildings.nearest_sites(NEAR)
  local site = sites[#sites]
  if site then
    colony.buildings.place("oven", site.x, site.y)
  end
end

local function gather_firewood()
  if colony.items.count("firewood") >= LOADS or colony.jobs.count("gather_firewood") > 0 then
    return
  end
  local sites = colony.plots.nearest_sites(NEAR)
  local site = sites[#sites]
  if site then
    colony.jobs.designate("gather_firewood", site.x, site.y)
  end
end

-- How often the recipe can and should be made now.
local function portions()
  local wanted = colony.colonists.count() * colony.config.get("loaves_each") - colony.items.count("bread")
  local wheat = colony.items.count("wheat") // 3
  return math.min(math.ceil(wanted / 2), wheat, colony.items.count("firewood"))
end

-- One thing after the other. What is asked for here is done later in the tick, so the next look finds it.
colony.time.every("bake", 20, function()
  local oven = find_oven()
  if oven == nil then
    plan_oven()
  elseif oven.built then
    gather_firewood()
    local count = portions()
    if oven.order == nil and count > 0 then
      colony.buildings.order(oven.id, "bread", count)
      colony.storage.ordered = colony.storage.ordered + count
    end
  end
end)
