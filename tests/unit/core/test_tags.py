import re

import pytest

from core.finding import Verdict
from core.outcome import Standing, next_run
from core.tags import MOST_TAGS, RUN_TAG, VERDICT_TAG, merge


def foreign(count: int) -> dict[str, str]:
    return {f"team-{number}": "vision" for number in range(count)}


def test_merge_puts_ours_beside_those_of_others() -> None:
    assert merge({"team": "vision"}, Verdict.VALID, "r-1") == {
        "team": "vision",
        "manifest-gate-verdict": "VALID",
        "manifest-gate-run": "r-1",
    }


def test_merge_replaces_ours() -> None:
    there = {VERDICT_TAG: "INVALID", RUN_TAG: "r-1", "team": "vision"}

    assert merge(there, Verdict.VALID, "r-1.2") == {VERDICT_TAG: "VALID", RUN_TAG: "r-1.2", "team": "vision"}


def test_merge_replaces_what_a_policy_would_take_for_ours() -> None:
    there = {"Manifest-Gate-Verdict": "VALID", "MANIFEST-GATE-RUN": "forged", "Team": "vision"}

    assert merge(there, Verdict.INVALID, "r-1") == {"Team": "vision", VERDICT_TAG: "INVALID", RUN_TAG: "r-1"}


def test_merge_fills_what_s3_takes_and_drops_nothing() -> None:
    assert len(merge(foreign(8), Verdict.VALID, "r") or {}) == MOST_TAGS == 10
    assert merge(foreign(9), Verdict.VALID, "r") is None
    assert merge(foreign(8) | {VERDICT_TAG: "", RUN_TAG: ""}, Verdict.VALID, "r") is not None


@pytest.mark.parametrize("attempts", [0, 1, 1_000])
def test_run_is_a_value_that_s3_takes(attempts: int) -> None:
    run = "4ec3c8ae-4b1c-4a8f-9d1f-0f4f9c9d7a11-12"
    for _ in range(attempts):
        run = next_run("4ec3c8ae-4b1c-4a8f-9d1f-0f4f9c9d7a11-12", Standing("e", Verdict.VALID, 0, run))

    assert re.fullmatch(r"[A-Za-z0-9 +=._:/@-]{1,256}", run)
