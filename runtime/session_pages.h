/*
** The pages of a session: which of them each sequence has, and what earlier sequences left in
** others. A page has the same number in all layers.
*/
#ifndef SESSION_PAGES_H
#define SESSION_PAGES_H

#include "cache.h"
#include "prefix_file.h"

struct attn_model;
struct attn_session;

struct session_pages {
    int32_t tokens;                   /* of a page; 0: caches are contiguous, and nothing else here is set */
    struct pages pages;
    struct prefix_tree tree;
    int64_t table_pages;              /* that a sequence can have */
    int32_t *tables;                  /* (sequences, table_pages) */
    int64_t *held;                    /* (sequences): pages of each */
    int32_t *history;                 /* (sequences, capacity): their tokens */
};

/* Tokens of a page of all layers; 0: contiguous. false when layers differ, or a model cannot have pages. */
bool session_pages_find(const struct attn_model *model, int32_t *tokens, struct problem *problem);

/* How many pages the session is to have, for pages of so many bytes in all layers. */
int64_t session_pages_count(const struct attn_session *session, int32_t tokens, size_t page_bytes);

bool session_pages_open(struct attn_session *session, int32_t tokens, int64_t count, struct problem *problem);

/*
** Gives the sequences of the placed batch the pages that their new tokens need, none of them anybody else's, and says which
** keys each then shares with the one before.
*/
bool session_pages_reserve(struct attn_session *session, struct problem *problem);

/* The batch is done: its tokens belong to the sequences. */
void session_pages_note(struct attn_session *session);

/* The sequence keeps what its first `length` tokens need. */
void session_pages_cut(struct attn_session *session, int sequence, int64_t length);

/* The list of a sequence's pages, or NULL. */
const int32_t *session_pages_table(const struct attn_session *session, int sequence);

#endif
