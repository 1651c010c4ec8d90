-- No mask, 8 heads of 64: what the peak of prefill is measured with.
attention = { heads = 8, d_k = 64, mask = none(), position = none() }
