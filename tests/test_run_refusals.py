"""What a config can say of kernels and run has no steps for: refused by name."""

import subprocess
import tempfile
from pathlib import Path

import harness
from test_sinks import make


def refused(change: tuple[str, str]) -> str:
    """What run says, behind the config's path, of a config for a folder in which some text is another."""
    with tempfile.TemporaryDirectory() as folder:
        config, _ = make(Path(folder))
        text = config.read_text().replace(", sink = per_head", "")
        assert change[0] in text, text
        config.write_text(text.replace(*change))
        done = subprocess.run([harness.ATTNGEN, "run", config, "--tokens", Path(folder) / "tokens.npy"], cwd=harness.ROOT,
                              capture_output=True, text=True)
        assert done.returncode == 2, done
        return done.stderr.removeprefix(str(config))


def activations_of_two_bytes() -> None:
    """The steps around attention compute in floats."""
    assert refused(("mask = causal,", "mask = causal, activations = bf16,")).split(": ", 1)[1] == (
        "attention attention: activations is bf16; run computes in f32\n")


def layers_that_share_a_cache() -> None:
    """Its layers write what they read."""
    said = refused(("layers = 2", 'layers = { "attention", { attention = "attention", cache_of = 0 } }'))
    assert said == ": layer 1 has the cache_of layer 0; run gives each layer a cache of its own\n", said


if __name__ == "__main__":
    harness.run(activations_of_two_bytes, layers_that_share_a_cache)
