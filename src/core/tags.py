"""The tags that a manifest carries once it is judged."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from core.finding import Verdict

VERDICT_TAG: Final = "manifest-gate-verdict"
RUN_TAG: Final = "manifest-gate-run"
MOST_TAGS: Final = 10
"""S3: of one object."""


def merge(there: Mapping[str, str], verdict: Verdict, run: str) -> dict[str, str] | None:
    """The tags of an object once it is judged; those of others stay.

    Policies tell the keys of tags apart without regard to case, so a key that differs from ours in case only is ours.

    Args:
        there: The tags that it has.
        verdict: What the report says.
        run: The report's run.

    Returns:
        All of its tags by key; None where there is no room for ours.
    """
    ours = {VERDICT_TAG: verdict.value, RUN_TAG: run}
    merged = {key: value for key, value in there.items() if key.lower() not in ours} | ours
    return merged if len(merged) <= MOST_TAGS else None
