local shifts = require("shifts")

colony.test("a day has 24 hours and turns with the hour of getting up", function(t)
  for wakes_at = 0, 23 do
    local hours = shifts.hours(wakes_at)
    t.equals(#hours, 24)
    t.equals(hours[wakes_at + 1], "work")
    t.equals(hours[(wakes_at + 23) % 24 + 1], "sleep")
  end
end)

colony.test("newcomers keep the share", function(t)
  local function night_of(everybody, share)
    local night = 0
    for already = 0, everybody - 1 do
      if shifts.is_night_next(night, already, share) then
        night = night + 1
      end
    end
    return night
  end
  t.equals(night_of(10, 50), 5)
  t.equals(night_of(10, 30), 3)
  t.equals(night_of(10, 0), 0)
  t.equals(night_of(10, 100), 10)
end)

colony.test("everybody gets a schedule, and half of them for the night", function(t)
  t.advance(26)
  local everybody = t.call("colonists.list")
  t.equals(t.storage("night") + t.storage("day"), #everybody)
  t.equals(t.storage("night"), #everybody // 2)
  for _, colonist in ipairs(everybody) do
    local hours = t.call("colonists.schedule", colonist.id)
    local works_at_noon = hours[13] == "work"
    t.equals(works_at_noon, t.storage("shift_of." .. colonist.id) == "day")
  end
end)

colony.test("newcomers get one, too", function(t)
  t.advance(26)
  local place = t.call("colonists.list")[1]
  local before = t.storage("night") + t.storage("day")
  t.command("colonists.join", place.x, place.y)
  t.advance(2)
  t.equals(t.storage("night") + t.storage("day"), before + 1)
  local everybody = t.call("colonists.list")
  t.equals(#t.call("colonists.schedule", everybody[#everybody].id), 24)
end)

colony.test("the place of somebody who died is free again", function(t)
  t.advance(26)
  local before = t.storage("night") + t.storage("day")
  t.command("colonists.injure", t.call("colonists.list")[1].id, 10000)
  t.advance(1)
  t.equals(t.count("colonist_died"), 1)
  t.equals(t.storage("night") + t.storage("day"), before - 1)
end)

colony.test("shifts survive a reload and a restart", function(t)
  t.advance(26)
  local before = t.storage()
  t.reload()
  t.equals(t.storage(), before, "after the reload")
  t.restart()
  t.equals(t.storage(), before, "after the restart")
end)
