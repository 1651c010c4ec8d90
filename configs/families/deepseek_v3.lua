-- DeepSeek V3: multi-head latent attention; layers with experts are defined, but do not run.
deepseek { dense = 3, context = 4096, neighbours = flag("rope_interleave", true) }
