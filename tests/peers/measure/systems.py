"""The systems that are compared. Each makes of a shape and its arrays something to run, or says why it cannot.

Arrays are float32: q (q, heads, d), k and v (kv, kv_heads, d). A runner's output is (q, heads, d).
"""

import ctypes
import os
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import numpy as np
from shapes import Shape

ROOT = Path(__file__).resolve().parents[3]
PEERS = ROOT / "build" / "peers"
COLD_BYTES = 192 << 20      # decode walks through this much K and V, more than a last-level cache holds


class Unfit(Exception):
    """Why a system does not run a shape."""


class Arrays(NamedTuple):
    """What all systems work on."""

    q: np.ndarray
    k: np.ndarray
    v: np.ndarray


class Runner(NamedTuple):
    """One system at one shape."""

    run: Callable[[], object]
    output: Callable[[], np.ndarray]
    close: Callable[[], None] = lambda: None


def copies_of(shape: Shape) -> int:
    """How many caches decode goes through."""
    return COLD_BYTES // shape.cache_bytes + 1 if shape.phase == "decode" else 1


def heads_first(rows: np.ndarray) -> np.ndarray:
    """(1, heads, rows, d), as PyTorch and OpenVINO want it."""
    return np.ascontiguousarray(rows.transpose(1, 0, 2))[None]


class Turns:
    """Items used in turn."""

    def __init__(self, items: list) -> None:
        self.items, self.at = items, -1

    def next(self) -> object:
        """The next one."""
        self.at = (self.at + 1) % len(self.items)
        return self.items[self.at]


# attngen ----------------------------------------------------------------------------------------


class Attngen:
    """Emitted, compiled and loaded; its arrays are those of everyone."""

    name = "attngen"

    def __init__(self) -> None:
        self.library = ctypes.CDLL(str(PEERS / "native" / "libattngen_attention.so"))
        self.library.attngen_fma_rate.restype = ctypes.c_double
        for function in ("create", "q", "k", "v", "o"):
            getattr(self.library, f"attngen_attention_{function}").restype = ctypes.c_void_p
        self.library.attngen_attention_target.restype = ctypes.c_char_p

    def kernels(self, shape: Shape) -> Path:
        """The shared object."""
        folder = PEERS / "kernels" / "".join(c if c.isalnum() else "_" for c in shape.name)
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "peer.lua").write_text(shape.config)
        emitted = subprocess.run([ROOT / "build/attngen", "emit", folder / "peer.lua", "-o", folder], capture_output=True, text=True)
        if emitted.returncode != 0:
            raise Unfit(emitted.stderr.strip())
        command = [os.environ.get("CC", "clang"), "-std=c11", "-O2", "-fPIC", "-shared", folder / "peer.c", "-o", folder / "peer.so"]
        subprocess.run(command, check=True)
        return folder / "peer.so"

    def make(self, shape: Shape, threads: int) -> tuple[Runner, Arrays]:
        """The runner, and views of its arrays."""
        error = ctypes.create_string_buffer(512)
        made = self.library.attngen_attention_create(str(self.kernels(shape)).encode(), b"peer", shape.phase.encode(), shape.q,
                                                     shape.kv, threads, error, ctypes.c_size_t(512))
        if made is None:
            raise Unfit(error.value.decode())
        this = ctypes.c_void_p(made)

        def view(name: str, *sizes: int) -> np.ndarray:
            address = getattr(self.library, f"attngen_attention_{name}")(this)
            pointer = ctypes.cast(address, ctypes.POINTER(ctypes.c_float))
            return np.ctypeslib.as_array(pointer, sizes)

        runner = Runner(lambda: self.library.attngen_attention_run(this), lambda: view("o", shape.q, shape.heads, shape.d),
                        lambda: self.library.attngen_attention_destroy(this))
        keys = (shape.kv, shape.kv_heads, shape.d)
        return runner, Arrays(view("q", shape.q, shape.heads, shape.d), view("k", *keys), view("v", *keys))


# PyTorch ----------------------------------------------------------------------------------------


class Torch:
    """scaled_dot_product_attention."""

    name = "PyTorch"

    def __init__(self) -> None:
        import torch
        self.torch = torch
        self.types = {"f32": torch.float32, "f16": torch.float16, "bf16": torch.bfloat16}

    def tensors(self, shape: Shape, arrays: Arrays) -> tuple:
        """q, and copies of k and v, in the type of the cache."""
        as_type = self.types[shape.cache]
        q = self.torch.from_numpy(heads_first(arrays.q)).to(as_type)
        pairs = [tuple(self.torch.from_numpy(heads_first(a)).to(as_type).clone() for a in (arrays.k, arrays.v)) for _ in range(copies_of(shape))]
        return q, Turns(pairs)

    def make(self, shape: Shape, arrays: Arrays, threads: int) -> Runner:
        """Masks are dense where they are not causal from the start."""
        if shape.score != "none" or shape.mask == "window":
            raise Unfit("scores and windows are FlexAttention's")
        q, turns = self.tensors(shape, arrays)
        causal = shape.mask == "causal" and shape.q > 1
        attend = self.torch.nn.functional.scaled_dot_product_attention
        out = [None]

        def run() -> None:
            k, v = turns.next()
            self.torch.set_num_threads(threads)
            with self.torch.inference_mode():
                out[0] = attend(q, k, v, is_causal=causal, enable_gqa=shape.heads != shape.kv_heads)

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


# ONNX Runtime -------------------------------------------------------------------------------------


class Onnx:
    """MultiHeadAttention without a mask, GroupQueryAttention for causal prompts and decode."""

    name = "ONNX Runtime"

    def __init__(self) -> None:
        import onnx
        import onnxruntime
        self.onnx, self.runtime = onnx, onnxruntime

    def session(self, nodes: list, inputs: list, outputs: list, threads: int) -> object:
        """A session on that many threads, which do not spin between runs: others run there."""
        helper = self.onnx.helper
        graph = helper.make_graph(nodes, "attention", inputs, outputs)
        model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17), helper.make_opsetid("com.microsoft", 1)], ir_version=9)
        options = self.runtime.SessionOptions()
        options.intra_op_num_threads = threads
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        options.log_severity_level = 3
        return self.runtime.InferenceSession(model.SerializeToString(), options, providers=["CPUExecutionProvider"])

    def value(self, name: str, dtype: str, *sizes: int) -> object:
        """A tensor's name, type and sizes."""
        kinds = {"f32": self.onnx.TensorProto.FLOAT, "f16": self.onnx.TensorProto.FLOAT16, "i32": self.onnx.TensorProto.INT32}
        return self.onnx.helper.make_tensor_value_info(name, kinds[dtype], list(sizes))

    def make(self, shape: Shape, arrays: Arrays, threads: int) -> Runner:
        """All arrays are bound once, so that no run copies them."""
        if shape.cache == "bf16" or shape.score == "alibi":
            raise Unfit("no such input")
        whole = shape.mask == "none"
        return self.full(shape, arrays, threads) if whole else self.grouped(shape, arrays, threads)

    def full(self, shape: Shape, arrays: Arrays, threads: int) -> Runner:
        """Rows of all heads beside each other."""
        width, f32 = shape.heads * shape.d, np.float32
        names = ["query", "key", "value"]
        node = self.onnx.helper.make_node("MultiHeadAttention", names, ["out"], domain="com.microsoft", num_heads=shape.heads)
        inputs = [self.value(n, "f32", 1, s, width) for n, s in zip(names, (shape.q, shape.kv, shape.kv))]
        session = self.session([node], inputs, [self.value("out", "f32", 1, shape.q, width)], threads)
        binding = session.io_binding()
        for name, rows in zip(names, arrays):
            binding.bind_ortvalue_input(name, self.runtime.OrtValue.ortvalue_from_numpy(rows.reshape(1, len(rows), width)))
        out = self.runtime.OrtValue.ortvalue_from_numpy(np.zeros((1, shape.q, width), f32))
        binding.bind_ortvalue_output("out", out)
        return Runner(lambda: session.run_with_iobinding(binding), lambda: out.numpy().reshape(shape.q, shape.heads, shape.d))

    def grouped(self, shape: Shape, arrays: Arrays, threads: int) -> Runner:
        """The cache holds the keys before; past and present share it, as the operator wants for decode."""
        new = shape.q
        attributes = {"num_heads": shape.heads, "kv_num_heads": shape.kv_heads}
        if shape.mask == "window":
            attributes["local_window_size"] = shape.window + 1
        if shape.score == "softcap":
            attributes["softcap"] = 50.0
        names = ["query", "key", "value", "past_key", "past_value", "seqlens_k", "total_sequence_length"]
        outputs = ["out", "present_key", "present_value"]
        node = self.onnx.helper.make_node("GroupQueryAttention", names, outputs, domain="com.microsoft", **attributes)
        as_type = np.float16 if shape.cache == "f16" else np.float32
        cache = (1, shape.kv_heads, shape.kv, shape.d)
        infos = [self.value("query", shape.cache, 1, new, shape.heads * shape.d)]
        infos += [self.value(n, shape.cache, 1, new, shape.kv_heads * shape.d) for n in names[1:3]]
        infos += [self.value(n, shape.cache, *cache) for n in names[3:5]]
        infos += [self.value("seqlens_k", "i32", 1), self.value("total_sequence_length", "i32", 1)]
        results = [self.value("out", shape.cache, 1, new, shape.heads * shape.d)] + [self.value(n, shape.cache, *cache) for n in outputs[1:]]
        session = self.session([node], infos, results, threads)
        out = self.runtime.OrtValue.ortvalue_from_numpy(np.zeros((1, new, shape.heads * shape.d), as_type))
        bindings = [self.bind(session, names, shape, arrays, out, as_type) for _ in range(copies_of(shape))]
        turns = Turns(bindings)
        return Runner(lambda: session.run_with_iobinding(turns.next()),
                      lambda: out.numpy().astype(np.float32).reshape(new, shape.heads, shape.d))

    def bind(self, session: object, names: list[str], shape: Shape, arrays: Arrays, out: object, as_type: type) -> object:
        """One cache, with the keys before the new ones in it, bound as past and present."""
        binding, value = session.io_binding(), self.runtime.OrtValue.ortvalue_from_numpy
        rows = [a[-shape.q:].reshape(1, shape.q, -1).astype(as_type) for a in arrays]
        caches = [value(heads_first(a).astype(as_type)) for a in arrays[1:]]
        whole = [value(row) for row in rows] + caches + [value(np.array([shape.kv - 1], np.int32)), value(np.array([shape.kv], np.int32))]
        for name, given in zip(names, whole):
            binding.bind_ortvalue_input(name, given)
        binding.bind_ortvalue_output("out", out)
        for name, cache in zip(("present_key", "present_value"), caches):
            binding.bind_ortvalue_output(name, cache)
        return binding


# OpenVINO -----------------------------------------------------------------------------------------


class OpenVino:
    """ScaledDotProductAttention in float32."""

    name = "OpenVINO"

    def __init__(self) -> None:
        import openvino
        import openvino.opset13 as operations
        self.ov, self.operations = openvino, operations
        self.core = openvino.Core()

    def make(self, shape: Shape, arrays: Arrays, threads: int) -> Runner:
        """The operator has as many heads of K as of Q."""
        if shape.heads != shape.kv_heads or shape.cache != "f32" or shape.score != "none" or shape.mask == "window":
            raise Unfit("the operator has no such form")
        inputs = [heads_first(a) for a in arrays]
        parameters = [self.operations.parameter(a.shape, np.float32) for a in inputs]
        node = self.operations.scaled_dot_product_attention(*parameters, causal=shape.mask == "causal" and shape.q > 1)
        model = self.ov.Model([node], parameters, "attention")
        hints = {"INFERENCE_NUM_THREADS": threads, "INFERENCE_PRECISION_HINT": "f32", "NUM_STREAMS": 1, "KV_CACHE_PRECISION": "f32"}
        compiled = self.core.compile_model(model, "CPU", hints)
        requests = []
        for _ in range(copies_of(shape)):
            request = compiled.create_infer_request()
            for i, array in enumerate(inputs):
                request.set_input_tensor(i, self.ov.Tensor(array.copy()))
            requests.append(request)
        turns = Turns(requests)
        return Runner(lambda: turns.next().infer(),
                      lambda: turns.items[turns.at].get_output_tensor(0).data[0].transpose(1, 0, 2))


# ggml ---------------------------------------------------------------------------------------------


class GgmlShape(ctypes.Structure):
    """struct shape of native/ggml_attention.c."""

    _fields_ = [(name, ctypes.c_int) for name in ("heads", "kv_heads", "d", "q", "kv", "causal", "threads", "copies")] + [
        ("type", ctypes.c_char_p)]


class Ggml:
    """ggml_flash_attn_ext."""

    name = "ggml"

    def __init__(self) -> None:
        self.library = ctypes.CDLL(str(PEERS / "native" / "libggml_attention.so"))
        self.library.ggml_attention_create.restype = ctypes.c_void_p
        self.library.ggml_attention_out.restype = ctypes.POINTER(ctypes.c_float)

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


PEERS_KNOWN = [Torch, Flex, Onnx, OpenVino, Ggml]
