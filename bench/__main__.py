"""Measures, and writes docs/performance.md: `python -m bench [--quick] [lines existence memory start cost page]`."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Mapping, Sequence
from typing import Final

from bench import cost, document, existence, lines, memory, page, start
from bench.effort import FULL, QUICK, Effort

PARTS: Final[Mapping[str, Callable[[Effort], str]]] = {
    "lines": lines.measure,
    "memory": memory.measure,
    "existence": existence.measure,
    "cost": cost.measure,
    "start": start.measure,
    "page": page.measure,
}


def main(arguments: Sequence[str] | None = None) -> int:
    """Measures the parts that are asked for, prints each, and writes it unless the run is a quick one."""
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("parts", nargs="*", metavar="PART", help=f"of {', '.join(PARTS)}; all, if none is named")
    parser.add_argument("--quick", action="store_true", help="few rounds of small inputs; nothing is written")
    options = parser.parse_args(arguments)
    if unknown := [part for part in options.parts if part not in PARTS]:
        parser.error(f"there is no part {', '.join(unknown)}")
    for name in options.parts or PARTS:
        text = PARTS[name](QUICK if options.quick else FULL)
        print(f"## {name}\n\n{text}\n", flush=True)
        if not options.quick:
            document.write(name, text)
    return 0


if __name__ == "__main__":
    sys.exit(main())
