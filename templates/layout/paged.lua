-- Sequences have lists of pages, of which one memory is the pool; a page may be in several lists.
name = "paged"
help = "keys lie in pages of a pool, which sequences list and may share"
parameters = {
  { name = "tokens", type = integer, min = 16, max = 65536, multiple = 16, default = 64, help = "of a page" },
}
code = [[
% local piece, PIECE = GATHERS and "struct part" .. D or "struct block" .. D, GATHERS and "PART" .. D or "BLOCK" .. D
enum { PAGE_PIECES$D = $TOKENS / $PIECE };

/* The cache: pages, which sequences list. A page has for each KV head its blocks, one after another$(GATHERS and ", or a part of one" or ""). */
static $piece *cache_piece$D(const struct attn_sequence *sequence, int32_t kv_head, int32_t piece)
{
    const int64_t first = (int64_t)sequence->pages[piece / PAGE_PIECES$D] * KV_HEADS$D + kv_head;
    return ($piece *)sequence->cache + first * PAGE_PIECES$D + piece % PAGE_PIECES$D;
}

/* Of so many keys' pages. */
static size_t cache_bytes$D(int64_t capacity)
{
    const int64_t pages = (capacity + $TOKENS - 1) / $TOKENS;
    return (size_t)pages * PAGE_PIECES$D * KV_HEADS$D * sizeof($piece);
}
]]
