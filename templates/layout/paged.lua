-- Sequences have lists of pages, of which one memory is the pool; a page may be in several lists.
name = "paged"
help = "keys lie in pages of a pool, which sequences list and may share"
parameters = {
  { name = "tokens", type = integer, min = 64, max = 65536, multiple = 64, default = 64, help = "of a page" },
}
code = [[
enum { PAGE_BLOCKS$D = $TOKENS / BLOCK$D };

/* The cache: pages, which sequences list. A page has for each KV head its blocks, one after another. */
static struct block$D *cache_block$D(const struct attn_sequence *sequence, int32_t kv_head, int32_t block)
{
    const int64_t first = (int64_t)sequence->pages[block / PAGE_BLOCKS$D] * KV_HEADS$D + kv_head;
    return (struct block$D *)sequence->cache + first * PAGE_BLOCKS$D + block % PAGE_BLOCKS$D;
}

/* Of so many keys' pages. */
static size_t cache_bytes$D(int64_t capacity)
{
    const int64_t pages = (capacity + $TOKENS - 1) / $TOKENS;
    return (size_t)pages * PAGE_BLOCKS$D * KV_HEADS$D * sizeof(struct block$D);
}
]]
