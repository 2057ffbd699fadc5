//! The lowest mood of the colony, sampled by a timer. The last five samples are in the storage: { lows = { 5210, 4990 } }.

const samples_kept = 5;
const window = 60; // ticks between samples

// ---- colony.wit in the canonical ABI: what this mod needs of it ----

const Text = extern struct {
    bytes: [*]const u8,
    length: usize,

    fn of(comptime literal: []const u8) Text {
        return .{ .bytes = literal.ptr, .length = literal.len };
    }
};

const Failure = extern struct { message: Text, has_help: u8, help: Text };

const Node = extern struct {
    kind: enum(u8) { boolean, integer, number, text, items, entries },
    of: extern union { integer: i64, number: f64, text: Text },

    fn integer(number: i64) Node {
        return .{ .kind = .integer, .of = .{ .integer = number } };
    }
};

const Tree = extern struct { nodes: [*]const Node, count: usize };

const Colonist = extern struct {
    id: i64,
    name: Text,
    x: i64,
    y: i64,
    food: i64,
    rest: i64,
    recreation: i64,
    mood: i64,
    health: i64,
    wound: i64,
    collapsed: u8,
    job: extern struct { is_some: u8, id: i64 },
};

const Colonists = extern struct { items: [*]const Colonist, count: usize };
const Setting = extern struct { kind: enum(u8) { boolean, number, text }, of: extern union { number: f64, text: Text } };
const Default = extern struct { name: Text, value: Tree };

/// What a function answers.
fn Answer(comptime Content: type) type {
    return extern struct {
        is_error: u8 = 0,
        of: extern union { content: Content, failure: Failure },

        /// The content, or the end of the call, with this line.
        fn get(self: *const @This(), line: u32) Content {
            if (self.is_error != 0) give_up(self.of.failure, line);
            return self.of.content;
        }
    };
}

const Nothing = Answer(u32);

extern "colony:modding/colonists@1.0.0" fn list(*Answer(Colonists)) void;
extern "colony:modding/config@1.0.0" fn get([*]const u8, usize, *Answer(Setting)) void;
extern "colony:modding/events@1.0.0" fn emit([*]const u8, usize, [*]const Node, usize, *Nothing) void;
extern "colony:modding/failure@1.0.0" fn fail([*]const u8, usize, i32, [*]const u8, usize, i32, [*]const u8, usize, u32) void;
extern "colony:modding/mods@1.0.0" fn @"export"([*]const u8, usize, u32, *Nothing) void;
extern "colony:modding/state@1.0.0" fn define([*]const Default, usize, *Nothing) void;
extern "colony:modding/storage@1.0.0" fn insert([*]const Text, usize, u32, [*]const Node, usize, *Nothing) void;
extern "colony:modding/storage@1.0.0" fn length([*]const Text, usize, *Answer(u32)) void;
extern "colony:modding/storage@1.0.0" fn remove([*]const Text, usize, u32, *Answer(Tree)) void;
extern "colony:modding/time@1.0.0" fn every([*]const u8, usize, i64, i32, i32, u32, usize, *Nothing) void;

fn give_up(failure: Failure, line: u32) noreturn {
    const file = @src().file;
    const help = failure.help;
    fail(failure.message.bytes, failure.message.length, failure.has_help, help.bytes, help.length, 1, file.ptr, file.len, line);
    @trap();
}

// What the host hands over during one call has its place here.
var arena: [64 * 1024]u8 align(8) = undefined;
var arena_used: usize = 0;

export fn cabi_realloc(old: ?[*]u8, old_size: usize, alignment: usize, size: usize) [*]u8 {
    const begin = (arena_used + alignment - 1) & ~(alignment - 1);
    if (begin > arena.len or size > arena.len - begin) @trap();
    arena_used = begin + size;
    if (old) |bytes| {
        for (0..@min(old_size, size)) |at| arena[begin + at] = bytes[at];
    }
    return arena[begin..].ptr;
}

fn done() void {
    arena_used = 0;
}

// ---- The mod ----

const lows = [_]Text{Text.of("lows")};
const sample_name = "sample";
const lowest_name = "lowest";
const event_name = "low";

export fn @"colony:modding/entry@1.0.0#load"() void {
    var answer: Nothing = undefined;
    const empty = [_]Node{.{ .kind = .items, .of = .{ .integer = 0 } }};
    const defaults = [_]Default{.{ .name = lows[0], .value = .{ .nodes = &empty, .count = 1 } }};
    define(&defaults, 1, &answer);
    _ = answer.get(@src().line);
    every(sample_name, sample_name.len, window, 1, 0, 0, 0, &answer);
    _ = answer.get(@src().line);
    @"export"(lowest_name, lowest_name.len, 0, &answer);
    _ = answer.get(@src().line);
    done();
}

/// The lowest mood of all colonists; null in a colony without any.
fn lowest() ?i64 {
    var answer: Answer(Colonists) = undefined;
    list(&answer);
    const colonists = answer.get(@src().line);
    var found: ?i64 = null;
    for (colonists.items[0..colonists.count]) |colonist| {
        found = @min(found orelse colonist.mood, colonist.mood);
    }
    return found;
}

export fn @"colony:modding/timers@1.0.0#fire"(_: u32, _: [*]const u8, _: usize, _: i64, _: [*]const Node, _: usize) void {
    defer done();
    const mood = lowest() orelse return;
    var count: Answer(u32) = undefined;
    length(&lows, 1, &count);
    const sample = [_]Node{Node.integer(mood)};
    const kept = count.get(@src().line);
    var answer: Nothing = undefined;
    insert(&lows, 1, kept + 1, &sample, 1, &answer);
    _ = answer.get(@src().line);
    if (kept + 1 > samples_kept) {
        var oldest: Answer(Tree) = undefined;
        remove(&lows, 1, 1, &oldest);
        _ = oldest.get(@src().line);
    }
    var setting: Answer(Setting) = undefined;
    get(event_name, event_name.len, &setting);
    const low: i64 = @intFromFloat(setting.get(@src().line).of.number);
    if (mood < low) {
        emit(event_name, event_name.len, &sample, 1, &answer);
        _ = answer.get(@src().line);
    }
}

var result_nodes: [1]Node = undefined;
var result: [1]Tree = undefined;
var results: extern struct { trees: [*]const Tree, count: usize } = undefined;

/// `lowest()`, for other mods: the lowest mood now, or nothing.
export fn @"colony:modding/exports@1.0.0#call"(_: u32, _: [*]const Tree, _: usize) *const anyopaque {
    result = .{.{ .nodes = &result_nodes, .count = 0 }};
    results = .{ .trees = &result, .count = 1 };
    if (lowest()) |mood| {
        result_nodes[0] = Node.integer(mood);
        result[0].count = 1;
    }
    return &results;
}

export fn @"cabi_post_colony:modding/exports@1.0.0#call"(_: *const anyopaque) void {
    done();
}
