/*
** Random prompts come and go; what the tree says is compared with a list of what every page was
** filled with. Saved files come back whole or are refused.
*/
#include <inttypes.h>
#include <stdlib.h>

#include "../../runtime/prefix_file.h"
#include "../test.h"
#include "scratch.h"

enum {
    PAGES = 48, PAGE_TOKENS = 4, LONGEST = 40, RUNNING = 5, ALPHABET = 3, OPERATIONS = 100000,
    PARTS = 2, SAVES = 50, DAMAGES = 1000
};

static const size_t part_bytes[PARTS] = { 24, 8 };
static const uint64_t digest = 0x1234567890abcdef;

/* A page as the test remembers it: the tokens from the prompt's start to the end of what the page has. */
struct filled { int32_t tokens[LONGEST]; int32_t count; };

struct running {
    int32_t tokens[LONGEST], pages[LONGEST];
    int32_t count, page_count;        /* count 0: nothing runs */
};

struct world {
    struct memory memory;
    struct pages pages;
    struct prefix_tree tree;
    struct filled filled[PAGES];
    struct running running[RUNNING];
    unsigned char bytes[PARTS][PAGES][24];
    uint64_t random;
};

static struct scratch scratch;
static char error[512];

static uint32_t draw(struct world *world, uint32_t below)
{
    world->random = world->random * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)(world->random >> 33) % below;
}

static void *page_at(void *context, int32_t part, int32_t page)
{
    struct world *world = context;
    return world->bytes[part][page];
}

static struct prefix_store store_of(struct world *world)
{
    return (struct prefix_store){ PARTS, part_bytes, page_at, world };
}

static struct world *world_make(void)
{
    struct problem problem = { error, sizeof error };
    struct world *world = calloc(1, sizeof *world);
    if (world == NULL)
        abort();
    memory_begin(&world->memory, NULL);
    world->random = 7;
    CHECK(pages_create(&world->pages, PAGES, &world->memory, &problem));
    CHECK(prefix_tree_create(&world->tree, &world->pages, PAGE_TOKENS, &world->memory, &problem));
    return world;
}

static void world_free(struct world *world)
{
    memory_release(&world->memory);
    free(world);
}

/* What was computed for a page depends on all tokens before its end. */
static void page_fill(struct world *world, int32_t page, const int32_t *tokens, int32_t count)
{
    struct filled *filled = &world->filled[page];
    uint64_t hash = 1;
    memcpy(filled->tokens, tokens, (size_t)count * sizeof *tokens);
    filled->count = count;
    for (int32_t i = 0; i < count; i++)
        hash = hash * 1099511628211u + (uint64_t)tokens[i];
    for (int part = 0; part < PARTS; part++)
        for (size_t i = 0; i + sizeof hash <= part_bytes[part]; i += sizeof hash)
            memcpy(&world->bytes[part][page][i], &hash, sizeof hash);
}

/* How much of the prompt the page's own tokens continue: 0 unless all before the page is as it was. */
static int32_t known_by(const struct world *world, int32_t page, const int32_t *tokens, int32_t count)
{
    const struct filled *filled = &world->filled[page];
    const int32_t end = (filled->count - 1) / PAGE_TOKENS * PAGE_TOKENS + world->tree.nodes[page].count;
    int32_t same = 0;
    while (same < count && same < end && filled->tokens[same] == tokens[same])
        same++;
    return same;
}

static int32_t longest_known(const struct world *world, const int32_t *tokens, int32_t count)
{
    int32_t longest = 0;
    for (int32_t page = 0; page < PAGES; page++)
        if (world->tree.nodes[page].count > 0) {
            const int32_t same = known_by(world, page, tokens, count);
            longest = same > longest ? same : longest;
        }
    return longest;
}

static void running_end(struct world *world, struct running *running)
{
    for (int32_t i = 0; i < running->page_count; i++)
        pages_release(&world->pages, running->pages[i]);
    running->count = running->page_count = 0;
}

/* Takes pages for all tokens that have none yet; false when none are left. */
static bool running_fill(struct world *world, struct running *running, int32_t from)
{
    for (int32_t i = from / PAGE_TOKENS; i * PAGE_TOKENS < running->count; i++) {
        const int32_t end = (i + 1) * PAGE_TOKENS < running->count ? (i + 1) * PAGE_TOKENS : running->count;
        if (i == running->page_count) {
            const int32_t page = prefix_tree_take(&world->tree);
            if (page < 0)
                return false;
            running->pages[running->page_count++] = page;
        }
        page_fill(world, running->pages[i], running->tokens, end);
    }
    return true;
}

/* A page that is known in part is not ours to write: it is replaced by one of our own. */
static bool running_own_last(struct world *world, struct running *running)
{
    const int32_t page = prefix_tree_take(&world->tree);
    if (page < 0)
        return false;
    pages_release(&world->pages, running->pages[running->page_count - 1]);
    running->pages[running->page_count - 1] = page;
    return true;
}

static void running_start(struct world *world, struct running *running)
{
    running->count = 1 + (int32_t)draw(world, LONGEST);
    for (int32_t i = 0; i < running->count; i++)
        running->tokens[i] = (int32_t)draw(world, ALPHABET) * (i % 7 == 0);
    const int32_t known = longest_known(world, running->tokens, running->count - 1);
    const struct prefix_match match = prefix_tree_match(&world->tree, running->tokens, running->count - 1, running->pages);
    running->page_count = match.page_count;
    CHECK(match.tokens == known);
    CHECK(match.page_count == (known + PAGE_TOKENS - 1) / PAGE_TOKENS);
    for (int32_t i = 0; i < match.page_count; i++) {
        const int32_t end = (i + 1) * PAGE_TOKENS < known ? (i + 1) * PAGE_TOKENS : known;
        CHECK(memcmp(world->filled[running->pages[i]].tokens, running->tokens, (size_t)end * sizeof(int32_t)) == 0);
    }
    if (known % PAGE_TOKENS != 0 && !running_own_last(world, running))
        running_end(world, running);
    else if (!running_fill(world, running, known))
        running_end(world, running);
}

/* Some tokens more, after what was there was perhaps remembered already. */
static void running_grow(struct world *world, struct running *running)
{
    const int32_t before = running->count;
    while (running->count < LONGEST && draw(world, 4) > 0)
        running->tokens[running->count++] = (int32_t)draw(world, ALPHABET);
    if (!running_fill(world, running, before))
        running_end(world, running);
}

static void counts_check(const struct world *world)
{
    int32_t holders[PAGES] = { 0 }, nodes = 0, free_pages = 0;
    for (int i = 0; i < RUNNING; i++)
        for (int32_t j = 0; j < world->running[i].page_count; j++)
            holders[world->running[i].pages[j]]++;
    for (int32_t page = 0; page < PAGES; page++) {
        const bool node = world->tree.nodes[page].count > 0;
        nodes += node;
        CHECK(world->pages.holders[page] == holders[page] + node);
        free_pages += world->pages.holders[page] == 0;
    }
    CHECK(nodes == world->tree.count);
    CHECK(free_pages == world->pages.free_count);
}

/* The tree of a second world that read what the first one wrote has the same nodes in the same order. */
static void trees_compare(const struct world *a, const struct world *b)
{
    int32_t left = a->tree.newest, right = b->tree.newest;
    for (; left >= 0 && right >= 0; left = a->tree.nodes[left].older, right = b->tree.nodes[right].older) {
        const int32_t count = a->tree.nodes[left].count;
        CHECK(count == b->tree.nodes[right].count);
        CHECK(memcmp(prefix_tree_tokens(&a->tree, left), prefix_tree_tokens(&b->tree, right),
                     (size_t)count * sizeof(int32_t)) == 0);
        for (int part = 0; part < PARTS; part++)
            CHECK(memcmp(a->bytes[part][left], b->bytes[part][right], part_bytes[part]) == 0);
    }
    CHECK(left < 0 && right < 0);
}

static const char *saved_path(void)
{
    static char path[512];
    snprintf(path, sizeof path, "%s/prefixes", scratch.folder);
    return path;
}

static bool world_save(struct world *world)
{
    struct problem problem = { error, sizeof error };
    const struct prefix_store store = store_of(world);
    return prefix_file_save(saved_path(), &world->tree, &store, digest, &problem);
}

static bool world_load(struct world *world, const char *path, uint64_t own)
{
    struct problem problem = { error, sizeof error };
    const struct prefix_store store = store_of(world);
    return prefix_file_load(path, &world->tree, &store, own, ALPHABET, &problem);
}

static void world_save_and_load(struct world *world)
{
    struct world *other = world_make();
    CHECK(world_save(world));
    CHECK(world_load(other, saved_path(), digest));
    trees_compare(world, other);
    world_free(other);
}

static void operation(struct world *world)
{
    struct running *running = &world->running[draw(world, RUNNING)];
    if (running->count == 0) {
        running_start(world, running);
        return;
    }
    switch (draw(world, 5)) {
    case 0: prefix_tree_insert(&world->tree, running->tokens, running->count, running->pages); break;
    case 1: running_grow(world, running); break;
    case 2: prefix_tree_evict(&world->tree); break;
    default:
        prefix_tree_insert(&world->tree, running->tokens, running->count, running->pages);
        running_end(world, running);
    }
}

static void random_prompts_against_a_list(void)
{
    struct world *world = world_make();
    for (int i = 0; i < OPERATIONS && test_checks_failed == 0; i++) {
        operation(world);
        if (i % 16 == 0)
            counts_check(world);
        if (i % (OPERATIONS / SAVES) == 0)
            world_save_and_load(world);
    }
    CHECK(world->tree.count > 10);
    world_free(world);
}

static void what_is_remembered_goes_last_used_last(void)
{
    struct world *world = world_make();
    static const int32_t a[] = { 0, 0, 0, 0, 1 }, b[] = { 1, 1 };
    int32_t pages[2] = { pages_take(&world->pages), pages_take(&world->pages) }, list[2];
    prefix_tree_insert(&world->tree, a, 5, pages);
    const int32_t page = pages_take(&world->pages);
    prefix_tree_insert(&world->tree, b, 2, &page);
    for (int i = 0; i < 2; i++)
        pages_release(&world->pages, pages[i]);
    pages_release(&world->pages, page);
    CHECK(prefix_tree_match(&world->tree, a, 5, list).tokens == 5);
    CHECK(prefix_tree_evict(&world->tree) && world->tree.nodes[page].count == 0);
    CHECK(!prefix_tree_evict(&world->tree));          /* the others are held by who matched */
    pages_release(&world->pages, list[0]);
    pages_release(&world->pages, list[1]);
    CHECK(prefix_tree_evict(&world->tree) && world->tree.nodes[pages[1]].count == 0);
    CHECK(prefix_tree_evict(&world->tree) && world->tree.count == 0 && world->pages.free_count == PAGES);
    world_free(world);
}

/* Bytes of a saved file of a world with some prompts. */
static unsigned char *file_make(size_t *size)
{
    static unsigned char bytes[1 << 16];
    struct world *world = world_make();
    for (int i = 0; i < 500; i++)
        operation(world);
    CHECK(world_save(world));
    world_free(world);
    FILE *file = fopen(saved_path(), "rb");
    *size = file == NULL ? 0 : fread(bytes, 1, sizeof bytes, file);
    if (file != NULL)
        fclose(file);
    CHECK(*size > 1000 && *size < sizeof bytes);
    return bytes;
}

static void refused(const unsigned char *bytes, size_t size)
{
    struct world *world = world_make();
    scratch.count = 1;
    const char *path = scratch_write(&scratch, "damaged", bytes, size);
    CHECK(!world_load(world, path, digest));
    CHECK(world->tree.count == 0 && world->pages.free_count == PAGES);
    world_free(world);
}

static void damaged_files_are_refused(void)
{
    size_t size;
    unsigned char *bytes = file_make(&size);
    srand(5);
    for (int i = 0; i < DAMAGES / 2 && test_checks_failed == 0; i++) {
        const size_t at = (size_t)rand() % size;
        const unsigned char bit = (unsigned char)(1 << rand() % 8);
        bytes[at] ^= bit;
        refused(bytes, size);
        bytes[at] ^= bit;
        refused(bytes, (size_t)rand() % size);
    }
    bytes[size] = 0;
    refused(bytes, size + 1);
}

static void what_is_refused_says_why(void)
{
    size_t size;
    unsigned char *bytes = file_make(&size);
    struct world *world = world_make();
    scratch.count = 1;
    CHECK(!world_load(world, saved_path(), digest + 1));
    CHECK(strstr(error, "it belongs to another model, other weights or another definition of its attention") != NULL);
    CHECK(!world_load(world, scratch_write(&scratch, "text", "hello", 5), digest));
    CHECK(strstr(error, "this is no file of cached prompts") != NULL);
    CHECK(!world_load(world, scratch_write(&scratch, "short", bytes, size - 1), digest));
    CHECK(strstr(error, "the file is not whole") != NULL);
    CHECK(!world_load(world, "/nowhere/at/all", digest));
    CHECK(strstr(error, "/nowhere/at/all: cannot be read: No such file") != NULL);
    world_free(world);
}

static void a_file_that_cannot_be_written_leaves_the_old_one(void)
{
    struct problem problem = { error, sizeof error };
    struct world *world = world_make();
    const struct prefix_store store = store_of(world);
    CHECK(!prefix_file_save("/nowhere/at/all", &world->tree, &store, digest, &problem));
    CHECK(strstr(error, "/nowhere/at/all: cannot be written: No such file") != NULL);
    world_free(world);
}

/* A tree of fewer pages gets what was used last. */
static void fewer_pages_take_what_was_used_last(void)
{
    struct problem problem = { error, sizeof error };
    struct world *world = world_make(), *small = world_make();
    for (int i = 0; i < 500; i++)
        operation(world);
    CHECK(world_save(world) && world->tree.count > 10);
    CHECK(pages_create(&small->pages, 10, &small->memory, &problem));
    CHECK(world_load(small, saved_path(), digest));
    CHECK(small->tree.count == 10);
    int32_t left = world->tree.newest, right = small->tree.newest;
    for (int i = 0; i < 10; i++, left = world->tree.nodes[left].older, right = small->tree.nodes[right].older)
        CHECK(memcmp(world->bytes[0][left], small->bytes[0][right], part_bytes[0]) == 0);
    world_free(world);
    world_free(small);
}

int main(void)
{
    scratch_open(&scratch);
    scratch_write(&scratch, "prefixes", "", 0);
    RUN(random_prompts_against_a_list);
    RUN(what_is_remembered_goes_last_used_last);
    RUN(damaged_files_are_refused);
    RUN(what_is_refused_says_why);
    RUN(a_file_that_cannot_be_written_leaves_the_old_one);
    RUN(fewer_pages_take_what_was_used_last);
    scratch.count = 1;
    static const char *const names[] = { "damaged", "text", "short" };
    for (int i = 0; i < 3; i++)
        snprintf(scratch.paths[scratch.count++], sizeof scratch.paths[0], "%s/%s", scratch.folder, names[i]);
    scratch_close(&scratch);
    return test_end();
}
