"""ggml's attention, by native/ggml_attention.c."""

import ctypes

import numpy as np
from shapes import Shape

from .system import PEERS, Arrays, Runner, System, Unfit, copies_of

TILE_QUERIES = 64       # ggml_fa_tile_config::Q: from so many queries on it works in tiles, whose sums are f32


class GgmlShape(ctypes.Structure):
    """struct shape of native/ggml_attention.c."""

    _fields_ = [(name, ctypes.c_int) for name in ("heads", "kv_heads", "d", "q", "kv", "causal", "threads", "copies")] + [
        ("type", ctypes.c_char_p)]


class Ggml(System):
    """ggml_flash_attn_ext."""

    name = "ggml"

    def __init__(self) -> None:
        self.library = ctypes.CDLL(str(PEERS / "native" / "libggml_attention.so"))
        self.library.ggml_attention_create.restype = ctypes.c_void_p
        self.library.ggml_attention_out.restype = ctypes.POINTER(ctypes.c_float)

    def tolerance(self, shape: Shape) -> float:
        """A walk of kv roundings: without tiles, it sums weighted rows of V in f16 where V is f16."""
        walked = shape.kv ** 0.5 * 2.0 ** -11 if shape.cache == "f16" and shape.q < TILE_QUERIES else 0.0
        return super().tolerance(shape) + walked

    def make(self, shape: Shape, arrays: Arrays, threads: int) -> Runner:
        """Its causal mask is a dense one."""
        if shape.score != "none" or shape.mask == "window":
            raise Unfit("not compared")
        causal = shape.mask == "causal" and shape.q > 1
        wanted = GgmlShape(shape.heads, shape.kv_heads, shape.d, shape.q, shape.kv, causal, threads, copies_of(shape), shape.cache.encode())
        pointers = [a.ctypes.data_as(ctypes.c_void_p) for a in arrays]
        made = self.library.ggml_attention_create(ctypes.byref(wanted), *pointers)
        if made is None:
            raise Unfit("out of memory")
        this = ctypes.c_void_p(made)
        return Runner(lambda: self.library.ggml_attention_run(this),
                      lambda: np.ctypeslib.as_array(self.library.ggml_attention_out(this), (shape.q, shape.heads, shape.d)),
                      lambda: self.library.ggml_attention_destroy(this))
