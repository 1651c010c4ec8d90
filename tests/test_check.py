"""attngen check: random definitions agree with the reference, and a fault in a template is found."""

import re
import shutil
import subprocess
import tempfile
from pathlib import Path

from harness import ATTNGEN, ROOT, attngen, need, run

SUMMARY = re.compile(r"^check: (\d+) passed, (\d+) failed, (\d+) skipped; largest error \S+; seed \d+$")
CONFIG = 'attention = { heads = 2, kv_heads = 1, d_k = 20, mask = causal() }\n'


def check(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    """Runs attngen check to whatever end it comes to."""
    need(ATTNGEN, "ninja builds it")
    return subprocess.run([ATTNGEN, "check", *arguments], cwd=ROOT, capture_output=True, text=True)


def counts(output: str) -> tuple[int, int, int]:
    """passed, failed and skipped, of the last line."""
    found = SUMMARY.match(output.splitlines()[-1])
    assert found, output
    passed, failed, skipped = map(int, found.groups())
    return passed, failed, skipped


def random_definitions_agree() -> None:
    """Every target that this CPU has; the others are named as skipped."""
    passed, failed, skipped = counts(attngen("check", "--random", "200", "--seed", "1"))
    assert passed >= 200 and failed == 0, f"{passed} passed, {failed} failed"
    if skipped:
        print(f"skip random_definitions_on_other_targets: this CPU does not have them ({skipped} checks)", flush=True)


def fault_in_template_is_found() -> None:
    """Outputs a hundredth of a percent too large fail, with what is needed to repeat it, and exit 1."""
    with tempfile.TemporaryDirectory() as folder:
        templates, config = Path(folder, "templates"), Path(folder, "faulty.lua")
        shutil.copytree(ROOT / "templates", templates)
        target = templates / "softmax" / "target.c.t"
        text = target.read_text()
        faulty = text.replace("1.0f / l", "1.0001f / l")
        assert faulty != text, "the line to break is not in the template"
        target.write_text(faulty)
        config.write_text(CONFIG)
        done = check(config, "--target", "scalar", "--templates", templates)
    assert done.returncode == 1, done.stdout + done.stderr
    assert counts(done.stdout) == (0, 1, 0)
    assert done.stdout.startswith("fail softmax heads=2 kv_heads=1 d_k=20 "), done.stdout
    assert "target=scalar: prefill at once: o of row" in done.stdout and "seed 1" in done.stdout, done.stdout


def runner_runs_the_program() -> None:
    """A runner with an argument stands before the program; one that does not exist ends with 2."""
    with tempfile.TemporaryDirectory() as folder:
        config = Path(folder, "runner.lua")
        config.write_text(CONFIG)
        assert counts(attngen("check", config, "--target", "scalar", "--runner", "env ATTNGEN_RUNNER=1")) == (1, 0, 0)
        done = check(config, "--target", "scalar", "--runner", "/nowhere/runner")
    assert done.returncode == 2, done.stdout + done.stderr


def wrong_usage_ends_with_2() -> None:
    """A config or random definitions, one of the two."""
    for arguments, sentence in (
        ([], "attngen: check needs a config or --random N\n"),
        (["a.lua", "--random", "3"], "attngen: check takes a config or --random N, not both\n"),
    ):
        done = check(*arguments)
        assert (done.returncode, done.stderr) == (2, sentence), done


run(random_definitions_agree, fault_in_template_is_found, runner_runs_the_program, wrong_usage_ends_with_2)
