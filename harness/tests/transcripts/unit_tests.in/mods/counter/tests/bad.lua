colony.test("a table differs", function(t)
  print("about to compare", { 1, 2 })
  t.fire("job_created", { job = { id = 1, kind = "haul", priority = 9 } })
  t.equals(t.storage(), { ticks = 0, kinds = { chop = 9, haul = 8 } }, "the state")
end)

colony.test("a handler fails", function(t)
  t.advance(20)
end)

colony.test("a field is misspelt", function(t)
  t.fire("job_created", { job = { prority = 9 } })
end)

colony.test("a name is misspelt", function(t)
  t.advence(1)
end)

colony.test("a test does not end", function(t)
  while true do
    pcall(t.tick)
  end
end)

colony.test("the mod's own functions", function(t)
  colony.jobs.list()
end)
