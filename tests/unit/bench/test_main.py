import subprocess
import sys
from pathlib import Path

import pytest

from bench.__main__ import PARTS, main
from bench.document import DOCUMENT
from bench.machine import machine, package, program

ROOT = Path(__file__).parents[3]


@pytest.mark.parametrize("part", sorted(PARTS.keys() - {"start"}))
def test_a_quick_run_measures_and_writes_nothing(part: str) -> None:
    """Without `start`, which builds the artifact."""
    before = DOCUMENT.read_bytes()
    command = [sys.executable, "-m", "bench", "--quick", part]
    run = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)

    assert (run.returncode, run.stderr) == (0, "")
    assert run.stdout.startswith(f"## {part}\n")
    assert "\nMeasured 20" in run.stdout
    assert DOCUMENT.read_bytes() == before


def test_a_part_that_does_not_exist_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="2"):
        main(["speed"])
    assert "there is no part speed" in capsys.readouterr().err


def test_what_is_compared_is_named_with_its_version() -> None:
    assert package("pytest") == f"pytest {pytest.__version__}"
    assert package("no-such-package") == "no-such-package"
    assert program("no-such-program") == "no-such-program"
    assert "cores" in machine()
