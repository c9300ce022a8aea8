"""How fast lines are judged: the whole pipeline without existence checks, against the baseline in the same round."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Final, NamedTuple

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
        gate, microseconds, ways, parts = _kinds(files, effort)
        others = _others(files, effort)
    fastest = max(ways["clean"][way].alone.median for way in VARIANTS)
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
    variants = table(
        [
            "the baseline written in another way",
            *(f"times as fast, {KINDS[name].title}" for name in BARS),
            *(f"the gate, times as fast as this, {KINDS[name].title}" for name in BARS),
        ],
        (
            [way, *(str(ways[name][way].alone) for name in BARS), *(str(ways[name][way].gate) for name in BARS)]
            for way in VARIANTS
        ),
    )
    floors = table(["a part of the work alone", "times as fast, clean"], ((part, str(parts[part])) for part in FLOORS))
    peer = table(["peer", "what it checks", "times as fast, clean", "times as fast, 5 % bad"], others)
    inputs = f"{effort.lines:,} lines a manifest, {effort.rounds} rounds; median (least to most) of wall time."
    return measured("\n\n".join([inputs, bars([*found, close]), kinds, variants, floors, peer]))


def _contenders(kind: Kind, path: Path) -> dict[str, Callable[[], object]]:
    return {
        BASELINE: partial(judge, path, RULES[kind.consumer]),
        GATE: partial(judge_lines, path, kind.consumer),
    }


class _Way(NamedTuple):
    """Another way to write the baseline: how fast it is, and how fast the gate is beside it."""

    alone: Spread
    gate: Spread


_Measured = tuple[dict[str, Spread], dict[str, float], dict[str, dict[str, _Way]], dict[str, Spread]]


def _kinds(files: Mapping[str, Path], effort: Effort) -> _Measured:
    """By kind: the gate against the baseline, the baseline's time, other ways to write it; by name: parts, clean."""
    gate: dict[str, Spread] = {}
    microseconds: dict[str, float] = {}
    ways: dict[str, dict[str, _Way]] = {}
    parts: dict[str, Spread] = {}
    for name, kind in KINDS.items():
        contenders = _contenders(kind, files[name])
        if name in BARS:
            contenders |= {
                way: partial(variant, files[name], RULES[kind.consumer]) for way, variant in VARIANTS.items()
            }
        if name == "clean":
            contenders |= {part: partial(floor, files[name]) for part, floor in FLOORS.items()}
        times = in_turn(contenders, effort.rounds).seconds
        speed = speeds(times, BASELINE)
        gate[name] = speed[GATE]
        microseconds[name] = Spread.of(times[BASELINE]).median / effort.lines * _MICRO
        ways[name] = {way: _Way(speed[way], speeds(times, way)[GATE]) for way in VARIANTS if way in speed}
        parts |= {part: speed[part] for part in FLOORS if part in speed}
    return gate, microseconds, ways, parts


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
