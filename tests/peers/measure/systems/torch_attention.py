"""PyTorch's attention, and FlexAttention."""

from shapes import Shape

from .system import Arrays, Runner, System, Turns, Unfit, copies_of, heads_first


class Torch(System):
    """scaled_dot_product_attention."""

    name = "PyTorch"

    def __init__(self) -> None:
        import torch
        self.torch = torch
        self.types = {"f32": torch.float32, "f16": torch.float16, "bf16": torch.bfloat16}

    def tolerance(self, shape: Shape) -> float:
        """Queries, weights and outputs are of the cache's type too."""
        return super().tolerance(shape) * (1 if shape.cache == "f32" else 2)

    def tensors(self, shape: Shape, arrays: Arrays) -> tuple:
        """q, and copies of k and v, in the type of the cache."""
        if shape.cache not in self.types:
            raise Unfit("no such type")
        as_type = self.types[shape.cache]
        q = self.torch.from_numpy(heads_first(arrays.q)).to(as_type)
        pairs = [tuple(self.torch.from_numpy(heads_first(a)).to(as_type).clone() for a in (arrays.k, arrays.v)) for _ in range(copies_of(shape))]
        return q, Turns(pairs)

    def make(self, shape: Shape, arrays: Arrays, threads: int) -> Runner:
        """is_causal aligns the first query with the first key: an append has a dense mask."""
        if shape.score != "none" or shape.mask == "window":
            raise Unfit("scores and windows are FlexAttention's")
        q, turns = self.tensors(shape, arrays)
        causal = shape.mask == "causal" and shape.q > 1
        mask = self.torch.ones(shape.q, shape.kv, dtype=self.torch.bool).tril(shape.kv - shape.q) if shape.phase == "append" else None
        attend = self.torch.nn.functional.scaled_dot_product_attention
        out = [None]

        def run() -> None:
            k, v = turns.next()
            self.torch.set_num_threads(threads)
            with self.torch.inference_mode():
                out[0] = attend(q, k, v, attn_mask=mask, is_causal=causal and mask is None, enable_gqa=shape.heads != shape.kv_heads)

        return Runner(run, lambda: out[0][0].transpose(0, 1).float().numpy())


class Flex(Torch):
    """FlexAttention, compiled: for masks and scores of the user."""

    name = "FlexAttention"

    def functions(self, shape: Shape) -> tuple:
        """mask_mod and score_mod."""
        torch = self.torch
        slopes = torch.tensor([2.0 ** (-8.0 * (h + 1) / shape.heads) for h in range(shape.heads)])
        masks = {"none": None, "causal": lambda b, h, q, k: q >= k,
                 "window": lambda b, h, q, k: (q >= k) & (q - k <= shape.window)}
        scores = {"none": None, "alibi": lambda s, b, h, q, k: s - slopes[h] * (q - k),
                  "softcap": lambda s, b, h, q, k: 50.0 * torch.tanh(s / 50.0)}
        return masks[shape.mask], scores[shape.score]

    def make(self, shape: Shape, arrays: Arrays, threads: int) -> Runner:
        """Compiles for a quarter of a minute."""
        from torch.nn.attention import flex_attention as flex
        if shape.phase != "prefill" or (shape.mask != "window" and shape.score == "none"):
            raise Unfit("what SDPA has is compared with SDPA")
        self.torch._dynamo.reset()
        self.torch.set_num_threads(threads)
        q, turns = self.tensors(shape, arrays)
        mask, score = self.functions(shape)
        block = flex.create_block_mask(mask, 1, 1, shape.q, shape.kv, device="cpu") if mask else None
        compiled = self.torch.compile(flex.flex_attention, dynamic=False)
        out = [None]

        def run() -> None:
            k, v = turns.next()
            self.torch.set_num_threads(threads)
            with self.torch.inference_mode():
                out[0] = compiled(q, k, v, score_mod=score, block_mask=block, enable_gqa=shape.heads != shape.kv_heads)

        return Runner(run, lambda: out[0][0].transpose(0, 1).numpy())
