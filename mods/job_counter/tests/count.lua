local job = { job = { id = 1, kind = "chop", priority = 5, x = 3, y = 4 } }

colony.test("jobs that were done are counted, over a reload", function(t)
  t.fire("job_completed", job)
  t.reload()
  t.fire("job_completed", job)
  t.equals(t.storage("done"), 2)
end)
