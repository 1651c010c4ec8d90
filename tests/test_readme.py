"""What the README shows as a worked example does what it says: a mask of one's own is one file."""

import re
import shutil
import tempfile
from pathlib import Path

import harness

README = (harness.ROOT / "README.md").read_text()


def block(name: str) -> str:
    """The README's Lua of that name."""
    found = [text for text in re.findall(r"```lua\n(.*?)```", README, re.DOTALL) if f'name = "{name}"' in text]
    assert len(found) == 1, f"the README has {len(found)} examples of {name}"
    return found[0]


def a_mask_of_ones_own_is_one_file() -> None:
    """The descriptor in a copy of the templates: listed, explained as the README says, and equal to the reference."""
    with tempfile.TemporaryDirectory() as name:
        templates, config = Path(name) / "templates", Path(name) / "mine.lua"
        shutil.copytree(harness.ROOT / "templates", templates)
        (templates / "mask/block_causal.lua").write_text(block("block_causal"))
        config.write_text("attention = { heads = 4, kv_heads = 2, d_k = 32, mask = block_causal(16) }\n")
        assert "block_causal { size }" in harness.attngen("list", "masks", "--templates", templates)
        explained = harness.attngen("explain", config, "--templates", templates)
        assert 'mask="k // 16 <= q // 16"' in explained
        assert "q=5: k 0..15" in explained
        assert "every empty and every full tile is proved to be one" in explained
        harness.attngen("check", config, "--templates", templates, "--target", "scalar")


def examples() -> list[str]:
    """The README's configs, and its single fields as attentions of 8 heads."""
    blocks = [text for text in re.findall(r"```lua\n(.*?)```", README, re.DOTALL) if "sees =" not in text]
    fields = [field for text in blocks if "attention =" not in text for field in re.split(r"\n(?=\w+ *=)", text.strip())]
    return [text for text in blocks if "attention =" in text] + [f"attention = {{ heads = 8, d_k = 64,\n{field}\n}}\n" for field in fields]


def every_example_is_a_config() -> None:
    """What a reader copies is accepted."""
    with tempfile.TemporaryDirectory() as name:
        config = Path(name) / "example.lua"
        for text in examples():
            config.write_text(text)
            harness.attngen("emit", config, "--target", "scalar", "-o", name)


if __name__ == "__main__":
    harness.run(a_mask_of_ones_own_is_one_file, every_example_is_a_config)
