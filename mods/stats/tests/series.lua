colony.test("a series keeps its last five values", function(t)
  for value = 1, 7 do
    t.export("record", "apples", value)
  end
  t.equals(t.storage("series.apples"), { 3, 4, 5, 6, 7 })
  t.equals(t.export("mean", "apples"), 5)
end)

colony.test("a series that is not there has no mean", function(t)
  t.equals(t.export("mean", "pears"), nil)
end)

colony.test("the store is sampled every 60 ticks", { stock = { wood = 25 } }, function(t)
  t.advance(59)
  t.equals(t.storage("series"), {})
  t.advance()
  t.equals(#t.storage("series.wood"), 1)
  t.advance(60)
  t.equals(#t.storage("series.wood"), 2)
end)
