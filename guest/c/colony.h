/*
 * Mods of colony-sim in C: what most of them need of modding/api/colony.wit, in the canonical ABI of the component model.
 *
 * Include it in one file, compile that for wasm32 without a library, and put what comes out into the mod's folder `wasm`:
 *
 *     zig cc -target wasm32-freestanding -nostdlib -Oz -s -I ../../../guest/c -Wl,--no-entry -o ../wasm/ledger.wasm ledger.c
 *
 * The host makes a component of it: it knows the imports and exports by their names. What is not here is declared in the same way, with
 * COLONY_IMPORT and COLONY_EXPORT; the host refuses to load what does not fit colony.wit, and says why.
 *
 * Globals are gone after a reload, a load and a call that failed. What must last goes to the storage.
 */
#ifndef COLONY_H
#define COLONY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define COLONY_IMPORT(interface, name) __attribute__((import_module("colony:modding/" interface "@1.0.0"), import_name(name)))
#define COLONY_EXPORT(interface, name) __attribute__((export_name("colony:modding/" interface "@1.0.0#" name)))
#define COLONY_AFTER(interface, name) __attribute__((export_name("cabi_post_colony:modding/" interface "@1.0.0#" name)))

/* ---- Values ---- */

/* UTF-8, without a zero at its end. */
typedef struct {
    const char *bytes;
    size_t length;
} colony_text;

/* A text that stands in the source. */
#define COLONY_TEXT(literal) ((colony_text){(literal), sizeof(literal) - 1})

/* Whether two texts are the same. */
static inline bool colony_is(colony_text text, colony_text other) {
    bool is_same = text.length == other.length;
    for (size_t at = 0; is_same && at < text.length; at++) {
        is_same = text.bytes[at] == other.bytes[at];
    }
    return is_same;
}

/* A value inside a tree: `node` of colony.wit. */
typedef struct {
    uint8_t kind;
    union {
        uint8_t boolean;
        int64_t integer;
        double number;
        colony_text text;
        uint32_t items;
        struct {
            const colony_text *names;
            size_t count;
        } entries;
    } of;
} colony_node;

enum { COLONY_BOOLEAN, COLONY_INTEGER, COLONY_NUMBER, COLONY_TEXTUAL, COLONY_ITEMS, COLONY_ENTRIES };

/* A value of any shape: its node, then what is in it. Without a node it is no value at all. */
typedef struct {
    const colony_node *nodes;
    size_t count;
} colony_tree;

static inline colony_node colony_integer(int64_t integer) {
    return (colony_node){.kind = COLONY_INTEGER, .of.integer = integer};
}

/* A table without names, which is also the empty list. */
static inline colony_node colony_empty(void) {
    return (colony_node){.kind = COLONY_ENTRIES};
}

/* ---- Memory ---- */

/* What the host hands over during one call has its place here: the longest batch of events takes some 50 KB. Whoever needs more says so
 * with -DCOLONY_ARENA_BYTES=...; a call that does not fit ends in `unreachable`. */
#ifndef COLONY_ARENA_BYTES
#define COLONY_ARENA_BYTES 131072
#endif

static _Alignas(8) char colony_arena[COLONY_ARENA_BYTES];
static size_t colony_arena_used;

/* Gives everything back: the last thing that an exported function does, or the one that the host calls after it,
 * `cabi_post_colony:modding/migrations@1.0.0#migrate` for one that returns a tree. */
static inline void colony_done(void) {
    colony_arena_used = 0;
}

__attribute__((export_name("cabi_realloc"))) void *cabi_realloc(void *old, size_t old_size, size_t alignment, size_t size) {
    size_t begin = (colony_arena_used + alignment - 1) & ~(alignment - 1);
    if (begin > COLONY_ARENA_BYTES || size > COLONY_ARENA_BYTES - begin) {
        __builtin_trap();
    }
    colony_arena_used = begin + size;
    for (size_t at = 0; old && at < old_size && at < size; at++) {
        colony_arena[begin + at] = ((char *)old)[at];
    }
    return colony_arena + begin;
}

/* ---- Errors ---- */

/* Why a call was refused: `error` of colony.wit. */
typedef struct {
    colony_text message;
    uint8_t has_help;
    colony_text help;
} colony_error;

/* What a function answers that gives back nothing, or something of up to four bytes' alignment. */
typedef struct {
    uint8_t is_error;
    union {
        colony_error error;
        uint8_t boolean;
        uint32_t count;
        colony_tree tree;
    } of;
} colony_answer;

/* What a function answers that gives back a whole number. */
typedef struct {
    uint8_t is_error;
    union {
        int64_t integer;
        colony_error error;
    } of;
} colony_number_answer;

COLONY_IMPORT("failure", "fail")
void colony_import_fail(const char *message, size_t message_length, int has_help, const char *help, size_t help_length, int has_line,
                        const char *file, size_t file_length, uint32_t line);

/* Ends the running call, which leaves no trace. Does not return. */
static inline _Noreturn void colony_fail(colony_error error, colony_text file, uint32_t line) {
    colony_import_fail(error.message.bytes, error.message.length, error.has_help, error.help.bytes, error.help.length, 1, file.bytes,
                       file.length, line);
    __builtin_trap();
}

/* Fails with a message and this line. */
#define COLONY_FAIL(literal) colony_fail((colony_error){.message = COLONY_TEXT(literal)}, COLONY_TEXT(__FILE__), __LINE__)

/* Fails where a function was refused, with its words and this line. */
#define COLONY_CHECK(answer)                                                       \
    do {                                                                           \
        const __typeof__(answer) colony_checked = (answer);                        \
        if (colony_checked.is_error) {                                             \
            colony_fail(colony_checked.of.error, COLONY_TEXT(__FILE__), __LINE__); \
        }                                                                          \
    } while (0)

/* ---- Events ---- */

COLONY_IMPORT("events", "register")
void colony_import_register(const char *name, size_t name_length, uint32_t function, int has_options, int has_key, const char *key,
                            size_t key_length, int has_priority, int64_t priority, int has_enabled, int enabled, colony_answer *answer);

/* While the mod loads: the exported `handle` of the event's interface is called with this number of a function. */
static inline colony_answer colony_register(colony_text event, uint32_t function) {
    colony_answer answer;
    colony_import_register(event.bytes, event.length, function, 0, 0, 0, 0, 0, 0, 0, 0, &answer);
    return answer;
}

COLONY_IMPORT("events", "emit")
void colony_import_emit(const char *name, size_t name_length, const colony_node *nodes, size_t count, colony_answer *answer);

/* Emits an event of the mod's own. */
static inline colony_answer colony_emit(colony_text name, colony_tree payload) {
    colony_answer answer;
    colony_import_emit(name.bytes, name.length, payload.nodes, payload.count, &answer);
    return answer;
}

/* Lists of events that come all at once: numbers, and positions in the texts of the batch. Where an event carries nothing there is 0. */
typedef struct {
    const int64_t *at;
    size_t count;
} colony_numbers;

typedef struct {
    const uint32_t *at;
    size_t count;
} colony_positions;

/* What `handle` is given, by its address, of job_created_batch, job_assigned_batch, job_completed_batch and job_cancelled_batch. That of
 * job_failed_batch has one list more, `colony_positions reason`; those of other events have other lists in the place of `job`. */
typedef struct {
    uint32_t function;
    int64_t tick;
    int64_t size;
    struct {
        const colony_text *at;
        size_t count;
    } texts;
    struct {
        colony_numbers id;
        colony_positions kind;
        colony_numbers priority;
        colony_numbers x;
        colony_numbers y;
        colony_numbers colonist;
        colony_positions item;
    } job;
} colony_job_batch;

/* ---- Timers ---- */

COLONY_IMPORT("time", "every")
void colony_import_every(const char *name, size_t name_length, int64_t ticks, int has_argument, int argument, uint32_t function,
                         size_t count, colony_answer *answer);

/* While the mod loads: the exported `fire` of `timers` is called with this number of a function, every so many ticks. */
static inline colony_answer colony_every(colony_text name, int64_t ticks, uint32_t function) {
    colony_answer answer;
    colony_import_every(name.bytes, name.length, ticks, 1, 0, function, 0, &answer);
    return answer;
}

/* ---- State ---- */

/* A path of the state and the value that it starts with. */
typedef struct {
    colony_text name;
    colony_tree value;
} colony_default;

COLONY_IMPORT("state", "define")
void colony_import_define(const colony_default *defaults, size_t count, colony_answer *answer);

/* While the mod loads: the shape of its state. */
static inline colony_answer colony_define(const colony_default *defaults, size_t count) {
    colony_answer answer;
    colony_import_define(defaults, count, &answer);
    return answer;
}

COLONY_IMPORT("storage", "get")
void colony_import_storage_get(const colony_text *path, size_t length, colony_answer *answer);
COLONY_IMPORT("storage", "set")
void colony_import_storage_set(const colony_text *path, size_t length, const colony_node *nodes, size_t count, colony_answer *answer);

/* What stands at a path: `of.tree`, without a node where nothing does. */
static inline colony_answer colony_storage_get(const colony_text *path, size_t length) {
    colony_answer answer;
    colony_import_storage_get(path, length, &answer);
    return answer;
}

/* Puts a value at a path; without a node, what stands there is removed. */
static inline colony_answer colony_storage_set(const colony_text *path, size_t length, colony_tree value) {
    colony_answer answer;
    colony_import_storage_set(path, length, value.nodes, value.count, &answer);
    return answer;
}

COLONY_IMPORT("state", "migrate")
void colony_import_migrate(const char *range, size_t range_length, uint32_t function, colony_answer *answer);

/* While the mod loads: the exported `migrate` of `migrations` makes state of this version out of state of these, such as "<1.1.0". */
static inline colony_answer colony_migrate(colony_text range, uint32_t function) {
    colony_answer answer;
    colony_import_migrate(range.bytes, range.length, function, &answer);
    return answer;
}

/* ---- Colony ---- */

COLONY_IMPORT("items", "stored")
void colony_import_items_stored(const char *item, size_t length, colony_number_answer *answer);
COLONY_IMPORT("colonists", "count")
void colony_import_colonists_count(colony_number_answer *answer);
COLONY_IMPORT("random", "integer")
void colony_import_random_integer(int64_t low, int64_t high, colony_number_answer *answer);
COLONY_IMPORT("jobs", "set-priority")
void colony_import_jobs_set_priority(int64_t id, int64_t priority, colony_answer *answer);

/* How many of an item lie in stockpiles. */
static inline colony_number_answer colony_items_stored(colony_text item) {
    colony_number_answer answer;
    colony_import_items_stored(item.bytes, item.length, &answer);
    return answer;
}

/* How many colonists are alive. */
static inline colony_number_answer colony_colonists_count(void) {
    colony_number_answer answer;
    colony_import_colonists_count(&answer);
    return answer;
}

/* A whole number from `low` to `high`, both included, from the mod's own stream. */
static inline colony_number_answer colony_random_integer(int64_t low, int64_t high) {
    colony_number_answer answer;
    colony_import_random_integer(low, high, &answer);
    return answer;
}

/* Changes a job's priority, 0 to 10. Needs the capability jobs.write. */
static inline colony_answer colony_jobs_set_priority(int64_t id, int64_t priority) {
    colony_answer answer;
    colony_import_jobs_set_priority(id, priority, &answer);
    return answer;
}

/* ---- Log ---- */

COLONY_IMPORT("log", "info")
void colony_import_log_info(const char *text, size_t length, colony_answer *answer);

/* Writes a line to the log. */
static inline colony_answer colony_log_info(colony_text text) {
    colony_answer answer;
    colony_import_log_info(text.bytes, text.length, &answer);
    return answer;
}

/* A line of up to 200 bytes that is put together piece by piece; what is beyond is left out. */
typedef struct {
    char bytes[200];
    size_t length;
} colony_line;

static inline void colony_line_text(colony_line *line, colony_text text) {
    for (size_t at = 0; at < text.length && line->length < sizeof line->bytes; at++) {
        line->bytes[line->length++] = text.bytes[at];
    }
}

static inline void colony_line_integer(colony_line *line, int64_t integer) {
    char digits[20];
    size_t begin = sizeof digits;
    uint64_t left = integer < 0 ? -(uint64_t)integer : (uint64_t)integer;
    do {
        digits[--begin] = (char)('0' + left % 10);
        left /= 10;
    } while (left);
    if (integer < 0) {
        digits[--begin] = '-';
    }
    colony_line_text(line, (colony_text){digits + begin, sizeof digits - begin});
}

#endif
