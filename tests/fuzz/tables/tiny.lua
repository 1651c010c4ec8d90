-- Written by `attngen tune`: the parameters of plans that were fastest on this CPU, where they differ from the
-- default plan, with the times in ms of each case, and of what else was tried. An entry is used as long as the
-- compiler is the same and the templates make the same kernels.
cpu = "some CPU"

entries = {
  {
    definition = "softmax heads=2 kv_heads=1 d_k=32 d_v=32 scale=0.17677669529663687 mask=\"k <= q\" position=none cache=f32",
    target = "scalar",
    compiler = "clang version 14",
    kernels = "06d1480e790c6877",
    cases = { "prefill q=64 kv=64", "prefill q=256 kv=256", "prefill q=1024 kv=1024", "decode q=1 kv=4096" },
    plan = "",
    ms         = { 0.083573, 1.0925, 16.563, 0.088334 },
    default_ms = { 0.083573, 1.0925, 16.563, 0.088334 },
    tried = {
      { plan = "tile=32", ms = { 0.085303, 1.0909, 16.651, 0.087455 } },
      { plan = "segment=512", ms = { 0.086161, 1.0997, 16.488, 0.089017 } },
    },
  },
}
