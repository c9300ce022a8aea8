"""`make demo` and `make local`, as a newcomer runs them: in a pipe, from the project's folder."""

import os
import re
import shlex
import signal
import subprocess
import sys
import threading
import time
from contextlib import suppress
from pathlib import Path
from urllib.parse import unquote, urlsplit

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
    *_, good, bad, warned = output.rstrip().splitlines()
    for page, verdict in zip((good, bad, warned), verdicts, strict=True):
        file = Path(unquote(urlsplit(page.strip()).path))
        assert file.is_relative_to(ROOT / ".local/demo")
        assert f"<title>{verdict} " in file.read_text(encoding="utf-8")
    assert list(temporary.iterdir()) == []
    assert left_behind(temporary) == []


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_local_gate_does_as_it_says(temporary: Path, number: signal.Signals) -> None:
    with run("local.serve", temporary) as gate:
        patience = threading.Timer(90, gate.terminate)
        patience.start()
        try:
            said = read_until(gate, "Ctrl-C")
            settings = dict(re.findall(r"^  export (\w+)=(.*)$", said, re.MULTILINE))
            for command in re.findall(r"^  (\.venv/bin/.*)$", said, re.MULTILINE):
                subprocess.run(shlex.split(command), cwd=ROOT, env=os.environ | settings, check=True)
            assert "Manifest VALID" in read_until(gate, "my.manifest")
        finally:
            patience.cancel()
            gate.send_signal(number)
            gate.communicate(timeout=20)
    assert list(temporary.iterdir()) == []
    assert left_behind(temporary) == []


def read_until(process: subprocess.Popen[str], text: str) -> str:
    """What it prints, up to the line with the text."""
    assert process.stdout
    lines = []
    for line in process.stdout:
        lines.append(line)
        if text in line:
            break
    return "".join(lines)


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
