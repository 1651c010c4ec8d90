"""What a type of cache costs a model: its perplexity on a text, for each type beside that of f32.

    build/venv/bin/python scripts/perplexity.py [FOLDER] [--text FILE] [--tokens N] [--types TYPE...]

The text is by default the beginning of Alice's Adventures in Wonderland, after Lewis Carroll (1865), in the public domain.
"""

import argparse
import subprocess
import tempfile
from pathlib import Path

import numpy as np
import tokenizers

ROOT = Path(__file__).resolve().parent.parent
FOLDER = ROOT / "models" / "smollm2"
TEXT = ROOT / "tests" / "alice.txt"
TYPES = ["f32", "f16", "bf16", "int8", "int8 { block = 32 }", "fp8", "int4", "{ k = int8, v = int4 }"]


def text_tokens(folder: Path, text: Path, most: int) -> list[int]:
    """The first tokens of a text, as the folder's tokenizer cuts it."""
    return tokenizers.Tokenizer.from_file(str(folder / "tokenizer.json")).encode(text.read_text()).ids[:most]


def logits(folder: Path, tokens: list[int], cache: str) -> np.ndarray:
    """Those of the token behind each, by attngen: (tokens, vocabulary)."""
    with tempfile.TemporaryDirectory() as name:
        ids, rows = Path(name) / "tokens.txt", Path(name) / "logits.npy"
        ids.write_text(" ".join(map(str, tokens)) + "\n")
        subprocess.run([ROOT / "build/attngen", "run", folder, "--tokens", ids, "--steps", "0", "--logits", rows,
                        "--cache-type", cache], check=True, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
        return np.load(rows)


def perplexity(rows: np.ndarray, tokens: list[int]) -> float:
    """exp of the mean of -log p of each token but the first, given those before it."""
    losses = []
    for row, token in zip(rows[:-1], tokens[1:], strict=True):
        row = row.astype(np.float64)
        losses.append(row.max() + np.log(np.exp(row - row.max()).sum()) - row[token])
    return float(np.exp(np.mean(losses)))


def main() -> None:
    """Prints the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", nargs="?", type=Path, default=FOLDER, metavar="FOLDER", help="of the model (models/smollm2)")
    parser.add_argument("--text", type=Path, default=TEXT, help="what is read (tests/alice.txt)")
    parser.add_argument("--tokens", type=int, default=2000, help="of the text, at most (2000)")
    parser.add_argument("--types", nargs="+", default=TYPES, help="as --cache-type takes them; those of attngen by default")
    options = parser.parse_args()
    tokens = text_tokens(options.folder, options.text, options.tokens)
    base = perplexity(logits(options.folder, tokens, "f32"), tokens)
    print(f"{len(tokens)} tokens of {options.text.name}\n\n| cache | perplexity | beside f32 |\n| --- | --- | --- |")
    for cache in options.types:
        value = base if cache == "f32" else perplexity(logits(options.folder, tokens, cache), tokens)
        print(f"| `{cache}` | {value:.4f} | {100 * (value / base - 1):+.2f} % |", flush=True)


if __name__ == "__main__":
    main()
