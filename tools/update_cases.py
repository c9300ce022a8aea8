"""Writes the golden reports of tests/cases; with --check, only compares.

.venv/bin/python -m tools.update_cases [--check] [RULE...]

A report is written only where the gate says what the case's world expects: that is told by hand.
"""

from __future__ import annotations

import argparse
import difflib
import sys

from core.catalogue import RULES
from tests.casebook import Case, cases


def main() -> int:
    """Writes or compares the reports of all cases, or of some rules' cases."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--check", action="store_true", help="write nothing; fail if a report differs")
    parser.add_argument("rules", nargs="*", metavar="RULE", help="rules whose cases are meant; else all")
    options = parser.parse_args()
    if unknown := sorted(set(options.rules) - set(RULES)):
        parser.error(f"no such rules: {', '.join(unknown)}")
    meant = [case for case in cases() if not options.rules or case.rule in options.rules]
    wrong = sum([_update(case, check=options.check) for case in meant])
    print(f"{len(meant)} cases, {wrong} of them wrong")
    return 1 if wrong else 0


def _update(case: Case, *, check: bool) -> bool:
    """Writes or compares one report; returns whether something is wrong."""
    outcome = case.judge()
    if faults := list(case.faults(outcome)):
        print("\n".join(faults))
        return True
    before = case.golden.read_text(encoding="utf-8") if case.golden.exists() else ""
    after = outcome.golden
    if before == after:
        return False
    if check:
        sys.stdout.writelines(
            difflib.unified_diff(before.splitlines(keepends=True), after.splitlines(keepends=True), case.name, "judged")
        )
        return True
    case.golden.write_text(after, encoding="utf-8")
    print(f"wrote {case.name}")
    return False


if __name__ == "__main__":
    sys.exit(main())
