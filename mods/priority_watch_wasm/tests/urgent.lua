local function job(id, kind, priority)
  return { job = { id = id, kind = kind, priority = priority, x = 3, y = 4 } }
end

-- A job on the board, which the mod can raise.
local function designated(t)
  local tile = t.call("map.nearest", "chop", 1)[1]
  t.command("jobs.designate", "chop", tile.x, tile.y)
  t.advance()
  return t.call("jobs.list", "chop")[1]
end

colony.test("only urgent jobs are counted", function(t)
  local id = designated(t).id
  t.fire("job_created", job(id, "chop", 7))
  t.equals(t.storage("urgent"), 0)
  t.fire("job_created", job(id, "chop", 8))
  t.fire("job_created", job(id, "chop", 10))
  t.equals(t.storage("by_kind"), { chop = 2 })
  t.equals(t.storage("last_kind"), "chop")
end)

colony.test("three urgent jobs in four are raised", function(t)
  local id = designated(t).id
  local raised = 0
  for _ = 1, 40 do
    t.fire("job_created", job(id, "chop", 8))
    if t.storage("boosted." .. id) ~= nil then
      raised = raised + 1
      t.fire("job_cancelled", job(id, "chop", 8))
    end
  end
  t.at_least(raised, 25)
  t.at_most(raised, 35)
end)

colony.test("what was counted survives a reload and a restart", function(t)
  t.fire("job_created", job(designated(t).id, "chop", 9))
  t.advance(60)
  t.equals(t.storage("urgent"), 1)
  local before = t.storage()
  t.reload()
  t.equals(t.storage(), before, "after the reload")
  t.restart()
  t.equals(t.storage(), before, "after the restart")
end)
