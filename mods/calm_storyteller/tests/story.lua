local function day(number)
  return { day = number, season = "spring", temperature = 60 }
end

colony.test("the first days are quiet", function(t)
  t.fire("day_started", day(2))
  t.equals(t.storage("turns"), 0)
  t.fire("day_started", day(3))
  t.equals(t.storage("turns"), 1)
end)

colony.test("a turn is an incident, and some days pass until the next", function(t)
  t.fire("day_started", day(3))
  t.advance(1)
  t.equals(t.count("incident_started"), 1)
  local next_day = t.storage("next_day")
  t.at_least(next_day, 6)
  t.at_most(next_day, 7)
  t.fire("day_started", day(next_day - 1))
  t.equals(t.storage("turns"), 1)
end)

colony.test("a harsh turn never follows a harsh one", function(t)
  local before = false
  local harsh = 0
  for turn = 1, 40 do
    t.fire("day_started", day(turn * 10))
    t.advance(1)
    local now = t.storage("last_was_harsh")
    t.is_false(before and now, "turn " .. turn)
    before = now
    if now then
      harsh = harsh + 1
    end
  end
  t.at_least(harsh, 1)
end)

colony.test("the storyteller of base is silent", function(t)
  t.advance(1200) -- two days
  t.equals(t.count("incident_started"), 0)
end)

colony.test("the story survives a reload and a restart", function(t)
  t.fire("day_started", day(3))
  t.advance(1)
  local before = t.storage()
  t.reload()
  t.equals(t.storage(), before, "after the reload")
  t.restart()
  t.equals(t.storage(), before, "after the restart")
end)
