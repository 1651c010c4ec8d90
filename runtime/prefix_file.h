/*
** A prefix tree and its pages as a file, so that a program that starts anew need not read again what
** was read before. The file belongs to one model: `digest` tells models apart, and keys and values
** that were computed by others are refused.
*/
#ifndef PREFIX_FILE_H
#define PREFIX_FILE_H

#include "prefix_tree.h"

/* Where the bytes of pages are: a page has a part in each layer. */
struct prefix_store {
    int32_t parts;
    const size_t *part_bytes;         /* (parts): of one page */
    void *(*at)(void *context, int32_t part, int32_t page);
    void *context;
};

/* The file at path is the old one or the new one, whole, whatever happens meanwhile. */
bool prefix_file_save(const char *path, const struct prefix_tree *tree, const struct prefix_store *store, uint64_t digest,
                      struct problem *problem);

/*
** Fills an empty tree: with all of the file, or with what was used last when there are fewer free
** pages. Tokens are 0 .. vocab - 1. A file that is not whole, not of this model or no such file gives
** a sentence and leaves the tree empty.
*/
bool prefix_file_load(const char *path, struct prefix_tree *tree, const struct prefix_store *store, uint64_t digest,
                      int64_t vocab, struct problem *problem);

#endif
