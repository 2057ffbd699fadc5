colony.test("no end", function(t)
