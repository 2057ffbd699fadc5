local queue = require("@work_queue/queue")
local urgency = require("@work_queue/urgency")

colony.test("the most urgent comes first, and of two alike the earlier", function(t)
  local list = {}
  queue.add(list, { name = "roof", urgency = 3 })
  queue.add(list, { name = "bed", urgency = 1 })
  queue.add(list, { name = "well", urgency = 3 })
  queue.add(list, { name = "fire", urgency = 9 })
  local taken = {}
  for _ = 1, 4 do
    table.insert(taken, queue.take(list).name)
  end
  t.equals(taken, { "fire", "roof", "well", "bed" })
  t.equals(queue.take(list), nil)
end)

colony.test("what is missing makes it urgent", function(t)
  t.equals(urgency.of(60, 60), 1)
  t.equals(urgency.of(30, 60), 5)
  t.equals(urgency.of(0, 60), 10)
  t.equals(urgency.of(5, 0), 1)
end)

colony.test("what is asked for is ordered one at a time", function(t)
  t.export("ask", "chop", 2, 5)
  t.equals(t.export("waiting", "chop"), 2)
  t.equals(t.export("waiting", "mine"), 0)
  t.advance(7)
  t.equals(t.export("waiting", "chop"), 1)
  t.advance(7)
  t.equals(t.storage("ordered"), 2)
  t.equals(t.export("waiting", "chop"), 0)
end)

colony.test("what waits survives a reload and a restart", function(t)
  t.export("ask", "mine", 3, 2)
  t.advance(1)
  local before = t.storage()
  t.reload()
  t.equals(t.storage(), before, "after the reload")
  t.restart()
  t.equals(t.storage(), before, "after the restart")
end)
