-- No mask, 8 heads of 128: what the peak of prefill is measured with.
attention = { heads = 8, d_k = 128, mask = none(), position = none() }
