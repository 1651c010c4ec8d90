// Emitted kernels from C++, with a thread pool of one's own: three sequences of different lengths in one
// call, by one thread and by four. The results must be the same bits.

#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <new>
#include <thread>
#include <vector>

#include "windowed.h"

namespace {

constexpr int heads = 4, d_k = 24, d_v = 16;
const std::vector<int32_t> lengths = { 300, 1, 77 };

struct Release {
    void operator()(void *memory) const { std::free(memory); }
};
using Memory = std::unique_ptr<void, Release>;

Memory allocate(std::size_t bytes)
{
    void *memory = std::aligned_alloc(ATTN_ALIGNMENT, (bytes / ATTN_ALIGNMENT + 1) * ATTN_ALIGNMENT);
    if (memory == nullptr)
        throw std::bad_alloc();
    return Memory(memory);
}

// Numbers between -1 and 1, always the same.
std::vector<float> numbers(std::size_t count, uint32_t seed)
{
    std::vector<float> x(count);
    for (float &each : x) {
        seed = seed * 1664525u + 1013904223u;
        each = static_cast<float>(seed >> 8) / static_cast<float>(1 << 23) - 1.0f;
    }
    return x;
}

// Every pass of the phase, its tasks taken by the threads as they come.
void run(const attn_phase &phase, attn_args &args, int threads)
{
    const Memory workspace = allocate(phase.workspace_bytes(&args));
    args.workspace = workspace.get();
    for (int pass = 0; pass < phase.passes; pass++) {
        const int64_t tasks = phase.tasks(&args, pass);
        std::atomic<int64_t> next{0};
        const auto work = [&] {
            const Memory scratch = allocate(phase.scratch_bytes);
            for (int64_t task = next++; task < tasks; task = next++)
                phase.run(&args, pass, task, scratch.get());
        };
        std::vector<std::thread> pool;
        for (int i = 1; i < threads; i++)
            pool.emplace_back(work);
        work();
        for (std::thread &each : pool)
            each.join();
    }
}

// o (rows, heads, d_v) of all sequences, whose rows follow each other in q, k and v.
std::vector<float> attend(const attn_attention &attention, int threads)
{
    std::vector<attn_sequence> sequences;
    std::vector<Memory> caches;
    int64_t rows = 0;
    for (const int32_t length : lengths) {
        caches.push_back(allocate(attention.cache_bytes(length)));
        attn_sequence sequence = {};                 // a whole prompt: nothing in the cache before it
        sequence.q_row = sequence.k_row = rows;
        sequence.q_len = sequence.k_len = sequence.kv_len = length;
        sequence.cache = caches.back().get();
        sequence.capacity = length;
        sequences.push_back(sequence);
        rows += length;
    }

    const std::size_t count = static_cast<std::size_t>(rows) * heads;
    const std::vector<float> q = numbers(count * d_k, 1), k = numbers(count * d_k, 2), v = numbers(count * d_v, 3);
    std::vector<float> o(count * d_v);
    attn_args args = {};
    args.sequence = sequences.data();
    args.sequences = static_cast<int32_t>(sequences.size());
    args.q = q.data(), args.q_stride = heads * d_k, args.q_head_stride = d_k;
    args.k = k.data(), args.k_stride = heads * d_k, args.k_head_stride = d_k;
    args.v = v.data(), args.v_stride = heads * d_v, args.v_head_stride = d_v;
    args.o = o.data(), args.o_stride = heads * d_v, args.o_head_stride = d_v;
    run(attention.write, args, threads);
    run(attention.prefill, args, threads);
    return o;
}

}

int main()
{
    const attn_attention &attention = *windowed_attention();
    const bool same = attend(attention, 1) == attend(attention, 4);
    std::printf("%s: one thread and four give %s\n", attention.target, same ? "the same bits" : "different results");
    return same ? 0 : 1;
}
