-- Where the colony stands after so many ticks: a test begins with a small one.
local function oven(t)
  for _, building in ipairs(t.call("buildings.list")) do
    if building.kind == "oven" then
      return building
    end
  end
  return nil
end

colony.test("one oven is planned, and only one", function(t)
  t.advance(100)
  local ovens = 0
  for _, building in ipairs(t.call("buildings.list")) do
    if building.kind == "oven" then
      ovens = ovens + 1
    end
  end
  t.equals(ovens, 1)
end)

colony.test("bread is baked from wheat and firewood", function(t)
  local place = t.call("colonists.list")[1]
  t.command("items.add", "stone", 10, place.x, place.y)
  t.command("items.add", "wheat", 9, place.x, place.y)
  t.advance(1000)
  t.is_true(oven(t).built)
  t.equals(t.storage("ordered"), 3)
  t.equals(t.call("items.count", "wheat"), 0)
  t.at_least(t.call("items.count", "bread"), 1)
end)

colony.test("without wheat nothing is ordered", function(t)
  local place = t.call("colonists.list")[1]
  t.command("items.add", "stone", 10, place.x, place.y)
  t.advance(500)
  t.equals(t.storage("ordered"), 0)
  t.equals(oven(t).order, nil)
end)

colony.test("what was ordered survives a reload and a restart", function(t)
  t.advance(50)
  local before = t.storage()
  t.reload()
  t.equals(t.storage(), before, "after the reload")
  t.restart()
  t.equals(t.storage(), before, "after the restart")
end)
