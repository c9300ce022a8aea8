import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from cli.main import build_parser
from tools.generate_docs import ROOT

README = (ROOT / "README.md").read_text(encoding="utf-8")
DOCUMENTS = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/*.md")])
CONSOLES = re.findall(r"```console\n(.*?)```", README, re.DOTALL)
SHELLS = re.findall(r"```sh\n(.*?)```", README, re.DOTALL)
GATE = re.compile(r"`manifest-gate ([^`]+)`")
LINK = re.compile(r"\]\((?!https?://)([^)#]+)\)")


def targets() -> set[str]:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    return set(re.findall(r"^([a-z-]+):.*##", makefile, re.MULTILINE))


@pytest.mark.parametrize("console", CONSOLES)
def test_a_console_shows_what_the_command_prints(console: str) -> None:
    command, _, shown = console.removeprefix("$ ").partition("\n")
    program, *arguments = shlex.split(command)
    assert program == ".venv/bin/manifest-gate"

    environment = {name: value for name, value in os.environ.items() if name != "FORCE_COLOR"}
    run = subprocess.run(
        [sys.executable, "-m", "cli.main", *arguments],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )

    assert run.stdout == shown
    assert run.stderr == ""


def test_the_readme_shows_a_console() -> None:
    assert CONSOLES


def test_every_make_target_that_is_named_exists() -> None:
    named = {
        target for text in [README, *SHELLS] for target in re.findall(r"(?:`|^)make ([a-z-]+)", text, re.MULTILINE)
    }

    assert {"demo", "test"} <= named
    assert named <= targets()


@pytest.mark.parametrize("command", GATE.findall(README.replace("\n", " ")))
def test_every_command_that_is_named_is_understood(command: str) -> None:
    assert build_parser().parse_args(shlex.split(command)).run


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_links_lead_somewhere(document: Path) -> None:
    for target in LINK.findall(document.read_text(encoding="utf-8")):
        assert (document.parent / target).exists(), target
