/*
** See prefix_file.h. A file is a head, then nodes with their pages, the last used first, which puts
** every node behind its parent, then the CRC-32 of all that. Numbers are little-endian.
*/
#include "prefix_file.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "files are written as the machine has its numbers");

static const char magic[8] = "attnpfx";

enum {
    VERSION    = 1,
    PATH_BYTES = 4096,
    CHUNK      = 1 << 16              /* bytes checked at once */
};

struct head {
    char magic[8];
    uint32_t version, page_tokens;
    uint64_t digest, page_bytes;      /* of a page in all layers */
    uint32_t parts, nodes;
};

/* What stands before a node's tokens, of which there is room for page_tokens. */
struct node_head { int32_t parent, count; };      /* parent: its place in the file, or PREFIX_ROOT */

static uint64_t page_bytes(const struct prefix_store *store)
{
    uint64_t bytes = 0;
    for (int32_t part = 0; part < store->parts; part++)
        bytes += store->part_bytes[part];
    return bytes;
}

static struct head head_make(const struct prefix_tree *tree, const struct prefix_store *store, uint64_t digest)
{
    struct head head = {
        .version = VERSION, .page_tokens = (uint32_t)tree->page_tokens, .digest = digest,
        .page_bytes = page_bytes(store), .parts = (uint32_t)store->parts, .nodes = (uint32_t)tree->count,
    };
    memcpy(head.magic, magic, sizeof magic);
    return head;
}

/* Writing ---------------------------------------------------------------------------------------- */

struct writer { FILE *file; uLong crc; bool failed; };

static void put(struct writer *writer, const void *bytes, size_t size)
{
    writer->crc = crc32_z(writer->crc, bytes, size);
    writer->failed = writer->failed || fwrite(bytes, 1, size, writer->file) != size;
}

static void node_put(struct writer *writer, const struct prefix_tree *tree, const struct prefix_store *store, int32_t node,
                     int32_t parent)
{
    const struct node_head head = { parent, tree->nodes[node].count };
    const int32_t zero = 0;
    put(writer, &head, sizeof head);
    put(writer, prefix_tree_tokens(tree, node), (size_t)head.count * sizeof zero);
    for (int32_t i = head.count; i < tree->page_tokens; i++)
        put(writer, &zero, sizeof zero);
    for (int32_t part = 0; part < store->parts; part++)
        put(writer, store->at(store->context, part, node), store->part_bytes[part]);
}

static bool tree_write(FILE *file, const struct prefix_tree *tree, const struct prefix_store *store, uint64_t digest,
                       int32_t *places)
{
    struct writer writer = { .file = file, .crc = crc32_z(0, NULL, 0) };
    const struct head head = head_make(tree, store, digest);
    int32_t place = 0;
    put(&writer, &head, sizeof head);
    for (int32_t node = tree->newest; node >= 0; node = tree->nodes[node].older) {
        const int32_t parent = tree->nodes[node].parent;
        places[node] = place++;
        node_put(&writer, tree, store, node, parent == PREFIX_ROOT ? PREFIX_ROOT : places[parent]);
    }
    const uint32_t crc = (uint32_t)writer.crc;
    put(&writer, &crc, sizeof crc);
    return !writer.failed && fflush(file) == 0 && fsync(fileno(file)) == 0;
}

/* The name of a file lasts once its folder is written too; some file systems cannot be asked for that. */
static void folder_write(const char *path)
{
    char folder[PATH_BYTES];
    const char *slash = strrchr(path, '/');
    snprintf(folder, sizeof folder, "%.*s", slash == NULL ? 1 : (int)(slash - path + 1), slash == NULL ? "." : path);
    FILE *file = fopen(folder, "r");
    if (file == NULL)
        return;
    (void)fsync(fileno(file));
    fclose(file);
}

static bool beside_write(const char *path, int descriptor, const char *beside, const struct prefix_tree *tree,
                         const struct prefix_store *store, uint64_t digest, int32_t *places)
{
    FILE *file = fdopen(descriptor, "wb");
    if (file == NULL) {
        close(descriptor);
        return false;
    }
    const bool written = tree_write(file, tree, store, digest, places);
    const int why = errno;
    if (fclose(file) == 0 && written)
        return rename(beside, path) == 0;
    errno = written ? errno : why;
    return false;
}

bool prefix_file_save(const char *path, const struct prefix_tree *tree, const struct prefix_store *store, uint64_t digest,
                      struct problem *problem)
{
    char beside[PATH_BYTES];
    struct memory memory;
    if (snprintf(beside, sizeof beside, "%s.XXXXXX", path) >= (int)sizeof beside)
        return problem_set(problem, "%.200s...: the path is too long", path);
    const int descriptor = mkstemp(beside);
    if (descriptor < 0)
        return problem_set(problem, "%s: cannot be written: %s", path, strerror(errno));
    memory_begin(&memory, NULL);
    int32_t *places = memory_take(&memory, (size_t)tree->pages->count, sizeof *places, problem);
    const bool saved = places != NULL && beside_write(path, descriptor, beside, tree, store, digest, places);
    if (saved)
        folder_write(path);
    else if (places != NULL)
        problem_set(problem, "%s: cannot be written: %s; what was there before is as it was", path, strerror(errno));
    if (!saved)
        remove(beside);
    memory_release(&memory);
    return saved;
}

/* Reading ---------------------------------------------------------------------------------------- */

struct reader {
    FILE *file;
    const char *path;
    struct head head;
    struct problem *problem;
};

static bool get(const struct reader *reader, void *bytes, size_t size)
{
    if (fread(bytes, 1, size, reader->file) == size)
        return true;
    return problem_set(reader->problem, "%s: the file became shorter while it was read", reader->path);
}

/* Whether it was written for this tree and this model. */
static bool head_check(const struct reader *reader, const struct head *own)
{
    const struct head *head = &reader->head;
    if (memcmp(head->magic, magic, sizeof magic) != 0)
        return problem_set(reader->problem, "%s: this is no file of cached prompts", reader->path);
    if (head->version != VERSION)
        return problem_set(reader->problem, "%s: version %" PRIu32 "; expected %d", reader->path, head->version, VERSION);
    if (head->digest != own->digest)
        return problem_set(reader->problem, "%s: it belongs to another model, other weights or another definition of its"
                           " attention", reader->path);
    if (head->page_tokens != own->page_tokens || head->parts != own->parts || head->page_bytes != own->page_bytes)
        return problem_set(reader->problem, "%s: pages of %" PRIu32 " tokens, %" PRIu64 " bytes in %" PRIu32
                           " layers; expected %" PRIu32 ", %" PRIu64 " and %" PRIu32, reader->path, head->page_tokens,
                           head->page_bytes, head->parts, own->page_tokens, own->page_bytes, own->parts);
    return true;
}

static bool size_check(const struct reader *reader)
{
    struct stat status;
    uint64_t size;
    const struct head *head = &reader->head;
    const uint64_t node = sizeof(struct node_head) + (uint64_t)head->page_tokens * sizeof(int32_t) + head->page_bytes;
    if (fstat(fileno(reader->file), &status) != 0)
        return problem_set(reader->problem, "%s: cannot be read: %s", reader->path, strerror(errno));
    if (__builtin_mul_overflow(node, (uint64_t)head->nodes, &size)
        || __builtin_add_overflow(size, sizeof *head + sizeof(uint32_t), &size) || (uint64_t)status.st_size != size)
        return problem_set(reader->problem, "%s: %" PRId64 " bytes are not what %" PRIu32 " pages take; the file is not whole",
                           reader->path, (int64_t)status.st_size, head->nodes);
    return true;
}

/* The whole file, before any of it is believed. Leaves the file behind the head. */
static bool crc_check(const struct reader *reader)
{
    unsigned char bytes[CHUNK + sizeof(uint32_t)];
    size_t held = 0;
    uLong crc = crc32_z(0, NULL, 0);
    rewind(reader->file);
    for (;;) {        /* the last four bytes seen are always kept back: they may be the end */
        const size_t count = fread(bytes + held, 1, sizeof bytes - held, reader->file);
        held += count;
        if (count == 0 || held < sizeof(uint32_t))
            break;
        crc = crc32_z(crc, bytes, held - sizeof(uint32_t));
        memmove(bytes, bytes + held - sizeof(uint32_t), sizeof(uint32_t));
        held = sizeof(uint32_t);
    }
    uint32_t said = 0;
    memcpy(&said, bytes, held < sizeof said ? held : sizeof said);
    if (said != (uint32_t)crc || fseek(reader->file, sizeof(struct head), SEEK_SET) != 0)
        return problem_set(reader->problem, "%s: the checksum does not fit; the file was damaged", reader->path);
    return true;
}

static bool node_check(const struct reader *reader, const struct node_head *head, const int32_t *tokens, uint32_t place,
                       int64_t vocab)
{
    bool good = head->count >= 1 && (uint32_t)head->count <= reader->head.page_tokens && head->parent >= PREFIX_ROOT
        && head->parent < (int64_t)place;
    for (int32_t i = 0; i < head->count && good; i++)
        good = tokens[i] >= 0 && tokens[i] < vocab;
    return good || problem_set(reader->problem, "%s: page %" PRIu32 " is not one of this model", reader->path, place);
}

/* One node, into a page that was taken for it; pages (nodes) says which page each earlier node got. */
static bool node_get(const struct reader *reader, struct prefix_tree *tree, const struct prefix_store *store,
                     int32_t *tokens, uint32_t place, const int32_t *pages, int64_t vocab)
{
    struct node_head head;
    const int32_t page = pages[place];
    if (!get(reader, &head, sizeof head) || !get(reader, tokens, (size_t)tree->page_tokens * sizeof *tokens)
        || !node_check(reader, &head, tokens, place, vocab))
        return false;
    for (int32_t part = 0; part < store->parts; part++)
        if (!get(reader, store->at(store->context, part, page), store->part_bytes[part]))
            return false;
    const int32_t parent = head.parent == PREFIX_ROOT ? PREFIX_ROOT : pages[head.parent];
    return prefix_tree_restore(tree, parent, tokens, head.count, page)
        || problem_set(reader->problem, "%s: page %" PRIu32 " has no place in the tree", reader->path, place);
}

static bool nodes_get(const struct reader *reader, struct prefix_tree *tree, const struct prefix_store *store,
                      struct memory *memory, int64_t vocab)
{
    const uint32_t free_count = (uint32_t)tree->pages->free_count;
    const uint32_t count = reader->head.nodes < free_count ? reader->head.nodes : free_count;
    int32_t *pages = memory_take(memory, count, sizeof *pages, reader->problem);
    int32_t *tokens = memory_take(memory, (size_t)tree->page_tokens, sizeof *tokens, reader->problem);
    bool good = pages != NULL && tokens != NULL;
    for (uint32_t place = 0; place < count && good; place++) {
        pages[place] = pages_take(tree->pages);
        good = node_get(reader, tree, store, tokens, place, pages, vocab);
        pages_release(tree->pages, pages[place]);
    }
    while (!good && prefix_tree_evict(tree))
        continue;
    return good;
}

static bool reader_load(struct reader *reader, struct prefix_tree *tree, const struct prefix_store *store, uint64_t digest,
                        int64_t vocab)
{
    struct memory memory;
    const struct head own = head_make(tree, store, digest);
    if (fread(&reader->head, 1, sizeof reader->head, reader->file) != sizeof reader->head)
        return problem_set(reader->problem, "%s: this is no file of cached prompts", reader->path);
    if (!head_check(reader, &own) || !size_check(reader) || !crc_check(reader))
        return false;
    memory_begin(&memory, NULL);
    const bool loaded = nodes_get(reader, tree, store, &memory, vocab);
    memory_release(&memory);
    return loaded;
}

bool prefix_file_load(const char *path, struct prefix_tree *tree, const struct prefix_store *store, uint64_t digest,
                      int64_t vocab, struct problem *problem)
{
    struct reader reader = { .file = fopen(path, "rb"), .path = path, .problem = problem };
    if (reader.file == NULL)
        return problem_set(problem, "%s: cannot be read: %s", path, strerror(errno));
    const bool loaded = reader_load(&reader, tree, store, digest, vocab);
    fclose(reader.file);
    return loaded;
}
