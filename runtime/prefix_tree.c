/*
** See prefix_tree.h.
*/
#include "prefix_tree.h"

#include <string.h>

bool prefix_tree_create(struct prefix_tree *tree, struct pages *pages, int32_t page_tokens, struct memory *memory,
                        struct problem *problem)
{
    *tree = (struct prefix_tree){
        .pages = pages, .page_tokens = page_tokens, .first_child = -1, .newest = -1, .oldest = -1,
    };
    tree->nodes = memory_take(memory, (size_t)pages->count, sizeof *tree->nodes, problem);
    tree->tokens = memory_take_large(memory, (size_t)pages->count, (size_t)page_tokens * sizeof *tree->tokens, problem);
    return tree->nodes != NULL && tree->tokens != NULL;
}

/* Tokens and children --------------------------------------------------------------------------- */

static int32_t *tokens_of(const struct prefix_tree *tree, int32_t node)
{
    return tree->tokens + (int64_t)node * tree->page_tokens;
}

const int32_t *prefix_tree_tokens(const struct prefix_tree *tree, int32_t node)
{
    return tokens_of(tree, node);
}

static int32_t *first_child_of(struct prefix_tree *tree, int32_t node)
{
    return node == PREFIX_ROOT ? &tree->first_child : &tree->nodes[node].first_child;
}

/* How many of the tokens the node begins with. */
static int32_t common_count(const struct prefix_tree *tree, int32_t node, const int32_t *tokens, int64_t count)
{
    const int32_t *own = tokens_of(tree, node);
    const int32_t limit = count < tree->nodes[node].count ? (int32_t)count : tree->nodes[node].count;
    int32_t common = 0;
    while (common < limit && own[common] == tokens[common])
        common++;
    return common;
}

/* The child that has most in common with the tokens, or -1 when none begins like them. */
static int32_t child_find(struct prefix_tree *tree, int32_t parent, const int32_t *tokens, int64_t count, int32_t *common)
{
    int32_t best = -1;
    *common = 0;
    for (int32_t child = *first_child_of(tree, parent); child >= 0; child = tree->nodes[child].next_sibling) {
        const int32_t same = common_count(tree, child, tokens, count);
        if (same > *common) {
            best = child;
            *common = same;
        }
    }
    return best;
}

/* Order of use ---------------------------------------------------------------------------------- */

static void order_remove(struct prefix_tree *tree, int32_t node)
{
    const struct prefix_node *gone = &tree->nodes[node];
    *(gone->newer < 0 ? &tree->newest : &tree->nodes[gone->newer].older) = gone->older;
    *(gone->older < 0 ? &tree->oldest : &tree->nodes[gone->older].newer) = gone->newer;
}

static void order_add_newest(struct prefix_tree *tree, int32_t node)
{
    tree->nodes[node].newer = -1;
    tree->nodes[node].older = tree->newest;
    *(tree->newest < 0 ? &tree->oldest : &tree->nodes[tree->newest].newer) = node;
    tree->newest = node;
}

static void order_add_oldest(struct prefix_tree *tree, int32_t node)
{
    tree->nodes[node].older = -1;
    tree->nodes[node].newer = tree->oldest;
    *(tree->oldest < 0 ? &tree->newest : &tree->nodes[tree->oldest].older) = node;
    tree->oldest = node;
}

/* A node was used, and with it what it follows on. */
static void order_touch(struct prefix_tree *tree, int32_t node)
{
    for (; node != PREFIX_ROOT; node = tree->nodes[node].parent) {
        order_remove(tree, node);
        order_add_newest(tree, node);
    }
}

/* Nodes ----------------------------------------------------------------------------------------- */

static void node_add(struct prefix_tree *tree, int32_t parent, const int32_t *tokens, int32_t count, int32_t page)
{
    int32_t *first = first_child_of(tree, parent);
    tree->nodes[page] = (struct prefix_node){ .parent = parent, .first_child = -1, .next_sibling = *first, .count = count };
    memcpy(tokens_of(tree, page), tokens, (size_t)count * sizeof *tokens);
    *first = page;
    tree->count++;
}

/* A node without children. */
static void node_remove(struct prefix_tree *tree, int32_t node)
{
    int32_t *link = first_child_of(tree, tree->nodes[node].parent);
    while (*link != node)
        link = &tree->nodes[*link].next_sibling;
    *link = tree->nodes[node].next_sibling;
    order_remove(tree, node);
    tree->nodes[node].count = 0;
    tree->count--;
    pages_release(tree->pages, node);
}

struct prefix_match prefix_tree_match(struct prefix_tree *tree, const int32_t *tokens, int64_t count, int32_t *list)
{
    struct prefix_match match = { 0, 0 };
    int32_t parent = PREFIX_ROOT, common = tree->page_tokens;
    while (common == tree->page_tokens) {
        const int32_t child = child_find(tree, parent, tokens + match.tokens, count - match.tokens, &common);
        if (child < 0)
            break;
        pages_hold(tree->pages, child);
        list[match.page_count++] = child;
        match.tokens += common;
        parent = child;
    }
    order_touch(tree, parent);
    return match;
}

/* The node for the next tokens below parent, made of the caller's page unless there is one as good. */
static int32_t node_reach(struct prefix_tree *tree, int32_t parent, const int32_t *tokens, int32_t count, int32_t page)
{
    int32_t common;
    const int32_t child = child_find(tree, parent, tokens, count, &common);
    const bool extends = child >= 0 && common == tree->nodes[child].count;
    if (child >= 0 && common == count)
        return child;
    if (child == page && extends) {               /* tokens were added to the page since */
        memcpy(tokens_of(tree, child), tokens, (size_t)count * sizeof *tokens);
        tree->nodes[child].count = count;
        return child;
    }
    if (tree->nodes[page].count > 0)              /* it is a node elsewhere */
        return PREFIX_ROOT;
    if (extends)                                  /* the new node takes the place of one that knows less */
        node_remove(tree, child);
    pages_hold(tree->pages, page);
    node_add(tree, parent, tokens, count, page);
    order_add_newest(tree, page);
    return page;
}

void prefix_tree_insert(struct prefix_tree *tree, const int32_t *tokens, int64_t count, const int32_t *list)
{
    int32_t node = PREFIX_ROOT;
    for (int64_t done = 0; done < count; done += tree->page_tokens) {
        const int64_t rest = count - done;
        const int32_t next = node_reach(tree, node, tokens + done, rest < tree->page_tokens ? (int32_t)rest : tree->page_tokens,
                                        list[done / tree->page_tokens]);
        if (next == PREFIX_ROOT)
            break;
        node = next;
    }
    order_touch(tree, node);
}

bool prefix_tree_evict(struct prefix_tree *tree)
{
    for (int32_t node = tree->oldest; node >= 0; node = tree->nodes[node].newer)
        if (tree->nodes[node].first_child < 0 && tree->pages->holders[node] == 1) {
            node_remove(tree, node);
            return true;
        }
    return false;
}

int32_t prefix_tree_take(struct prefix_tree *tree)
{
    if (tree->pages->free_count == 0)
        prefix_tree_evict(tree);
    return pages_take(tree->pages);
}

bool prefix_tree_restore(struct prefix_tree *tree, int32_t parent, const int32_t *tokens, int32_t count, int32_t page)
{
    int32_t common;
    if (parent != PREFIX_ROOT && tree->nodes[parent].count != tree->page_tokens)
        return false;
    const int32_t child = child_find(tree, parent, tokens, count, &common);
    if (child >= 0 && (common == count || common == tree->nodes[child].count))
        return false;
    pages_hold(tree->pages, page);
    node_add(tree, parent, tokens, count, page);
    order_add_oldest(tree, page);
    return true;
}
