"""How much memory a judgement takes, in a process of its own, by the number of lines."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Final

from bench.document import Bar, bars, measured, table
from bench.effort import Effort

ROOT: Final = Path(__file__).parent.parent
MOST_MEGABYTES: Final = 100
MOST_BYTES_AN_IMAGE: Final = 24
WANTED_KEYS_MEGABYTES: Final = 256
"""What the wanted keys may take beside that, before they go to a file."""
FLAT: Final = 1.1
"""How much more the longest manifest may take than the shortest, to be called flat."""

_MEGABYTE: Final = 1_000_000


def measure(effort: Effort) -> str:
    """Measures, and returns the tables."""
    alone = {lines: peak(lines, images=False) for lines in effort.memory_lines}
    looked = {lines: peak(lines, images=True) for lines in effort.memory_lines}
    shortest, longest = effort.memory_lines[0], effort.memory_lines[-1]
    growth = alone[longest] / alone[shortest]
    added = looked[longest] - looked[shortest] - WANTED_KEYS_MEGABYTES * _MEGABYTE
    beyond = max(0, added) / (longest - shortest)
    found = [
        Bar(
            f"peak memory, {longest:,} lines alone",
            f"{MOST_MEGABYTES} MB",
            f"{alone[longest] / _MEGABYTE:,.0f} MB",
            alone[longest] <= MOST_MEGABYTES * _MEGABYTE,
        ),
        Bar(
            f"the same, against {shortest:,} lines",
            f"{FLAT:g} times (flat)",
            f"{growth:.2f} times",
            growth <= FLAT,
        ),
        Bar(
            f"bytes an image beyond {WANTED_KEYS_MEGABYTES} MB of wanted keys",
            f"{MOST_BYTES_AN_IMAGE}",
            f"{beyond:,.0f}",
            beyond <= MOST_BYTES_AN_IMAGE,
        ),
    ]
    rows = (
        [
            f"{lines:,}",
            *(
                cell
                for peaks in (alone, looked)
                for cell in (
                    f"{peaks[lines] / _MEGABYTE:,.0f}",
                    _a_line(peaks[lines], peaks[shortest], lines - shortest),
                )
            ),
        ]
        for lines in effort.memory_lines
    )
    header = ["lines", "lines alone, MB", "bytes a further line", "with images, MB", "bytes a further image"]
    return measured("\n\n".join(["The most memory that a process ever had (VmHWM).", bars(found), table(header, rows)]))


def _a_line(peak_bytes: int, least: int, lines: int) -> str:
    return f"{(peak_bytes - least) / lines:,.0f}" if lines else ""


def peak(lines: int, *, images: bool) -> int:
    """The most memory of a process that judges so many lines, in bytes."""
    command = [sys.executable, "-m", "bench.memory_probe", str(lines), *(["--images"] if images else [])]
    told = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    return int(json.loads(told)["peak"])
