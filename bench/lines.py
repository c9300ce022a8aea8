"""How fast lines are judged: the whole pipeline without existence checks, against the baseline in the same round."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Final

from bench.baseline import judge
from bench.baseline_variants import VARIANTS
from bench.careful import RULES
from bench.document import Bar, bars, measured, table
from bench.effort import Effort
from bench.floors import FLOORS
from bench.gate import judge_lines
from bench.manifests import KINDS, Kind
from bench.peers import peers
from bench.rounds import Spread, in_turn, speeds

GATE: Final = "the gate"
BASELINE: Final = "the baseline"
BARS: Final = {"clean": 4.0, "bad": 2.2}
"""How many times as fast as the baseline the gate is to be, by kind of manifest."""
CLOSE: Final = 1.1
"""No other way to write the baseline may be faster by more."""

_MICRO: Final = 1e6


def measure(effort: Effort) -> str:
    """Measures, and returns the tables."""
    with tempfile.TemporaryDirectory(prefix="manifest-gate-") as folder:
        files = {kind.name: kind.write(Path(folder), effort.lines) for kind in KINDS.values()}
        gate, microseconds, ways = _kinds(files, effort)
        others = _others(files, effort)
    fastest = max(ways[way].median for way in VARIANTS)
    found = [
        Bar(
            f"lines a second, {KINDS[name].title}",
            f"{bar:g} times",
            f"{gate[name].median:.2f} times",
            gate[name].median >= bar,
        )
        for name, bar in BARS.items()
    ]
    close = Bar("other ways to write the baseline", f"{CLOSE:g} times", f"{fastest:.2f} times", fastest <= CLOSE)
    kinds = table(
        ["manifest", "the gate, times as fast as the baseline", "the baseline, µs a line"],
        ((KINDS[name].title, str(gate[name]), f"{microseconds[name]:.2f}") for name in KINDS),
    )
    variants, floors = (
        table([title, "times as fast, clean"], ((name, str(ways[name])) for name in names))
        for title, names in (("the baseline written in another way", VARIANTS), ("a part of the work alone", FLOORS))
    )
    peer = table(["peer", "what it checks", "times as fast, clean", "times as fast, 5 % bad"], others)
    inputs = f"{effort.lines:,} lines a manifest, {effort.rounds} rounds; median (least to most) of wall time."
    return measured("\n\n".join([inputs, bars([*found, close]), kinds, variants, floors, peer]))


def _contenders(kind: Kind, path: Path) -> dict[str, Callable[[], object]]:
    return {
        BASELINE: partial(judge, path, RULES[kind.consumer]),
        GATE: partial(judge_lines, path, kind.consumer),
    }


def _kinds(files: Mapping[str, Path], effort: Effort) -> tuple[dict[str, Spread], dict[str, float], dict[str, Spread]]:
    """By kind: the gate against the baseline, and the baseline's time; by name: other ways and parts, clean."""
    gate: dict[str, Spread] = {}
    microseconds: dict[str, float] = {}
    ways: dict[str, Spread] = {}
    for name, kind in KINDS.items():
        contenders = _contenders(kind, files[name])
        if name == "clean":
            contenders |= {
                way: partial(variant, files[name], RULES[kind.consumer]) for way, variant in VARIANTS.items()
            }
            contenders |= {part: partial(floor, files[name]) for part, floor in FLOORS.items()}
        times = in_turn(contenders, effort.rounds).seconds
        speed = speeds(times, BASELINE)
        gate[name] = speed[GATE]
        microseconds[name] = Spread.of(times[BASELINE]).median / effort.lines * _MICRO
        ways |= {way: spread for way, spread in speed.items() if way not in (GATE, BASELINE)}
    return gate, microseconds, ways


def _others(files: Mapping[str, Path], effort: Effort) -> list[list[str]]:
    """The peers' rows."""
    everyone = peers()
    columns: dict[str, dict[str, Spread]] = {}
    for name in BARS:
        kind = KINDS[name]
        contenders: dict[str, Callable[[], object]] = {BASELINE: partial(judge, files[name], RULES[kind.consumer])}
        for peer in everyone:
            if peer.absent is None and not (kind.bad and peer.stops):
                contenders[peer.name] = partial(peer.judge, files[name])
        columns[name] = speeds(in_turn(contenders, effort.rounds).seconds, BASELINE)
    rows = []
    for peer in everyone:
        cells = [str(columns[name].get(peer.name, "stops at the first line that is no JSON")) for name in BARS]
        rows.append([peer.name, peer.checks, *(cells if peer.absent is None else [peer.absent] * len(BARS))])
    return rows
