-- For each KV head all its blocks, one after another: a sequence's keys are one stream.
name = "contiguous"
help = "a sequence has one piece of memory with room for its keys"
code = [[
/* The cache: for each KV head its blocks, one after another. */
static struct block$D *cache_piece$D(const struct attn_sequence *sequence, int32_t kv_head, int32_t block)
{
    const int64_t blocks = (sequence->capacity + BLOCK$D - 1) / BLOCK$D;
    return (struct block$D *)sequence->cache + kv_head * blocks + block;
}

static size_t cache_bytes$D(int64_t capacity)
{
    const int64_t blocks = (capacity + BLOCK$D - 1) / BLOCK$D;
    return (size_t)blocks * KV_HEADS$D * sizeof(struct block$D);
}
]]
