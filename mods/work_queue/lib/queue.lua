-- A list in which the most urgent comes first, and of two alike the one that was there before. The list is a plain table, so it
-- may lie in colony.storage and survive reloads and saves. Other mods use this file, too: require("@work_queue/queue").
local queue = {}

-- Adds an entry, a table with a field `urgency`.
function queue.add(list, entry)
  for place, other in ipairs(list) do
    if entry.urgency > other.urgency then
      table.insert(list, place, entry)
      return
    end
  end
  table.insert(list, entry)
end

-- Takes out the entry that comes first; nil if there is none.
function queue.take(list)
  if #list == 0 then
    return nil
  end
  return table.remove(list, 1)
end

return queue
