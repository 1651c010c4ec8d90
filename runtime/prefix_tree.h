/*
** What earlier prompts left in the cache, as a tree over token ids: a node holds the page with the
** keys and values of up to `page_tokens` tokens, which follow on those of its parent. Only a full
** node has children. Prompts that begin alike share the nodes of what they have in common.
**
** A node has the number of its page, so that there are never more nodes than pages.
*/
#ifndef PREFIX_TREE_H
#define PREFIX_TREE_H

#include "pages.h"

struct prefix_node {
    int32_t parent;                   /* or PREFIX_ROOT */
    int32_t first_child, next_sibling;    /* or -1 */
    int32_t count;                    /* tokens; 0: the page is no node */
    int32_t newer, older;             /* by last use, or -1; an ancestor is newer than its descendants */
};

enum { PREFIX_ROOT = -1 };

struct prefix_tree {
    struct pages *pages;
    int32_t page_tokens;
    struct prefix_node *nodes;        /* (pages) */
    int32_t *tokens;                  /* (pages, page_tokens) */
    int32_t first_child;              /* of the root, or -1 */
    int32_t newest, oldest;           /* or -1 */
    int32_t count;                    /* nodes */
};

/* How a prompt begins. */
struct prefix_match {
    int64_t tokens;                   /* that are known */
    int32_t page_count;               /* pages of them, the last perhaps in part */
};

bool prefix_tree_create(struct prefix_tree *tree, struct pages *pages, int32_t page_tokens, struct memory *memory,
                        struct problem *problem);

/*
** The longest known beginning of the `count` tokens. Its pages are put into list, which has room for
** all pages of the tokens, and are held for the caller, who releases them.
*/
struct prefix_match prefix_tree_match(struct prefix_tree *tree, const int32_t *tokens, int64_t count, int32_t *list);

/*
** Remembers the tokens, whose keys and values lie in the pages of list; the tree holds those that it
** has no equal of. What a page holds of the tokens must not change as long as it is held here.
*/
void prefix_tree_insert(struct prefix_tree *tree, const int32_t *tokens, int64_t count, const int32_t *list);

/* Forgets the least recently used node without children that nobody else holds: a page is free then. false: there is none. */
bool prefix_tree_evict(struct prefix_tree *tree);

/* A free page, held for the caller, if need be one that was remembered; or -1. */
int32_t prefix_tree_take(struct prefix_tree *tree);

/*
** Adds a node of `count` tokens below parent as the least recently used one; its page comes from the
** caller, who held it. false, and nothing is added, when such a node cannot be: parent is no full
** node, or it has a child that begins like this one.
*/
bool prefix_tree_restore(struct prefix_tree *tree, int32_t parent, const int32_t *tokens, int32_t count, int32_t page);

/* A node's tokens (count). */
const int32_t *prefix_tree_tokens(const struct prefix_tree *tree, int32_t node);

#endif
