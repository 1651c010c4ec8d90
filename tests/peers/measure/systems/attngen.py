"""attngen's own kernels, emitted and compiled for a shape."""

import ctypes
import os
import subprocess
from pathlib import Path

import numpy as np
from shapes import Shape

from .system import PEERS, ROOT, Arrays, Runner, System, Unfit


class Attngen(System):
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

    def make_with_arrays(self, shape: Shape, threads: int) -> tuple[Runner, Arrays]:
        """The runner, and views of its arrays: what the peers work on."""
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
