"""ONNX Runtime's attention operators."""

import numpy as np
from shapes import Shape

from .system import Arrays, Runner, System, Turns, Unfit, copies_of, heads_first

TYPES = {"f32": np.float32, "f16": np.float16, "int8": np.int8}
SCALES = ("k_scale", "v_scale")
INPUTS_BEFORE_SCALES = 5        # of GroupQueryAttention, which are left out: rotation, positions, bias, sink


class Onnx(System):
    """MultiHeadAttention without a mask, GroupQueryAttention for causal prompts, appends and decode."""

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
        kinds = {"f32": self.onnx.TensorProto.FLOAT, "f16": self.onnx.TensorProto.FLOAT16,
                 "int8": self.onnx.TensorProto.INT8, "i32": self.onnx.TensorProto.INT32}
        return self.onnx.helper.make_tensor_value_info(name, kinds[dtype], list(sizes))

    def tolerance(self, shape: Shape) -> float:
        """With an f16 cache queries and outputs are f16 too."""
        return super().tolerance(shape) * (2 if shape.cache == "f16" else 1)

    def make(self, shape: Shape, arrays: Arrays, threads: int) -> Runner:
        """All arrays are bound once, so that no run copies them."""
        if shape.cache not in TYPES or shape.score == "alibi":
            raise Unfit("no such input")
        whole = shape.mask == "none"
        return self.full(shape, arrays, threads) if whole else self.grouped(shape, arrays, threads)

    def full(self, shape: Shape, arrays: Arrays, threads: int) -> Runner:
        """Rows of all heads beside each other."""
        width = shape.heads * shape.d
        names = ["query", "key", "value"]
        node = self.onnx.helper.make_node("MultiHeadAttention", names, ["out"], domain="com.microsoft", num_heads=shape.heads)
        inputs = [self.value(n, "f32", 1, s, width) for n, s in zip(names, (shape.q, shape.kv, shape.kv))]
        session = self.session([node], inputs, [self.value("out", "f32", 1, shape.q, width)], threads)
        binding = session.io_binding()
        for name, rows in zip(names, arrays):
            binding.bind_ortvalue_input(name, self.runtime.OrtValue.ortvalue_from_numpy(rows.reshape(1, len(rows), width)))
        out = self.runtime.OrtValue.ortvalue_from_numpy(np.zeros((1, shape.q, width), np.float32))
        binding.bind_ortvalue_output("out", out)
        return Runner(lambda: session.run_with_iobinding(binding), lambda: out.numpy().reshape(shape.q, shape.heads, shape.d))

    def grouped(self, shape: Shape, arrays: Arrays, threads: int) -> Runner:
        """The cache holds the keys before; past and present share it, as the operator wants for decode."""
        attributes = {"num_heads": shape.heads, "kv_num_heads": shape.kv_heads}
        if shape.mask == "window":
            attributes["local_window_size"] = shape.window + 1
        if shape.score == "softcap":
            attributes["softcap"] = 50.0
        names = ["query", "key", "value", "past_key", "past_value", "seqlens_k", "total_sequence_length"]
        outputs = ["out", "present_key", "present_value"]
        rows = "f16" if shape.cache == "f16" else "f32"         # of queries, new keys and outputs
        width = shape.heads * shape.d
        cache = (1, shape.kv_heads, shape.kv, shape.d)
        infos = [self.value("query", rows, 1, shape.q, width)]
        infos += [self.value(name, rows, 1, shape.q, shape.kv_heads * shape.d) for name in names[1:3]]
        infos += [self.value(name, shape.cache, *cache) for name in names[3:5]]
        infos += [self.value(name, "i32", 1) for name in names[5:]]
        given = names
        if shape.cache == "int8":
            attributes |= {"k_quant_type": "PER_CHANNEL", "v_quant_type": "PER_CHANNEL", "kv_cache_bit_width": 8}
            infos += [self.value(name, "f32", 1, shape.kv_heads, 1, shape.d) for name in SCALES]
            given = [*names, *[""] * INPUTS_BEFORE_SCALES, *SCALES]
        node = self.onnx.helper.make_node("GroupQueryAttention", given, outputs, domain="com.microsoft", **attributes)
        results = [self.value("out", rows, 1, shape.q, width)] + [self.value(name, shape.cache, *cache) for name in outputs[1:]]
        session = self.session([node], infos, results, threads)
        out = self.runtime.OrtValue.ortvalue_from_numpy(np.zeros((1, shape.q, width), TYPES[rows]))
        turns = Turns([self.bind(session, shape, arrays, out, TYPES[rows]) for _ in range(copies_of(shape))])
        return Runner(lambda: session.run_with_iobinding(turns.next()),
                      lambda: out.numpy().astype(np.float32).reshape(shape.q, shape.heads, shape.d))

    def bind(self, session: object, shape: Shape, arrays: Arrays, out: object, as_type: type) -> object:
        """One cache, with all keys in it (the new ones are written again), bound as past and present."""
        values = {name: a[-shape.q:].reshape(1, shape.q, -1).astype(as_type) for name, a in zip(("query", "key", "value"), arrays)}
        values |= {"seqlens_k": np.array([shape.kv - 1], np.int32), "total_sequence_length": np.array([shape.kv], np.int32)}
        for name, rows in zip(("key", "value"), (heads_first(a) for a in arrays[1:])):
            if shape.cache == "int8":
                scale = np.abs(rows).max(axis=2, keepdims=True) / np.float32(127)
                values[f"{name[0]}_scale"] = scale
                rows = np.rint(rows / scale)
            values[f"past_{name}"] = rows.astype(TYPES[shape.cache])
        binding = session.io_binding()
        for name, array in values.items():
            bound = self.runtime.OrtValue.ortvalue_from_numpy(array)
            binding.bind_ortvalue_input(name, bound)
            if name.startswith("past_"):
                binding.bind_ortvalue_output(name.replace("past", "present"), bound)
        binding.bind_ortvalue_output("out", out)
        return binding
