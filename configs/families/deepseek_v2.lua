-- DeepSeek V2: multi-head latent attention; layers with experts are defined, but do not run.
only("mlp_bias", false)
deepseek { dense = 0, context = 2048, neighbours = true }
