"""attngen tune: a short run writes a table; emit uses it while it fits, names it stale otherwise, and results stay right."""

import re
import shutil
import subprocess
import tempfile
from functools import cache
from pathlib import Path

from harness import ATTNGEN, ROOT, attngen, need, run

CONFIG = 'name = "tiny"\nattention = { heads = 2, kv_heads = 1, d_k = 32, mask = causal() }\n'
PLAN = "unroll=4"


def attngen_all(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    """Runs attngen to whatever end it comes to."""
    need(ATTNGEN, "ninja builds it")
    return subprocess.run([ATTNGEN, *arguments], cwd=ROOT, capture_output=True, text=True)


@cache
def tuning() -> tuple[str, str]:
    """What a tuning of three seconds prints, and the table that it writes."""
    with tempfile.TemporaryDirectory() as name:
        config, table = Path(name, "tiny.lua"), Path(name, "tables/table.lua")
        config.write_text(CONFIG)
        return attngen("tune", config, "--target", "scalar", "--seconds", "3", "-o", table), table.read_text()


class Folder:
    """A temporary folder with a config and the table of its tuning."""

    def __enter__(self) -> "Folder":
        self.temporary = tempfile.TemporaryDirectory()
        self.path = Path(self.temporary.name)
        self.config, self.table = self.path / "tiny.lua", self.path / "table.lua"
        self.config.write_text(CONFIG)
        self.table.write_text(tuning()[1])
        return self

    def __exit__(self, *error: object) -> None:
        self.temporary.cleanup()

    def edit(self, pattern: str, replacement: str) -> None:
        """Changes the table in one place at least."""
        text = self.table.read_text()
        changed = re.sub(pattern, lambda _: replacement, text)
        assert changed != text, f"{pattern} is not in\n{text}"
        self.table.write_text(changed)

    def emit(self, *more: str | Path) -> subprocess.CompletedProcess[str]:
        """Emits with the table."""
        return attngen_all("emit", self.config, "-o", self.path / "out", "--tuned", self.table, *more)

    def kernels(self) -> str:
        """The emitted kernels of the scalar target."""
        text = (self.path / "out/tiny.c").read_text()
        start = text.index("/* Target scalar")
        return text[start : text.index("static const struct attn_attention", start)]


def table_is_written_and_used() -> None:
    """A plan in the table becomes the emitted plan, in one line that says so; --tuned none leaves it out."""
    with Folder() as folder:
        assert re.search(r"^attention on scalar\n  order +\d+ of +\d+ plans, noise .*\n", tuning()[0]), tuning()[0]
        groups = re.findall(r"^  (\w+) +(?:\d+ of|not tried)", tuning()[0], re.MULTILINE)
        assert groups[:9] == ["order", "fetch", "decode", "columns", "rows", "append", "scores", "block", "values"], tuning()[0]
        assert '"decode q=1 kv=4096", "append q=8 kv=4096", "append q=32 kv=4096" }' in tuning()[1], tuning()[1]
        folder.edit(r'(?<=\n    plan = )"[^"]*"', f'"{PLAN}"')
        done = folder.emit()
        assert done.returncode == 0 and "attention on scalar" in done.stderr and f"tuned: {PLAN}" in done.stderr, done
        tuned = folder.kernels()
        attngen("emit", folder.config, "-o", folder.path / "out", "--tuned", "none")
        assert tuned != folder.kernels(), "the plan of the table makes no difference"
        attngen("emit", folder.config, "-o", folder.path / "out", "--target", "scalar", "--plan", PLAN)
        assert tuned == folder.kernels(), "the plan of the table is not the one that --plan makes"


def tuned_kernels_are_right() -> None:
    """check takes the table too."""
    with Folder() as folder:
        folder.edit(r'(?<=\n    plan = )"[^"]*"', f'"{PLAN}"')
        done = attngen_all("check", folder.config, "--target", "scalar", "--tuned", folder.table)
        assert done.returncode == 0 and f"tuned: {PLAN}" in done.stderr and "1 passed, 0 failed" in done.stdout, done


def wrong_plans_are_not_taken() -> None:
    """Templates that skip all work for small tiles: that is the fastest plan of all, but it disagrees with the reference."""
    with tempfile.TemporaryDirectory() as name:
        templates, config, table = Path(name, "templates"), Path(name, "tiny.lua"), Path(name, "table.lua")
        shutil.copytree(ROOT / "templates", templates)
        prefill = templates / "softmax/prefill.c.t"
        text = prefill.read_text()
        start = "void prefill_run$F(const struct attn_args *args, int pass, int64_t task, void *scratch)\n{\n"
        assert start in text, "the function to break is not in the template"
        prefill.write_text(text.replace(start, start + "    if (TILE$F < 64)\n        return;\n"))
        config.write_text(CONFIG)
        done = attngen_all("tune", config, "--target", "scalar", "--seconds", "4", "-o", table, "--templates", templates)
        assert done.returncode == 0 and re.search(r"the plan tile=\d+ disagrees with the reference and is not taken", done.stderr), done
        assert "tile=" not in re.search(r'\n    plan = "([^"]*)"', table.read_text())[1], table.read_text()


def latent_attention_says_from_where_naive_is_faster() -> None:
    """A line and a field of the entry, which is read again."""
    with tempfile.TemporaryDirectory() as name:
        config, table = Path(name, "latent.lua"), Path(name, "table.lua")
        config.write_text('name = "latent"\nattention = { heads = 2, mla = { kv_rank = 16, nope = 8, rope = 4, v = 8, form = absorbed }, '
                          'mask = causal(), position = rope { base = 1e4, pairing = half } }\n')
        said = attngen("tune", config, "--target", "scalar", "--seconds", "1", "-o", table)
        found = re.search(r"behind 1024 cached tokens the naive form, unfolded at the FMA peak, is (?:faster from (\d+) new ones on|not faster)", said)
        assert found and f"\n    naive_from = {found[1] or 0},\n" in table.read_text(), (said, table.read_text())
        done = attngen_all("emit", config, "-o", name, "--tuned", table)
        assert done.returncode == 0 and "stale" not in done.stderr, done
    assert "\n    naive_from" not in tuning()[1]


MIXED = """
attention = { floats = { heads = 1, d_k = 32, mask = causal() }, halves = { heads = 1, d_k = 32, mask = causal(), cache = bf16, compute = bf16 } }
layers = { "floats", "halves" }
"""


def definitions_of_other_computes_are_left_out() -> None:
    """A target for one compute is for the definitions that have it, which is said; without one, each has its own."""
    with tempfile.TemporaryDirectory() as name:
        config, table = Path(name, "mixed.lua"), Path(name, "table.lua")
        config.write_text(MIXED)
        done = attngen_all("tune", config, "--seconds", "1", "-o", table)
        assert done.returncode == 0 and re.search(r"^floats on \w+\n(.*\n)*halves on \w+\n", done.stdout), done
        entries = re.findall(r'definition = ".*compute=(\w+).*\n    target = "(\w+)"|\n    target = "(\w+)"', table.read_text())
        assert len(entries) == 2, table.read_text()
        done = attngen_all("emit", config, "-o", name, "--tuned", table)
        assert done.returncode == 0 and "stale" not in done.stderr, done
        if "avx512_bf16" in attngen("check", config, "--target", "scalar,avx512_bf16").split("skip")[0]:
            done = attngen_all("tune", config, "--seconds", "1", "-o", table, "--target", "avx512_bf16")
            assert done.returncode == 0 and done.stdout.startswith(
                "floats is left out: it computes in f32, and avx512_bf16 does not\nhalves on avx512_bf16\n"), done
        config.write_text(CONFIG)
        done = attngen_all("tune", config, "--target", "avx512_bf16")
        assert (done.returncode, done.stderr) == (
            2, "attngen: --target: avx512_bf16 is for compute = bf16, which no attention here has\n"), done


def stale_entries_are_named_and_not_used() -> None:
    """Another compiler, other kernels, another CPU."""
    for pattern, replacement, sentence in (
        (r'compiler = "[^"]*"', 'compiler = "clang version 1.0"', "stale, not used: it was tuned for clang version 1.0"),
        (r'kernels = "[^"]*"', 'kernels = "0123456789abcdef"', "stale, not used: the templates make other kernels now"),
        (r'cpu = "[^"]*"', 'cpu = "Pentium"', "not used: it is for Pentium, and this is "),
    ):
        with Folder() as folder:
            folder.edit(r'(?<=\n    plan = )"[^"]*"', f'"{PLAN}"')
            folder.edit(pattern, replacement)
            done = folder.emit()
            assert done.returncode == 0 and sentence in done.stderr and "tuned: " not in done.stderr, done
            used = folder.kernels()
            attngen("emit", folder.config, "-o", folder.path / "out", "--tuned", "none")
            assert folder.kernels() == used, "a stale plan was used"


def bad_tables_are_refused() -> None:
    """Whatever a stranger wrote: a sentence at its line, exit status 2."""
    entry = ('definition = "d", target = "scalar", compiler = "c", kernels = "k", cases = { "prefill q=1 kv=1" }, plan = "%s", '
             'ms = { 1 }, default_ms = { %s }, tried = {}')
    for text, sentence in (
        ('cpu = 3\nentries = {}', "table.lua:1: cpu is 3; expected a text"),
        ('cpu = "x"', "table.lua: entries is missing; expected a list of at most 4096"),
        ('cpu = "x"\nentries = { 1 }', "table.lua:2: is no entry"),
        ('cpu = "x"\nentries = { { ' + entry % ("tile=1e9", "1") + ' } }', "table.lua:2: plan: tile is '1e9'; expected a whole number"),
        ('cpu = "x"\nentries = { { ' + entry % ("block=128", "1") + ' } }', "table.lua:2: the plan changes the blocks of the cache"),
        ('cpu = "x"\nentries = { { ' + entry % ("", "0") + ' } }', "is no time; expected milliseconds, above 0"),
        ('cpu = "x"\nentries = { { ' + entry % ("", "1, 2") + ' } }', "has another number of times than there are cases"),
        ('cpu = "x"\nentries = { { ' + entry % ("", "1") + ', naive_from = -1 } }', "naive_from is -1; expected a whole number from 0"),
        ('while true do end', "still runs after"),
        ('cpu = os.getenv("HOME")', "unknown word 'os'"),
    ):
        with tempfile.TemporaryDirectory() as name:
            table = Path(name, "table.lua")
            table.write_text(text)
            done = attngen_all("emit", "configs/mine.lua", "-o", name, "--tuned", table)
            assert done.returncode == 2 and sentence in done.stderr, (text, done)


def wrong_usage_ends_with_2() -> None:
    """Options that do not go together."""
    for arguments, sentence in (
        (["emit", "configs/mine.lua", "--tuned", "x.lua", "--plan", "tile=32"],
         "attngen: --tuned has no effect with --plan, which says what the plans are\n"),
        (["tune", "configs/mine.lua", "--report", "x.txt"], "attngen: --report is 'x.txt'; expected a file that ends in .svg or .png\n"),
        (["tune", "configs/mine.lua", "--target", "avx2,scalar"],
         "attngen: --target is 'avx2,scalar'; tune takes one target, as `attngen list targets` prints them\n"),
    ):
        done = attngen_all(*arguments)
        assert (done.returncode, done.stderr) == (2, sentence), done


run(table_is_written_and_used, tuned_kernels_are_right, wrong_plans_are_not_taken, latent_attention_says_from_where_naive_is_faster, definitions_of_other_computes_are_left_out,
    stale_entries_are_named_and_not_used, bad_tables_are_refused,
    wrong_usage_ends_with_2)
