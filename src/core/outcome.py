"""What to do about an event, given the report that is there already."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from core.finding import Severity, Verdict
from core.validate import Judgement


class NotifyOn(StrEnum):
    """Which verdicts are published."""

    FAILURES = "failures"
    WARNINGS = "warnings"
    ALL = "all"


@dataclass(frozen=True, slots=True)
class Standing:
    """A report that is there, as its object's metadata tells: one HEAD.

    Attributes:
        etag: Of the report object, for a conditional write.
        verdict: What it says.
        findings: How many it tells of.
        run: Whose files it names.
        sequencer: Of the event that led to it, if an event did.
        throttled: It is INCOMPLETE for a passing cause.
        notify: The run was to be published.
    """

    etag: str
    verdict: Verdict
    findings: int
    run: str
    sequencer: str | None = None
    throttled: bool = False
    notify: bool = False

    def to_metadata(self) -> dict[str, str]:
        """What is written to the report object's metadata; the etag is the object's own."""
        return {
            "verdict": self.verdict.value,
            "findings": str(self.findings),
            "run": self.run,
            "sequencer": self.sequencer or "",
            "throttled": str(self.throttled).lower(),
            "notify": str(self.notify).lower(),
        }

    @classmethod
    def from_metadata(cls, etag: str, metadata: Mapping[str, str]) -> Standing:
        """Reads a report object's metadata.

        Raises:
            KeyError: The object was not written by the gate.
            ValueError: Ditto.
        """
        return cls(
            etag=etag,
            verdict=Verdict(metadata["verdict"]),
            findings=int(metadata["findings"]),
            run=metadata["run"],
            sequencer=metadata["sequencer"] or None,
            throttled=metadata["throttled"] == "true",
            notify=metadata["notify"] == "true",
        )


def is_newer(sequencer: str, other: str) -> bool:
    """Whether an event of one key is later than another: the shorter is padded with zeros on the right."""
    width = max(len(sequencer), len(other))
    return sequencer.upper().ljust(width, "0") > other.upper().ljust(width, "0")


def is_to_be_judged(sequencer: str | None, standing: Standing | None) -> bool:
    """Whether an event, or a direct call without sequencer, asks for a new judgement."""
    if standing is None or sequencer is None or standing.sequencer is None:
        return True
    if is_newer(sequencer, standing.sequencer):
        return True
    return standing.throttled and not is_newer(standing.sequencer, sequencer)


def is_to_be_published(judgement: Judgement, notify_on: NotifyOn) -> bool:
    """Whether a verdict is one that people asked to hear of."""
    if judgement.verdict is not Verdict.VALID or notify_on is NotifyOn.ALL:
        return True
    return notify_on is NotifyOn.WARNINGS and Severity.WARNING in judgement.stretch.tally.severities


def next_run(run: str, standing: Standing | None) -> str:
    """A name for this run that the standing report's run does not have: Lambda's retries share one request id."""
    before, _, attempt = standing.run.partition(".") if standing else ("", "", "")
    if before != run:
        return run
    return f"{run}.{int(attempt) + 1 if attempt.isdecimal() else 2}"
