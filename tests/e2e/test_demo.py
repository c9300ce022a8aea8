"""`make demo` and `make local`, as a newcomer runs them: in a pipe, from the project's folder."""

import os
import re
import shlex
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from local import ROOT


@pytest.fixture
def temporary(tmp_path: Path) -> Path:
    """Where the demo puts what it needs for a while; has to be empty at the end."""
    folder = tmp_path / "temporary"
    folder.mkdir()
    return folder


def test_demo_ends_by_itself_with_three_verdicts(temporary: Path) -> None:
    start = time.monotonic()
    demo = run("local.demo", temporary)
    output, _ = demo.communicate(timeout=120)

    assert demo.returncode == 0, output
    assert time.monotonic() - start < 60
    verdicts = re.findall(r"^  (VALID|INVALID|INCOMPLETE) ", output, re.MULTILINE)
    assert verdicts == ["VALID", "INVALID", "VALID"]
    assert "source-ref-other-bucket" in output
    assert "Published to the topic" in output
    assert "ManifestsRejectedAlarm" in output
    files = re.findall(r"^  (\.local/demo/.*/report\.json)$", output, re.MULTILINE)
    assert len(files) == 3
    assert all((ROOT / file).is_file() for file in files)
    assert list(temporary.iterdir()) == []
    assert left_behind(temporary) == []


@pytest.fixture
def gate(temporary: Path) -> Iterator[tuple[subprocess.Popen[str], list[str]]]:
    """`make local`, running, with what it has printed."""
    process = run("local.serve", temporary)
    assert process.stdout
    lines: list[str] = []
    for line in process.stdout:
        lines.append(line)
        if "Ctrl-C" in line:
            break
    yield process, lines
    process.kill()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_local_gate_does_as_it_says(
    gate: tuple[subprocess.Popen[str], list[str]], temporary: Path, number: signal.Signals
) -> None:
    process, lines = gate
    said = "".join(lines)
    settings = dict(re.findall(r"^  export (\w+)=(.*)$", said, re.MULTILINE))
    (drop,) = re.findall(r"^  (\.venv/bin/python .*)$", said, re.MULTILINE)
    (read,) = re.findall(r"^  (\.venv/bin/manifest-gate .*)$", said, re.MULTILINE)
    environment = os.environ | settings

    subprocess.run(shlex.split(drop), cwd=ROOT, env=environment, check=True)
    report = subprocess.run(shlex.split(read), cwd=ROOT, env=environment, capture_output=True, text=True, check=False)

    assert report.returncode == 0, report.stdout + report.stderr
    assert "VALID" in report.stdout
    assert process.stdout
    assert "VALID" in next(line for line in process.stdout if line.strip())
    process.send_signal(number)
    process.wait(timeout=20)
    assert list(temporary.iterdir()) == []
    assert left_behind(temporary) == []


def run(module: str, temporary: Path) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", module],
        cwd=ROOT,
        env=os.environ | {"TMPDIR": str(temporary)},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def left_behind(temporary: Path) -> list[str]:
    """The processes that have the folder in their environment."""
    found = []
    for environment in Path("/proc").glob("[0-9]*/environ"):
        with suppress(OSError):  # it ended meanwhile
            if os.fsencode(temporary) in environment.read_bytes():
                found.append(environment.parent.name)
    return found
