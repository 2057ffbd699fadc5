/* What the colony has produced, by item. Its state is in the storage: { produced = { wood = 12 }, last = "wood" }. */

#define COLONY_ARENA_BYTES 4096
#include "colony.h"

enum { ON_ITEM_PRODUCED, REPORT, FROM_TOTAL };

COLONY_EXPORT("entry", "load")
void load(void) {
    const colony_node empty = colony_empty();
    const colony_node nothing = {.kind = COLONY_TEXTUAL, .of.text = COLONY_TEXT("nothing")};
    const colony_default defaults[] = {
        {COLONY_TEXT("produced"), {&empty, 1}},
        {COLONY_TEXT("last"), {&nothing, 1}},
    };
    COLONY_CHECK(colony_define(defaults, 2));
    COLONY_CHECK(colony_migrate(COLONY_TEXT("<1.1.0"), FROM_TOTAL));
    COLONY_CHECK(colony_register(COLONY_TEXT("item_produced"), ON_ITEM_PRODUCED));
    COLONY_CHECK(colony_every(COLONY_TEXT("report"), 200, REPORT));
    colony_done();
}

/* 1.0 kept { last = "wood", total = 12 }: what it had counted goes on as one item. The host sends names in byte order. */
COLONY_EXPORT("migrations", "migrate")
colony_tree *migrate(uint32_t function, const colony_node *old, size_t count) {
    static const colony_text names[] = {COLONY_TEXT("last"), COLONY_TEXT("produced")};
    static const colony_text items[] = {COLONY_TEXT("earlier")};
    static colony_node nodes[4];
    static colony_tree state = {nodes, 4};
    if (count != 3 || old[1].kind != COLONY_TEXTUAL || old[2].kind != COLONY_INTEGER) {
        COLONY_FAIL("the state is not that of 1.0");
    }
    nodes[0] = (colony_node){.kind = COLONY_ENTRIES, .of.entries = {names, 2}};
    nodes[1] = old[1];
    nodes[2] = (colony_node){.kind = COLONY_ENTRIES, .of.entries = {items, 1}};
    nodes[3] = old[2];
    return &state;
}

COLONY_AFTER("migrations", "migrate")
void after_migrate(const colony_tree *state) {
    colony_done();
}

static int64_t produced(const colony_text path[2]) {
    const colony_answer found = colony_storage_get(path, 2);
    COLONY_CHECK(found);
    const colony_tree tree = found.of.tree;
    return tree.count == 1 && tree.nodes[0].kind == COLONY_INTEGER ? tree.nodes[0].of.integer : 0;
}

COLONY_EXPORT("on-item-produced", "handle")
void on_item_produced(uint32_t function, int64_t tick, const char *item, size_t length, int64_t count, int64_t x, int64_t y,
                      int64_t job_id) {
    const colony_text path[] = {COLONY_TEXT("produced"), {item, length}};
    const colony_node sum = colony_integer(produced(path) + count);
    COLONY_CHECK(colony_storage_set(path, 2, (colony_tree){&sum, 1}));
    const colony_text last = COLONY_TEXT("last");
    const colony_node name = {.kind = COLONY_TEXTUAL, .of.text = path[1]};
    COLONY_CHECK(colony_storage_set(&last, 1, (colony_tree){&name, 1}));
    colony_done();
}

COLONY_EXPORT("timers", "fire")
void fire(uint32_t function, const char *name, size_t length, int64_t tick, const colony_node *nodes, size_t count) {
    const colony_text path = COLONY_TEXT("produced");
    const colony_answer found = colony_storage_get(&path, 1);
    COLONY_CHECK(found);
    const colony_tree tree = found.of.tree;
    colony_line line = {.length = 0};
    colony_line_text(&line, COLONY_TEXT("produced so far:"));
    /* A table of numbers: its names, then a node for each. */
    for (size_t at = 0; tree.count > 0 && tree.nodes[0].kind == COLONY_ENTRIES && at < tree.nodes[0].of.entries.count; at++) {
        colony_line_text(&line, at ? COLONY_TEXT(", ") : COLONY_TEXT(" "));
        colony_line_integer(&line, tree.nodes[1 + at].of.integer);
        colony_line_text(&line, COLONY_TEXT(" "));
        colony_line_text(&line, tree.nodes[0].of.entries.names[at]);
    }
    COLONY_CHECK(colony_log_info((colony_text){line.bytes, line.length}));
    colony_done();
}
