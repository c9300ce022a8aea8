"""How much memory a judgement takes, in a process of its own, by the number of lines."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Final

from bench.document import Bar, bars, measured, table
from bench.effort import Effort
from bench.manifests import BUCKET
from bench.simulated import Numbered
from core.shelf import BUDGET

ROOT: Final = Path(__file__).parent.parent
MOST_MEGABYTES: Final = 100
MOST_BYTES_AN_IMAGE: Final = 24
REFERENCE_BYTES: Final = len(f"s3://{BUCKET}/{Numbered(1)[0]}")
"""What the gate holds of each image's key, up to its budget."""
SMALL_BUDGET: Final = 16 * 1024**2

WAYS: Final[Mapping[str, tuple[str, ...]]] = {
    "lines alone, rising": ("--rising",),
    "lines alone, in no order": (),
    "with images, rising": ("--images", "--rising"),
    "with images, in no order": ("--images",),
}
PAST: Final = f"with images, in no order, {SMALL_BUDGET // 1024**2} MiB for keys"
_MEGABYTE: Final = 1_000_000

Peaks = Mapping[int, int]
"""Bytes, by the number of lines."""


def measure(effort: Effort) -> str:
    """Measures, and returns the tables."""
    found = {way: _peaks(effort.memory_lines, options) for way, options in WAYS.items()}
    past = _peaks(effort.memory_lines, ("--images", f"--budget={SMALL_BUDGET}"))
    *_, shorter, longest = effort.memory_lines
    verdicts = [*(_within(way, peaks, longest) for way, peaks in found.items()), _flat(past, shorter, longest)]
    header = ["lines", *(f"{way}, MB" for way in (*found, PAST))]
    rows = (
        [f"{lines:,}", *(f"{peaks[lines] / _MEGABYTE:,.0f}" for peaks in (*found.values(), past))]
        for lines in effort.memory_lines
    )
    about = (
        f"The most memory that a process ever had (VmHWM). A reference has {REFERENCE_BYTES} bytes. The bar is "
        f"{MOST_MEGABYTES} MB, {MOST_BYTES_AN_IMAGE} bytes an image, and the references once, up to "
        f"{BUDGET // 1024**2} MiB: lines alone hold them, too, to tell repeated ones."
    )
    return measured("\n\n".join([about, bars(verdicts), table(header, rows)]))


def most(images: int) -> int:
    """What a process may take that judges so many images, in bytes."""
    return MOST_MEGABYTES * _MEGABYTE + MOST_BYTES_AN_IMAGE * images + min(REFERENCE_BYTES * images, BUDGET)


def _within(way: str, peaks: Peaks, lines: int) -> Bar:
    peak, allowed = peaks[lines], most(lines)
    wanted, told = (f"{size / _MEGABYTE:,.0f} MB" for size in (allowed, peak))
    return Bar(f"peak memory, {lines:,} {way}", wanted, told, peak <= allowed)


def _flat(peaks: Peaks, shorter: int, longest: int) -> Bar:
    """Past the budget, what an image takes beside its key."""
    growth = max(0, peaks[longest] - peaks[shorter]) / (longest - shorter)
    figure = f"bytes a further image, {longest:,} against {shorter:,} lines {PAST}"
    return Bar(figure, f"{MOST_BYTES_AN_IMAGE}", f"{growth:,.0f}", growth <= MOST_BYTES_AN_IMAGE)


def _peaks(sizes: Iterable[int], options: tuple[str, ...]) -> Peaks:
    return {lines: peak(lines, *options) for lines in sizes}


def peak(lines: int, *options: str) -> int:
    """The most memory of a process that judges so many lines, in bytes."""
    command = [sys.executable, "-m", "bench.memory_probe", str(lines), *options]
    told = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    return int(json.loads(told)["peak"])
