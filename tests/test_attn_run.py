"""attn_run with a small random model and the reference: batches, files, stops, exit statuses and sentences."""

import json
import struct
import subprocess
import tempfile
from functools import cache
from pathlib import Path

import harness
import numpy as np

PROGRAM = harness.ROOT / "build" / "attn_run"
VOCAB, WIDTH, CONTEXT = 13, 8, 24
LINE = ('softmax heads=2 kv_heads=1 d_k=4 d_v=4 scale=0.5 mask="k <= q" position=rope rope.base=10000 rope.dims=4 '
        "rope.pairing=half cache=f32")
SHAPES = {"embed": (VOCAB, WIDTH), "norm": (WIDTH,), "q": (8, WIDTH), "k": (4, WIDTH), "v": (4, WIDTH), "o": (WIDTH, 8)}


def linear(source: str, out: str, weight: str, width: int) -> dict:
    """One step."""
    return {"op": "linear", "in": source, "out": out, "weight": weight, "width": width}


STEPS = [
    {"op": "embed", "out": "x", "weight": "embed", "rows": VOCAB, "width": WIDTH},
    {"op": "norm", "kind": "rms", "in": "x", "out": "h", "weight": "norm", "eps": 1e-5},
    linear("h", "q", "q", 8), linear("h", "k", "k", 4), linear("h", "v", "v", 4),
    {"op": "attention", "q": "q", "k": "k", "v": "v", "out": "a", "attention": "a", "layer": 0},
    linear("a", "h", "o", WIDTH),
    {"op": "add", "in": "x", "with": "h", "out": "x"},
    {"op": "last", "in": "x", "out": "x"},
    linear("x", "logits", "embed", VOCAB),
]


def write_weights(path: Path) -> None:
    """A safetensors file."""
    random, header, data = np.random.default_rng(3), {}, b""
    for name, shape in SHAPES.items():
        numbers = random.standard_normal(shape).astype("<f4").tobytes()
        header[name] = {"dtype": "F32", "shape": shape, "data_offsets": [len(data), len(data) + len(numbers)]}
        data += numbers
    text = json.dumps(header).encode()
    path.write_bytes(struct.pack("<Q", len(text)) + text + data)


@cache
def folder() -> Path:
    """The model's, which lives as long as this program."""
    folder.keep = tempfile.TemporaryDirectory()
    place = Path(folder.keep.name)
    write_weights(place / "model.safetensors")
    description = {"name": "tiny", "context": CONTEXT, "vocab": VOCAB, "output": "logits", "causal": True, "prefixes": [""],
                   "bos": [], "eos": [], "attentions": {"a": LINE}, "steps": STEPS}
    (place / "description.json").write_text(json.dumps(description))
    return place


def start(*options: object) -> subprocess.CompletedProcess:
    """attn_run with the model and the reference."""
    words = [harness.need(PROGRAM, "ninja builds it"), folder(), folder() / "description.json", *options]
    return subprocess.run([str(word) for word in words], capture_output=True, text=True)


def generated(tokens: str, *options: object) -> list[list[int]]:
    """Tokens of each sequence of a file."""
    (folder() / "tokens.txt").write_text(tokens)
    done = start("--reference", "--tokens", folder() / "tokens.txt", *options)
    assert done.returncode == 0, done.stderr
    return [[int(word) for word in line.split()] for line in done.stdout.splitlines()]


def a_batch_is_like_its_sequences() -> None:
    """Of different lengths: the same tokens; logits but for what a BLAS rounds otherwise when rows are more."""
    prompts, rows = ["1 2 3 4 5", "7", "9 8 7"], folder() / "rows.npy"
    together = generated("\n".join(prompts), "--steps", 6, "--logits", rows)
    batch, at = np.load(rows), 0
    for prompt, made in zip(prompts, together, strict=True):
        assert generated(prompt, "--steps", 6, "--logits", rows) == [made]
        alone = np.load(rows)
        assert alone.shape == (len(prompt.split()) + 5, VOCAB), alone.shape
        assert np.abs(batch[at:at + len(alone)] - alone).max() < 1e-6 * np.abs(alone).max()
        assert alone[-6:].argmax(-1).tolist() == made
        at += len(alone)
    assert at == len(batch)


def arrays_are_read() -> None:
    """Of both integer types."""
    for kind in "<i4", "<i8":
        np.save(folder() / "tokens.npy", np.array([[1, 2], [3, 4]], kind))
        done = start("--reference", "--tokens", folder() / "tokens.npy", "--steps", 3)
        assert [[int(word) for word in line.split()] for line in done.stdout.splitlines()] == generated("1 2\n3 4", "--steps", 3)


def generation_ends_with_a_stop_token_or_the_context() -> None:
    """A stop token of generation_config.json is the last one; a full context allows one token more."""
    made = generated("1 2 3", "--steps", 100)[0]
    assert len(made) == CONTEXT - 3 + 1
    config = folder() / "generation_config.json"
    for stops in made[4], [made[4]]:
        config.write_text(json.dumps({"eos_token_id": stops}))
        assert generated("1 2 3", "--steps", 100)[0] == made[:made.index(made[4]) + 1]
    config.unlink()


def chunks_change_no_token() -> None:
    """Token by token through the cache, or by three: the logits of the whole prompt at once."""
    rows = folder() / "rows.npy"
    made, expected = generated("1 2 3 4 5 6 7\n8 9", "--steps", 2, "--logits", rows), np.load(rows)
    for chunk in 1, 3:
        assert generated("1 2 3 4 5 6 7\n8 9", "--steps", 2, "--logits", rows, "--chunk", chunk) == made
        assert np.abs(np.load(rows) - expected).max() < 1e-6 * np.abs(expected).max()


def seeds_repeat() -> None:
    """And differ from each other."""
    draws = [generated("1", "--steps", 20, "--temperature", 3, "--seed", seed) for seed in (1, 1, 2)]
    assert draws[0] == draws[1] != draws[2]


def refuses(sentence: str, *options: object, status: int = 2) -> None:
    """One sentence and nothing else."""
    done = start(*options)
    assert (done.returncode, done.stdout, done.stderr) == (status, "", sentence + "\n"), done


def bad_usage_is_refused() -> None:
    """Exit status 2."""
    tokens = folder() / "tokens.txt"
    tokens.write_text("1 2")
    refuses("either --kernels FILE.so or --reference is needed", "--tokens", tokens)
    refuses("one of --prompt, --tokens and --encoder-tokens is needed", "--reference")
    refuses("--prompt excludes --tokens and --encoder-tokens", "--reference", "--tokens", tokens, "--prompt", "hi")
    refuses("--prompt excludes --tokens and --encoder-tokens", "--reference", "--encoder-tokens", tokens, "--prompt", "hi")
    refuses("--compare needs --kernels FILE.so", "--reference", "--tokens", tokens, "--compare")
    refuses("unknown option --step (--help lists them)", "--reference", "--step", 3)
    refuses('--steps is "3x"; expected a whole number from 0 to 16776960', "--steps", "3x")
    refuses('--top-p is "nan"; expected a number from 0 to 1', "--top-p", "nan")
    refuses("--tokens needs a value", "--tokens")
    assert start("--help").returncode == 0


def bad_input_is_refused() -> None:
    """Exit status 2."""
    tokens, words = folder() / "tokens.txt", ("--reference", "--tokens", folder() / "tokens.txt")
    tokens.write_text("1 2")
    refuses("tiny has no encoder; --encoder-tokens is not for it", *words, "--encoder-tokens", tokens)
    tokens.write_text(" ".join(["1"] * (CONTEXT + 1)))
    refuses(f"the prompt has {CONTEXT + 1} tokens; the context of tiny is {CONTEXT}", *words)
    tokens.write_text(f"1 {VOCAB}")
    refuses(f"token 1 of sequence 0 is {VOCAB}; tokens of tiny are 0 to {VOCAB - 1}", *words)
    tokens.write_text("1")
    config = folder() / "generation_config.json"
    config.write_text('{"eos_token_id": "x"}')
    refuses(f"{config}: eos_token_id is not a token id, or a list of at most 256", *words)
    config.unlink()
    refuses(f"{folder()}/none.so: no shared object to load: {folder()}/none.so: cannot open shared object file: "
            "No such file or directory", "--kernels", folder() / "none.so", "--tokens", tokens)


if __name__ == "__main__":
    harness.run(a_batch_is_like_its_sequences, arrays_are_read, generation_ends_with_a_stop_token_or_the_context,
                chunks_change_no_token, seeds_repeat, bad_usage_is_refused, bad_input_is_refused)
