-- A key's place is its index modulo the capacity: what no window reaches any more is written over.
name = "ring"
help = "for windows: a new key takes the place of the one `capacity` before it"
code = [[
/* The cache: for each KV head a ring of blocks. */
static struct block$D *cache_piece$D(const struct attn_sequence *sequence, int32_t kv_head, int32_t block)
{
    const int64_t blocks = sequence->capacity / BLOCK$D;
    return (struct block$D *)sequence->cache + kv_head * blocks + block % blocks;
}

/* capacity is a multiple of BLOCK. */
static size_t cache_bytes$D(int64_t capacity)
{
    return (size_t)(capacity / BLOCK$D) * KV_HEADS$D * sizeof(struct block$D);
}
]]
