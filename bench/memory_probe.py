"""One judgement of made-up lines in a process of its own: `python -m bench.memory_probe LINES`.

Prints, as JSON, the most memory that the process ever had, in bytes.
"""

from __future__ import annotations

import argparse
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from aws.scratch import TemporaryFile
from bench.gate import Sink
from bench.manifests import BUCKET, compact, usual_line
from bench.simulated import Numbered, SimulatedStore
from core.consumers import CONSUMERS
from core.manifest import ManifestObject, OpenManifest
from core.policy import Policy
from core.shelf import BUDGET, Shelf
from core.validate import validate

_PRIME: Final = 15_485_863
"""Far apart and without a common divisor with usual counts, so that the order of images is none."""
_LINES_A_CHUNK: Final = 2_048
_PEAK: Final = re.compile(r"^VmHWM:\s+(\d+) kB$", re.MULTILINE)


def chunks(lines: int, keys: Numbered, step: int) -> Iterator[bytes]:
    """A manifest of so many lines, each of another image, so many further on."""
    usual = compact(usual_line(keys[0]))
    head, _, tail = usual.partition(keys[0].encode())
    for start in range(0, lines, _LINES_A_CHUNK):
        numbers = range(start, min(start + _LINES_A_CHUNK, lines))
        yield b"".join(b"%b%b%b\n" % (head, keys[number * step % lines].encode(), tail) for number in numbers)


def main() -> None:
    """Judges, and prints the peak."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("lines", type=int)
    parser.add_argument("--images", action="store_true", help="the images are looked for, too")
    parser.add_argument("--rising", action="store_true", help="the images are named in the order of the listing")
    parser.add_argument("--budget", type=int, default=BUDGET, help="bytes of keys in memory; others go to a file")
    options = parser.parse_args()
    keys = Numbered(options.lines)
    policy = Policy(consumer=CONSUMERS["sagemaker-training"], check_images=options.images)  # it states no limits
    content = chunks(options.lines, keys, 1 if options.rising else _PRIME)
    manifest = OpenManifest(ManifestObject(None, "made-up.manifest"), content)
    with TemporaryFile() as scratch:
        shelf = Shelf(options.budget, scratch)
        judgement = validate(manifest, policy, SimulatedStore(BUCKET, keys), Sink(), shelf=shelf)
    status = Path("/proc/self/status").read_text(encoding="ascii")
    peak = _PEAK.search(status)
    judged = {"verdict": judgement.verdict, "lines": len(judgement.stretch.states)}
    print(json.dumps(judged | {"peak": int(peak[1]) * 1024 if peak else None}))


if __name__ == "__main__":
    main()
