/* How many items the colony has produced. Its state is in the storage: { total = 12, last = "wood" }. */

#define COLONY_ARENA_BYTES 4096
#include "colony.h"

enum { ON_ITEM_PRODUCED, REPORT };

COLONY_EXPORT("entry", "load")
void load(void) {
    const colony_node none = colony_integer(0);
    const colony_node nothing = {.kind = COLONY_TEXTUAL, .of.text = COLONY_TEXT("nothing")};
    const colony_default defaults[] = {
        {COLONY_TEXT("total"), {&none, 1}},
        {COLONY_TEXT("last"), {&nothing, 1}},
    };
    COLONY_CHECK(colony_define(defaults, 2));
    COLONY_CHECK(colony_register(COLONY_TEXT("item_produced"), ON_ITEM_PRODUCED));
    COLONY_CHECK(colony_every(COLONY_TEXT("report"), 200, REPORT));
    colony_done();
}

static int64_t total(const colony_text *path) {
    const colony_answer found = colony_storage_get(path, 1);
    COLONY_CHECK(found);
    const colony_tree tree = found.of.tree;
    return tree.count == 1 && tree.nodes[0].kind == COLONY_INTEGER ? tree.nodes[0].of.integer : 0;
}

COLONY_EXPORT("on-item-produced", "handle")
void on_item_produced(uint32_t function, int64_t tick, const char *item, size_t length, int64_t count, int64_t x, int64_t y,
                      int64_t job_id) {
    const colony_text path = COLONY_TEXT("total");
    const colony_node sum = colony_integer(total(&path) + count);
    COLONY_CHECK(colony_storage_set(&path, 1, (colony_tree){&sum, 1}));
    const colony_text last = COLONY_TEXT("last");
    const colony_node name = {.kind = COLONY_TEXTUAL, .of.text = {item, length}};
    COLONY_CHECK(colony_storage_set(&last, 1, (colony_tree){&name, 1}));
    colony_done();
}

COLONY_EXPORT("timers", "fire")
void fire(uint32_t function, const char *name, size_t length, int64_t tick, const colony_node *nodes, size_t count) {
    const colony_text path = COLONY_TEXT("total");
    colony_line line = {.length = 0};
    colony_line_text(&line, COLONY_TEXT("produced so far: "));
    colony_line_integer(&line, total(&path));
    COLONY_CHECK(colony_log_info((colony_text){line.bytes, line.length}));
    colony_done();
}
