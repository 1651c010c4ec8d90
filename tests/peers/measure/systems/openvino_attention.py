"""OpenVINO's attention operator."""

import numpy as np
from shapes import Shape

from .system import Arrays, Runner, System, Turns, Unfit, copies_of, heads_first


class OpenVino(System):
    """ScaledDotProductAttention in float32."""

    name = "OpenVINO"

    def __init__(self) -> None:
        import openvino
        import openvino.opset13 as operations
        self.ov, self.operations = openvino, operations
        self.core = openvino.Core()

    def make(self, shape: Shape, arrays: Arrays, threads: int) -> Runner:
        """The operator has as many heads of K as of Q."""
        if shape.heads != shape.kv_heads or shape.cache != "f32" or shape.score != "none" or shape.mask == "window" or shape.phase == "append":
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
