-- Written by `colony-sim stubs` for LuaLS: what mods may call and hear. What is changed here is lost.
---@meta

---HandlerOptions: how a handler is declared.
---@class colony.HandlerOptions
---@field key? string
---@field priority? integer
---@field enabled? boolean

---Timer: a timer that fires, with the value that it was started with.
---@class colony.Timer
---@field name string
---@field tick integer
---@field value any

---Job: a job on the board: its kind, its place, the colonist that has it and the item that it is about.
---@class colony.Job
---@field id integer
---@field kind string
---@field priority integer
---@field x integer
---@field y integer
---@field colonist? integer
---@field item? string

---Colonist: a living colonist: its place, its needs, mood and health in points up to 10,000, its wound, which keeps health from coming back, whether it has collapsed and takes no work, and the job that it has.
---@class colony.Colonist
---@field id integer
---@field name string
---@field x integer
---@field y integer
---@field food integer
---@field rest integer
---@field recreation integer
---@field mood integer
---@field health integer
---@field wound integer
---@field collapsed boolean
---@field job? integer

---Tile: a tile of the map.
---@class colony.Tile
---@field x integer
---@field y integer

---Stockpile: a stockpile: its tiles, and the items and categories of items that it takes, which is everything without a filter.
---@class colony.Stockpile
---@field id integer
---@field cells colony.Tile[]
---@field filter? string[]

---Order: what is to be made at a workplace, and how often still.
---@class colony.Order
---@field recipe string
---@field left integer

---Building: a building, or a blueprint of one: what was brought to it and not used yet, and what is to be made there.
---@class colony.Building
---@field id integer
---@field kind string
---@field x integer
---@field y integer
---@field built boolean
---@field held table<string, integer>
---@field order? colony.Order

---Plot: a tile for a crop, and how far it is.
---@class colony.Plot
---@field x integer
---@field y integer
---@field crop string
---@field stage "fallow" | "growing" | "ripe"

---RunningIncident: an incident that runs, with the ticks in which it began and will be over.
---@class colony.RunningIncident
---@field incident string
---@field began integer
---@field ends integer

---Size: the size of the map in tiles.
---@class colony.Size
---@field width integer
---@field height integer

---Jobs: jobs on the board, a list for each of their fields; what stands at one position of the lists is one job.
---@class colony.Jobs
---@field id integer[]
---@field kind string[]
---@field priority integer[]
---@field x integer[]
---@field y integer[]
---@field colonist (integer|false)[]
---@field item (string|false)[]

---Test: drives and questions the colony of a test.
---@class colony.Test
---@field advance fun(ticks?: integer)
---@field fire fun(name: string, fields?: any)
---@field command fun(name: string, ...: any)
---@field call fun(name: string, ...: any): any
---@field export fun(name: string, ...: any): any
---@field storage fun(path?: string): any
---@field count fun(name: string): integer
---@field log fun(): string[]
---@field tick fun(): integer
---@field reload fun()
---@field restart fun()
---@field expect_failing_calls fun(count: integer)
---@field equals fun(found: any, expected: any, what?: string)
---@field not_equals fun(found: any, expected: any, what?: string)
---@field at_least fun(found: number, bound: number, what?: string)
---@field at_most fun(found: number, bound: number, what?: string)
---@field is_true fun(found: any, what?: string)
---@field is_false fun(found: any, what?: string)
---@field errors fun(call: fun(...: any): any, text?: string)

---TestOptions: the colony that a test wishes for.
---@class colony.TestOptions
---@field seed? integer
---@field size? integer[]
---@field colonists? integer
---@field stock? table<string, integer>

---SimulationStartEvent: once, before the first tick of a new colony.
---@class colony.SimulationStartEvent
---@field name "simulation_start"
---@field tick integer

---TickStartEvent: before commands are applied in a tick.
---@class colony.TickStartEvent
---@field name "tick_start"
---@field tick integer

---TickEndEvent: after everything else in a tick.
---@class colony.TickEndEvent
---@field name "tick_end"
---@field tick integer

---ModLoadedEvent: to the mod itself, once its code is loaded and its state is there: at the start of a colony (`start`), when the same code goes on (`resume`: save, load, restart, hand-back, forced reload), or when new code takes over (`update`).
---@class colony.ModLoadedEvent
---@field name "mod_loaded"
---@field tick integer
---@field reason "start" | "resume" | "update"
---@field previous_version? string

---ModUnloadedEvent: to the mod itself, before its state is handed on; what it saves with colony.state.save_mod_state here is there for get_mod_state during mod_loaded.
---@class colony.ModUnloadedEvent
---@field name "mod_unloaded"
---@field tick integer

---ConfigChangedEvent: to the mod itself, for each changed value of its config.toml that it did not read while loading.
---@class colony.ConfigChangedEvent
---@field name "config_changed"
---@field tick integer
---@field key string
---@field value any

---JobCreatedEvent: a job was put on the board.
---@class colony.JobCreatedEvent
---@field name "job_created"
---@field tick integer
---@field job colony.Job

---JobAssignedEvent: a colonist took a job.
---@class colony.JobAssignedEvent
---@field name "job_assigned"
---@field tick integer
---@field job colony.Job

---JobCompletedEvent: a job was done.
---@class colony.JobCompletedEvent
---@field name "job_completed"
---@field tick integer
---@field job colony.Job

---JobFailedEvent: a job could not be done.
---@class colony.JobFailedEvent
---@field name "job_failed"
---@field tick integer
---@field job colony.Job
---@field reason string

---JobCancelledEvent: a job was taken off the board, by a command or because what it was about is gone.
---@class colony.JobCancelledEvent
---@field name "job_cancelled"
---@field tick integer
---@field job colony.Job

---ColonistJoinedEvent: a colonist came to the colony.
---@class colony.ColonistJoinedEvent
---@field name "colonist_joined"
---@field tick integer
---@field colonist { id: integer, name: string, x: integer, y: integer }

---ColonistDiedEvent: a colonist died.
---@class colony.ColonistDiedEvent
---@field name "colonist_died"
---@field tick integer
---@field colonist { id: integer, name: string, x: integer, y: integer }
---@field cause string

---ColonistCollapsedEvent: the health of a colonist fell below 2,000: it takes no work until it is at 3,000 again.
---@class colony.ColonistCollapsedEvent
---@field name "colonist_collapsed"
---@field tick integer
---@field colonist { id: integer, name: string, x: integer, y: integer, health: integer }

---NeedCriticalEvent: a need of a colonist fell below its critical level.
---@class colony.NeedCriticalEvent
---@field name "need_critical"
---@field tick integer
---@field colonist { id: integer, name: string }
---@field need string
---@field level integer

---ItemProducedEvent: work yielded items.
---@class colony.ItemProducedEvent
---@field name "item_produced"
---@field tick integer
---@field item string
---@field count integer
---@field x integer
---@field y integer
---@field job_id integer

---ItemSpoiledEvent: a stack was too old and is gone.
---@class colony.ItemSpoiledEvent
---@field name "item_spoiled"
---@field tick integer
---@field item string
---@field count integer
---@field x integer
---@field y integer

---BuildingCompletedEvent: a blueprint became a building.
---@class colony.BuildingCompletedEvent
---@field name "building_completed"
---@field tick integer
---@field building integer
---@field kind string
---@field x integer
---@field y integer

---CropRipeEvent: a plot can be reaped.
---@class colony.CropRipeEvent
---@field name "crop_ripe"
---@field tick integer
---@field crop string
---@field x integer
---@field y integer

---CropDiedEvent: what grew on a plot is gone: `frost` or `blight`.
---@class colony.CropDiedEvent
---@field name "crop_died"
---@field tick integer
---@field crop string
---@field x integer
---@field y integer
---@field cause string

---DayStartedEvent: a day began, the second of the colony or a later one; the temperature at midnight is in tenths of a degree Celsius.
---@class colony.DayStartedEvent
---@field name "day_started"
---@field tick integer
---@field day integer
---@field season? string
---@field temperature integer

---SeasonChangedEvent: another season began; before the day_started of its first day.
---@class colony.SeasonChangedEvent
---@field name "season_changed"
---@field tick integer
---@field season? string
---@field previous? string

---IncidentStartedEvent: something befalls the colony, for so many ticks; one that lasts 0 happens at once, and no incident_ended follows.
---@class colony.IncidentStartedEvent
---@field name "incident_started"
---@field tick integer
---@field incident string
---@field lasts integer

---IncidentEndedEvent: something is over that befell the colony.
---@class colony.IncidentEndedEvent
---@field name "incident_ended"
---@field tick integer
---@field incident string

---JobCreatedBatchEvent: all `job_created` of a tick, up to 1,024 in one call: a list for each field, in the order in which they happened.
---@class colony.JobCreatedBatchEvent
---@field name "job_created_batch"
---@field tick integer
---@field size integer
---@field job colony.Jobs

---JobAssignedBatchEvent: all `job_assigned` of a tick, up to 1,024 in one call: a list for each field, in the order in which they happened.
---@class colony.JobAssignedBatchEvent
---@field name "job_assigned_batch"
---@field tick integer
---@field size integer
---@field job colony.Jobs

---JobCompletedBatchEvent: all `job_completed` of a tick, up to 1,024 in one call: a list for each field, in the order in which they happened.
---@class colony.JobCompletedBatchEvent
---@field name "job_completed_batch"
---@field tick integer
---@field size integer
---@field job colony.Jobs

---JobFailedBatchEvent: all `job_failed` of a tick, up to 1,024 in one call: a list for each field, in the order in which they happened.
---@class colony.JobFailedBatchEvent
---@field name "job_failed_batch"
---@field tick integer
---@field size integer
---@field job colony.Jobs
---@field reason string[]

---JobCancelledBatchEvent: all `job_cancelled` of a tick, up to 1,024 in one call: a list for each field, in the order in which they happened.
---@class colony.JobCancelledBatchEvent
---@field name "job_cancelled_batch"
---@field tick integer
---@field size integer
---@field job colony.Jobs

---ColonistJoinedBatchEvent: all `colonist_joined` of a tick, up to 1,024 in one call: a list for each field, in the order in which they happened.
---@class colony.ColonistJoinedBatchEvent
---@field name "colonist_joined_batch"
---@field tick integer
---@field size integer
---@field colonist { id: integer[], name: string[], x: integer[], y: integer[] }

---ColonistDiedBatchEvent: all `colonist_died` of a tick, up to 1,024 in one call: a list for each field, in the order in which they happened.
---@class colony.ColonistDiedBatchEvent
---@field name "colonist_died_batch"
---@field tick integer
---@field size integer
---@field colonist { id: integer[], name: string[], x: integer[], y: integer[] }
---@field cause string[]

---ColonistCollapsedBatchEvent: all `colonist_collapsed` of a tick, up to 1,024 in one call: a list for each field, in the order in which they happened.
---@class colony.ColonistCollapsedBatchEvent
---@field name "colonist_collapsed_batch"
---@field tick integer
---@field size integer
---@field colonist { id: integer[], name: string[], x: integer[], y: integer[], health: integer[] }

---NeedCriticalBatchEvent: all `need_critical` of a tick, up to 1,024 in one call: a list for each field, in the order in which they happened.
---@class colony.NeedCriticalBatchEvent
---@field name "need_critical_batch"
---@field tick integer
---@field size integer
---@field colonist { id: integer[], name: string[] }
---@field need string[]
---@field level integer[]

---ItemProducedBatchEvent: all `item_produced` of a tick, up to 1,024 in one call: a list for each field, in the order in which they happened.
---@class colony.ItemProducedBatchEvent
---@field name "item_produced_batch"
---@field tick integer
---@field size integer
---@field item string[]
---@field count integer[]
---@field x integer[]
---@field y integer[]
---@field job_id integer[]

---ItemSpoiledBatchEvent: all `item_spoiled` of a tick, up to 1,024 in one call: a list for each field, in the order in which they happened.
---@class colony.ItemSpoiledBatchEvent
---@field name "item_spoiled_batch"
---@field tick integer
---@field size integer
---@field item string[]
---@field count integer[]
---@field x integer[]
---@field y integer[]

---BuildingCompletedBatchEvent: all `building_completed` of a tick, up to 1,024 in one call: a list for each field, in the order in which they happened.
---@class colony.BuildingCompletedBatchEvent
---@field name "building_completed_batch"
---@field tick integer
---@field size integer
---@field building integer[]
---@field kind string[]
---@field x integer[]
---@field y integer[]

---CropRipeBatchEvent: all `crop_ripe` of a tick, up to 1,024 in one call: a list for each field, in the order in which they happened.
---@class colony.CropRipeBatchEvent
---@field name "crop_ripe_batch"
---@field tick integer
---@field size integer
---@field crop string[]
---@field x integer[]
---@field y integer[]

---CropDiedBatchEvent: all `crop_died` of a tick, up to 1,024 in one call: a list for each field, in the order in which they happened.
---@class colony.CropDiedBatchEvent
---@field name "crop_died_batch"
---@field tick integer
---@field size integer
---@field crop string[]
---@field x integer[]
---@field y integer[]
---@field cause string[]

---ModEvent: an event of a mod.
---@class colony.ModEvent
---@field name string
---@field tick integer
---@field payload any

---@class colony
---@field storage table<string, any> The mod's state: it survives reloads and saves. Assigning copies; read it back to change it.
colony = {}

---@class colony.events
colony.events = {}

---While a mod loads: declares a handler for an event; `options` are `key` (a name that tells several handlers for one event apart), `priority` (higher runs first, 0 by default) and `enabled` (false: declared, switched on later). Later: switches a declared handler on.
---@param name string
---@param handler fun(event: colony.ModEvent)
---@param options? colony.HandlerOptions
---@overload fun(name: "simulation_start", handler: fun(event: colony.SimulationStartEvent), options?: colony.HandlerOptions)
---@overload fun(name: "tick_start", handler: fun(event: colony.TickStartEvent), options?: colony.HandlerOptions)
---@overload fun(name: "tick_end", handler: fun(event: colony.TickEndEvent), options?: colony.HandlerOptions)
---@overload fun(name: "mod_loaded", handler: fun(event: colony.ModLoadedEvent), options?: colony.HandlerOptions)
---@overload fun(name: "mod_unloaded", handler: fun(event: colony.ModUnloadedEvent), options?: colony.HandlerOptions)
---@overload fun(name: "config_changed", handler: fun(event: colony.ConfigChangedEvent), options?: colony.HandlerOptions)
---@overload fun(name: "job_created", handler: fun(event: colony.JobCreatedEvent), options?: colony.HandlerOptions)
---@overload fun(name: "job_assigned", handler: fun(event: colony.JobAssignedEvent), options?: colony.HandlerOptions)
---@overload fun(name: "job_completed", handler: fun(event: colony.JobCompletedEvent), options?: colony.HandlerOptions)
---@overload fun(name: "job_failed", handler: fun(event: colony.JobFailedEvent), options?: colony.HandlerOptions)
---@overload fun(name: "job_cancelled", handler: fun(event: colony.JobCancelledEvent), options?: colony.HandlerOptions)
---@overload fun(name: "colonist_joined", handler: fun(event: colony.ColonistJoinedEvent), options?: colony.HandlerOptions)
---@overload fun(name: "colonist_died", handler: fun(event: colony.ColonistDiedEvent), options?: colony.HandlerOptions)
---@overload fun(name: "colonist_collapsed", handler: fun(event: colony.ColonistCollapsedEvent), options?: colony.HandlerOptions)
---@overload fun(name: "need_critical", handler: fun(event: colony.NeedCriticalEvent), options?: colony.HandlerOptions)
---@overload fun(name: "item_produced", handler: fun(event: colony.ItemProducedEvent), options?: colony.HandlerOptions)
---@overload fun(name: "item_spoiled", handler: fun(event: colony.ItemSpoiledEvent), options?: colony.HandlerOptions)
---@overload fun(name: "building_completed", handler: fun(event: colony.BuildingCompletedEvent), options?: colony.HandlerOptions)
---@overload fun(name: "crop_ripe", handler: fun(event: colony.CropRipeEvent), options?: colony.HandlerOptions)
---@overload fun(name: "crop_died", handler: fun(event: colony.CropDiedEvent), options?: colony.HandlerOptions)
---@overload fun(name: "day_started", handler: fun(event: colony.DayStartedEvent), options?: colony.HandlerOptions)
---@overload fun(name: "season_changed", handler: fun(event: colony.SeasonChangedEvent), options?: colony.HandlerOptions)
---@overload fun(name: "incident_started", handler: fun(event: colony.IncidentStartedEvent), options?: colony.HandlerOptions)
---@overload fun(name: "incident_ended", handler: fun(event: colony.IncidentEndedEvent), options?: colony.HandlerOptions)
---@overload fun(name: "job_created_batch", handler: fun(event: colony.JobCreatedBatchEvent), options?: colony.HandlerOptions)
---@overload fun(name: "job_assigned_batch", handler: fun(event: colony.JobAssignedBatchEvent), options?: colony.HandlerOptions)
---@overload fun(name: "job_completed_batch", handler: fun(event: colony.JobCompletedBatchEvent), options?: colony.HandlerOptions)
---@overload fun(name: "job_failed_batch", handler: fun(event: colony.JobFailedBatchEvent), options?: colony.HandlerOptions)
---@overload fun(name: "job_cancelled_batch", handler: fun(event: colony.JobCancelledBatchEvent), options?: colony.HandlerOptions)
---@overload fun(name: "colonist_joined_batch", handler: fun(event: colony.ColonistJoinedBatchEvent), options?: colony.HandlerOptions)
---@overload fun(name: "colonist_died_batch", handler: fun(event: colony.ColonistDiedBatchEvent), options?: colony.HandlerOptions)
---@overload fun(name: "colonist_collapsed_batch", handler: fun(event: colony.ColonistCollapsedBatchEvent), options?: colony.HandlerOptions)
---@overload fun(name: "need_critical_batch", handler: fun(event: colony.NeedCriticalBatchEvent), options?: colony.HandlerOptions)
---@overload fun(name: "item_produced_batch", handler: fun(event: colony.ItemProducedBatchEvent), options?: colony.HandlerOptions)
---@overload fun(name: "item_spoiled_batch", handler: fun(event: colony.ItemSpoiledBatchEvent), options?: colony.HandlerOptions)
---@overload fun(name: "building_completed_batch", handler: fun(event: colony.BuildingCompletedBatchEvent), options?: colony.HandlerOptions)
---@overload fun(name: "crop_ripe_batch", handler: fun(event: colony.CropRipeBatchEvent), options?: colony.HandlerOptions)
---@overload fun(name: "crop_died_batch", handler: fun(event: colony.CropDiedBatchEvent), options?: colony.HandlerOptions)
function colony.events.register(name, handler, options) end

---Switches a handler off until it is registered again.
---@param name string
---@param key? string
function colony.events.unregister(name, key) end

---Emits an event of the mod's own, named `mod_id:name`; mods hear it in the next delivery, the payload is `event.payload`.
---@param name string
---@param payload? any
function colony.events.emit(name, payload) end

---@class colony.state
colony.state = {}

---While a mod loads: declares the shape of `colony.storage`; paths that are not there yet start with these values.
---@param defaults table<string, any>
function colony.state.define(defaults) end

---While a mod loads: declares how state written by versions in `range` becomes state of this version; gets the state, changes it or returns another. Migrations run in version order.
---@param range string
---@param migrate fun(state: any): any
function colony.state.migrate(range, migrate) end

---What the mod saved with save_mod_state: during mod_loaded what it saved during mod_unloaded, if it did. Only the own id is allowed.
---@param mod_id string
---@return any
function colony.state.get_mod_state(mod_id) end

---Saves a value: during mod_unloaded for the mod_loaded that follows, elsewhere for good. Only the own id is allowed.
---@param mod_id string
---@param state any
function colony.state.save_mod_state(mod_id, state) end

---@class colony.time
colony.time = {}

---While a mod loads, with a function: declares a timer and starts it, to fire once. Later, with a plain value or nothing: starts a declared timer again.
---@param name string
---@param ticks integer
---@param handler_or_value? (fun(timer: colony.Timer)) | any
function colony.time.after(name, ticks, handler_or_value) end

---Like time.after, but fires again and again. A reload keeps the phase.
---@param name string
---@param ticks integer
---@param handler_or_value? (fun(timer: colony.Timer)) | any
function colony.time.every(name, ticks, handler_or_value) end

---While a mod loads: declares a timer without starting it.
---@param name string
---@param handler fun(timer: colony.Timer)
function colony.time.declare(name, handler) end

---Stops a timer.
---@param name string
function colony.time.cancel(name) end

---The current tick; 0 before the first.
---@return integer
function colony.time.get_current_tick() end

---@class colony.mods
colony.mods = {}

---While a mod loads: offers a function to other mods.
---@param name string
---@param handler fun(...: any): any
function colony.mods.export(name, handler) end

---The functions that another mod offers; the mod must be among the manifest's dependencies. Values are copied; the call goes to whatever generation runs at that moment.
---@param mod_id string
---@return table<string, fun(...: any): any>
function colony.mods.get(mod_id) end

---@class colony.config
colony.config = {}

---A value of config.toml, or its default. A key read while the mod loads makes a change of the configuration reload the scripts.
---@param key string
---@return boolean | number | string
function colony.config.get(key) end

---@class colony.capabilities
colony.capabilities = {}

---Whether the manifest lists the capability.
---@param name string
---@return boolean
function colony.capabilities.has(name) end

---@class colony.random
colony.random = {}

---A whole number from `low` to `high`, both included, from the mod's own stream; the position in it survives reloads and saves.
---@param low integer
---@param high integer
---@return integer
function colony.random.integer(low, high) end

---@class colony.jobs
colony.jobs = {}

---Changes a job's priority, 0 to 10. From 8 on it is urgent and done first, wherever it is; below, people go 16 tiles further for one more.
---Needs the capability `jobs.write`.
---A command: checked at once, applied at the next point in a tick where commands are applied.
---@param id integer
---@param priority integer
function colony.jobs.set_priority(id, priority) end

---Takes a job off the board.
---Needs the capability `jobs.write`.
---A command: checked at once, applied at the next point in a tick where commands are applied.
---@param id integer
function colony.jobs.cancel(id) end

---Orders work on a tile: a harvest where its target is (`chop` on a tree, `mine` on rock), labour on any ground (`forage`); the colony posts all other kinds itself.
---Needs the capability `jobs.write`.
---A command: checked at once, applied at the next point in a tick where commands are applied.
---@param kind string
---@param x integer
---@param y integer
function colony.jobs.designate(kind, x, y) end

---A job on the board; nil once it is done or gone.
---@param id integer
---@return colony.Job?
function colony.jobs.get(id) end

---The jobs on the board, of one kind or of all, in the order in which they were made.
---@param kind? string
---@return colony.Job[]
function colony.jobs.list(kind) end

---How many jobs are on the board, of one kind or of all.
---@param kind? string
---@return integer
function colony.jobs.count(kind) end

---@class colony.colonists
colony.colonists = {}

---The living colonists, in the order in which they came.
---@return colony.Colonist[]
function colony.colonists.list() end

---A living colonist; nil once dead.
---@param id integer
---@return colony.Colonist?
function colony.colonists.get(id) end

---How many colonists are alive.
---@return integer
function colony.colonists.count() end

---Lets a colonist join at a tile that can be walked on.
---Needs the capability `colonists.write`.
---A command: checked at once, applied at the next point in a tick where commands are applied.
---@param x integer
---@param y integer
function colony.colonists.join(x, y) end

---Says what the 24 hours of somebody's day are for, from midnight on: `anything`, `work` (needs only once they are critical), `sleep` or `leisure` (no work that is not urgent). Without hours, the day has no plan.
---Needs the capability `colonists.write`.
---A command: checked at once, applied at the next point in a tick where commands are applied.
---@param id integer
---@param hours? ("anything" | "work" | "sleep" | "leisure")[]
function colony.colonists.set_schedule(id, hours) end

---What the hours of somebody's day are for; nil without a plan, and if there is nobody of that id.
---@param id integer
---@return ("anything" | "work" | "sleep" | "leisure")[]?
function colony.colonists.schedule(id) end

---Says whether somebody takes jobs of a kind; what they are at they finish.
---Needs the capability `colonists.write`.
---A command: checked at once, applied at the next point in a tick where commands are applied.
---@param id integer
---@param kind string
---@param allowed boolean
function colony.colonists.allow_work(id, kind, allowed) end

---The kinds of job that somebody does not take; empty if there is nobody of that id.
---@param id integer
---@return string[]
function colony.colonists.forbidden_work(id) end

---Somebody's level of each skill, 0 to 20; empty if there is nobody of that id.
---@param id integer
---@return table<string, integer>
function colony.colonists.skills(id) end

---Hurts somebody: health is lost, and a wound is left that others treat. They may die of it.
---Needs the capability `colonists.write`.
---A command: checked at once, applied at the next point in a tick where commands are applied.
---@param id integer
---@param points integer
function colony.colonists.injure(id, points) end

---Gives somebody health back and heals as much of a wound.
---Needs the capability `colonists.write`.
---A command: checked at once, applied at the next point in a tick where commands are applied.
---@param id integer
---@param points integer
function colony.colonists.heal(id, points) end

---@class colony.items
colony.items = {}

---How many of an item there are in the colony.
---@param item string
---@return integer
function colony.items.count(item) end

---How many of an item lie in stockpiles.
---@param item string
---@return integer
function colony.items.stored(item) end

---Puts items on a tile.
---Needs the capability `items.write`.
---A command: checked at once, applied at the next point in a tick where commands are applied.
---@param item string
---@param count integer
---@param x integer
---@param y integer
function colony.items.add(item, count, x, y) end

---Takes items that nobody has reserved out of the colony, the oldest stacks first.
---Needs the capability `items.write`.
---A command: checked at once, applied at the next point in a tick where commands are applied.
---@param item string
---@param count integer
function colony.items.remove(item, count) end

---@class colony.stockpiles
colony.stockpiles = {}

---The stockpiles, in the order in which they were made.
---@return colony.Stockpile[]
function colony.stockpiles.list() end

---Makes a stockpile of the tiles of a rectangle, up to 64 a side, that can be walked on and are free. It takes the items and categories of its filter, or everything; all stockpiles together have at most 1,000 different filters.
---Needs the capability `stockpiles.write`.
---A command: checked at once, applied at the next point in a tick where commands are applied.
---@param x integer
---@param y integer
---@param width integer
---@param height integer
---@param filter? string[]
function colony.stockpiles.add(x, y, width, height, filter) end

---Dissolves a stockpile; what lies there stays, loose.
---Needs the capability `stockpiles.write`.
---A command: checked at once, applied at the next point in a tick where commands are applied.
---@param id integer
function colony.stockpiles.remove(id) end

---Changes which items and categories a stockpile takes, everything without a filter; what is not wanted there any more is hauled elsewhere.
---Needs the capability `stockpiles.write`.
---A command: checked at once, applied at the next point in a tick where commands are applied.
---@param id integer
---@param filter? string[]
function colony.stockpiles.set_filter(id, filter) end

---@class colony.buildings
colony.buildings = {}

---The buildings and blueprints, in the order in which they were planned.
---@return colony.Building[]
function colony.buildings.list() end

---A building or blueprint; nil once it is gone.
---@param id integer
---@return colony.Building?
function colony.buildings.get(id) end

---The building or blueprint on a tile; nil if there is none.
---@param x integer
---@param y integer
---@return colony.Building?
function colony.buildings.at(x, y) end

---Tiles on which a blueprint can be placed, nearest to the stockpile first; at most 100.
---@param limit integer
---@return colony.Tile[]
function colony.buildings.nearest_sites(limit) end

---Plans a building on a free tile: colonists bring what it is made of and build it.
---Needs the capability `buildings.write`.
---A command: checked at once, applied at the next point in a tick where commands are applied.
---@param building string
---@param x integer
---@param y integer
function colony.buildings.place(building, x, y) end

---Takes a building or blueprint away; what was brought to it, and what a building is made of, lies there.
---Needs the capability `buildings.write`.
---A command: checked at once, applied at the next point in a tick where commands are applied.
---@param id integer
function colony.buildings.remove(id) end

---Orders something to be made at a finished workplace, up to 10,000 times, instead of what was ordered there; 0 takes it back.
---Needs the capability `buildings.write`.
---A command: checked at once, applied at the next point in a tick where commands are applied.
---@param id integer
---@param recipe string
---@param count integer
function colony.buildings.order(id, recipe, count) end

---@class colony.plots
colony.plots = {}

---The plots, row by row.
---@return colony.Plot[]
function colony.plots.list() end

---Free tiles on which something grows, nearest to the stockpile first; at most 100.
---@param limit integer
---@return colony.Tile[]
function colony.plots.nearest_sites(limit) end

---Makes a tile a plot for a crop: colonists sow it in its seasons and reap it. Without a crop, the tile is no plot any more.
---Needs the capability `plots.write`.
---A command: checked at once, applied at the next point in a tick where commands are applied.
---@param x integer
---@param y integer
---@param crop? string
function colony.plots.set(x, y, crop) end

---@class colony.environment
colony.environment = {}

---The day of the colony; the first is 1.
---@return integer
function colony.environment.day() end

---The hour of the day, 0 to 23.
---@return integer
function colony.environment.hour() end

---The year, which is all seasons in order; the first is 1.
---@return integer
function colony.environment.year() end

---The season; nil in a colony without seasons.
---@return string?
function colony.environment.season() end

---The temperature in tenths of a degree Celsius: of the season, the hour, the weather and incidents.
---@return integer
function colony.environment.temperature() end

---The weather; nil where the season has none.
---@return string?
function colony.environment.weather() end

---The incidents that run, with the ticks in which they began and will be over, in order of their ids.
---@return colony.RunningIncident[]
function colony.environment.incidents() end

---@class colony.incidents
colony.incidents = {}

---Starts an incident that does not run, whatever the storyteller thinks of it: day, season, pause and weight do not count.
---Needs the capability `incidents.write`.
---A command: checked at once, applied at the next point in a tick where commands are applied.
---@param incident string
function colony.incidents.start(incident) end

---@class colony.map
colony.map = {}

---The size of the map in tiles.
---@return colony.Size
function colony.map.size() end

---The terrain of a tile; nil off the map.
---@param x integer
---@param y integer
---@return string?
function colony.map.tile(x, y) end

---Tiles on which a kind of job could be ordered and that can be reached from the first stockpile, nearest to its middle first; at most 100. For labour that is any free ground.
---@param kind string
---@param limit integer
---@return colony.Tile[]
function colony.map.nearest(kind, limit) end

---@class colony.log
colony.log = {}

---Writes a line to the log, as `print` does.
---@param text any
function colony.log.info(text) end

---Writes a warning to the log.
---@param text any
function colony.log.warn(text) end

---Writes an error to the log.
---@param text any
function colony.log.error(text) end

---In the files of `tests/` only: declares a unit test.
---@param name string
---@param options colony.TestOptions
---@param body fun(t: colony.Test)
---@overload fun(name: string, body: fun(t: colony.Test))
function colony.test(name, options, body) end
