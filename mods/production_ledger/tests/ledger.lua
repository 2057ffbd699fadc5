local function produced(item, count)
  return { item = item, count = count, x = 3, y = 4, job_id = 1 }
end

colony.test("what is produced is counted by item", function(t)
  t.fire("item_produced", produced("wood", 5))
  t.fire("item_produced", produced("stone", 2))
  t.fire("item_produced", produced("wood", 5))
  t.equals(t.storage(), { produced = { stone = 2, wood = 10 }, last = "wood" })
end)

colony.test("what was counted survives a reload and a restart", function(t)
  t.fire("item_produced", produced("wood", 5))
  local before = t.storage()
  t.reload()
  t.equals(t.storage(), before, "after the reload")
  t.restart()
  t.equals(t.storage(), before, "after the restart")
end)
