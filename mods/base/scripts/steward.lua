-- The steward: looks at the stores and plans what a colony lives on. From the second day on, so that a short run is a quiet one.

-- Free tiles near the stockpile that are left to buildings; beyond them fields are laid, and beyond those people gather.
local NEAR = 30
local FIELD = 50

-- What one of each fills, counted in meals.
local function meals_in_store()
  local raw = colony.items.count("berries") / 4 + colony.items.count("potato") / 3
  return colony.items.count("meal") + raw
end

local function count_buildings(kind)
  local count = 0
  for _, building in ipairs(colony.buildings.list()) do
    if building.kind == kind then
      count = count + 1
    end
  end
  return count
end

-- One of each kitchen and table to begin with, and a bed for everybody, two a day.
local function plan_rooms(colonists)
  local sites = colony.buildings.nearest_sites(80)
  local function plan(kind, wanted)
    local missing = wanted - count_buildings(kind)
    while missing > 0 and #sites > 0 do
      local site = table.remove(sites, 1)
      -- As on a chessboard, so that nothing gets walled in.
      if (site.x + site.y) % 2 == 0 then
        colony.buildings.place(kind, site.x, site.y)
        missing = missing - 1
      end
    end
  end
  plan("stove", 1)
  plan("chess_table", math.ceil(colonists / 4))
  plan("bed", math.min(count_buildings("bed") + 2, colonists))
end

-- Half potatoes, half wheat, a dozen plots a day until there are enough.
local function plan_fields(colonists)
  local plots = #colony.plots.list()
  local missing = math.min(12, colonists * colony.config.get("plots_each") - plots)
  if missing <= 0 then
    return
  end
  local sites = colony.plots.nearest_sites(NEAR + missing)
  for index = NEAR + 1, #sites do
    local site = sites[index]
    colony.plots.set(site.x, site.y, if index % 2 == 0 then "wheat" else "potato")
  end
end

local function plan_pantry()
  local stockpiles = colony.stockpiles.list()
  if #stockpiles ~= 1 then
    return
  end
  local first = stockpiles[1].cells[1]
  local last = stockpiles[1].cells[#stockpiles[1].cells]
  local size = colony.map.size()
  if last.x + 2 < size.width then
    colony.stockpiles.add(last.x + 2, first.y, 4, 6, { "food", "medicine" })
  end
end

local steward = {}

-- What is planned at the start of a day.
function steward.plan()
  local colonists = colony.colonists.count()
  plan_pantry()
  plan_rooms(colonists)
  plan_fields(colonists)
end

-- Keeps so many orders of a kind of work that is done on any free ground.
local function keep_gathering(kind, wanted)
  local missing = wanted - colony.jobs.count(kind)
  if missing <= 0 then
    return
  end
  local sites = colony.plots.nearest_sites(100)
  for _ = 1, missing do
    if #sites <= FIELD then
      return
    end
    local site = table.remove(sites, colony.random.integer(FIELD + 1, #sites))
    colony.jobs.designate(kind, site.x, site.y)
  end
end

local function cook(colonists)
  local portions = math.floor(colony.items.count("wheat") / 4)
  if portions == 0 or colony.items.count("meal") >= 15 * colonists then
    return
  end
  for _, building in ipairs(colony.buildings.list()) do
    if building.kind == "stove" and building.built and building.order == nil then
      colony.buildings.order(building.id, "cook", math.min(portions, 10))
    end
  end
end

-- What is ordered during the day, as the stores ask for it.
function steward.tend()
  local colonists = colony.colonists.count()
  cook(colonists)
  if meals_in_store() < 4 * colonists and colony.environment.season() ~= "winter" then
    keep_gathering("forage", colonists)
  end
  if colony.items.count("herbs") < 4 then
    keep_gathering("gather_herbs", 1)
  end
end

return steward
