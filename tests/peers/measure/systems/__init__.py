"""The systems that are compared: attngen, and its peers in the order of the table's columns."""

from .attngen import Attngen
from .ggml_attention import Ggml
from .onnx_attention import Onnx
from .openvino_attention import OpenVino
from .system import ROOT, Runner, System, Unfit
from .torch_attention import Flex, Torch

PEERS_KNOWN = [Torch, Onnx, OpenVino, Ggml, Flex]

__all__ = ["Attngen", "PEERS_KNOWN", "ROOT", "Runner", "System", "Unfit"]
