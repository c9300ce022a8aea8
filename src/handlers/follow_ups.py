"""What follows a report: the manifest's tags, the event, the message.

A receipt beside the run's files remembers what was done, each under its name, so that a retry does only the rest.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from typing import Final

from pydantic import TypeAdapter, ValidationError

from aws.event_bus import EventBus
from aws.s3_reports import S3Reports
from aws.s3_tags import S3Tags
from aws.sns_topic import SnsTopic
from core.errors import GateError, PermanentError, RetryableError, together
from core.judged import judged
from core.layout import ReportPlace
from core.notification import compose
from core.outcome import Standing
from core.report import Report
from handlers.observability import logger

RECEIPT: Final = "notification.json"
TAGS, EVENT, MESSAGE = "tags", "event", "message"
_DONE: Final = {TAGS: "Tagged", EVENT: "Sent", MESSAGE: "Published"}
"""What the log says."""
_LOOKS: Final = 5
"""Times that tags are put anew because another report was written meanwhile."""

Entry = dict[str, str | None]
"""What is remembered of a thing that was done."""
Act = Callable[[Report, ReportPlace], Entry]
_RECEIPT: Final = TypeAdapter(dict[str, Entry])


@dataclass(frozen=True, slots=True)
class FollowUps:
    """Does what follows a report; each of the three only where it was asked for.

    Attributes:
        reports: Where reports and receipts go.
        tags: Tags the manifest.
        bus: Takes the event for programs.
        topic: Takes the message.
    """

    reports: S3Reports
    tags: S3Tags | None = None
    bus: EventBus | None = None
    topic: SnsTopic | None = None

    def do(self, place: ReportPlace, standing: Standing, read: Callable[[], Report | None]) -> None:
        """Does what the receipt of the report's run does not name yet.

        A fault of one keeps none of the others back, but for the event: who is started by it may need the tags.

        Args:
            place: Where the report lies.
            standing: The report that is there.
            read: Gives the report; None where it was replaced meanwhile: whoever did that follows it up.

        Raises:
            RetryableError: A later attempt may do what is left.
            PermanentError: A person must act.
        """
        due = self._due(standing)
        receipt = self._read_receipt(place, standing.run) if due else {}
        missing = {name: act for name, act in due.items() if name not in receipt}
        report = read() if missing else None
        if report is None:
            return
        faults: dict[str, GateError] = {}
        for name, act in missing.items():
            if name == EVENT and TAGS in faults:
                continue
            try:
                entry = act(report, place)
            except GateError as fault:
                faults[name] = fault
            else:
                receipt[name] = {**entry, "at": datetime.now(UTC).isoformat()}
                logger.info("Left untagged" if "skipped" in entry else _DONE[name], entry=entry)
        if receipt.keys() & missing.keys():
            self._write_receipt(place, standing.run, receipt)
        if faults:
            raise together(list(faults.values()), "things that follow a report")

    def carry_receipt(self, place: ReportPlace, earlier: str, run: str) -> None:
        """Lets what an earlier run told count for this one; the tags name the run, so they are put anew."""
        receipt = self._read_receipt(place, earlier) if self.bus or self.topic else {}
        told = {name: entry for name, entry in receipt.items() if name != TAGS}
        if told:
            self._write_receipt(place, run, told)

    def _due(self, standing: Standing) -> dict[str, Act]:
        """What is to follow, in this order."""
        due: dict[str, Act] = {}
        if self.tags is not None:
            due[TAGS] = partial(self._tag, self.tags)
        if self.bus is not None:
            due[EVENT] = partial(_send, self.bus)
        if self.topic is not None and standing.notify:
            due[MESSAGE] = partial(_publish, self.topic)
        return due

    def _tag(self, tags: S3Tags, report: Report, place: ReportPlace) -> Entry:
        """Tags the manifest.

        Another report may be written, and its tags put, between our report and our tags. So whoever put tags looks at
        the report once more, and puts those of the one that is there: the last tags are those of the last report.
        """
        verdict, run = report.verdict, report.run
        for _ in range(_LOOKS):
            if not tags.put(report.manifest, verdict, run):
                return {"skipped": "The manifest was replaced or deleted since."}
            standing = self.reports.standing(place)
            if standing is None or standing.run == run:
                return {"run": run}
            verdict, run = standing.verdict, standing.run
        raise RetryableError(f"Others keep writing {place.uri}.")

    def _read_receipt(self, place: ReportPlace, run: str) -> dict[str, Entry]:
        content = self.reports.read_file(place, run, RECEIPT)
        if content is None:
            return {}
        try:
            return _RECEIPT.validate_json(content)
        except ValidationError as error:
            uri = f"s3://{place.bucket}/{place.file(run, RECEIPT)}"
            raise PermanentError(f"{uri} is no receipt that this version reads. Move it away.") from error

    def _write_receipt(self, place: ReportPlace, run: str, receipt: dict[str, Entry]) -> None:
        with self.reports.upload(place, run, RECEIPT, "application/json") as upload:
            upload.write(_RECEIPT.dump_json(receipt))


def _send(bus: EventBus, report: Report, place: ReportPlace) -> Entry:
    return {"id": bus.send(judged(report, place))}


def _publish(topic: SnsTopic, report: Report, place: ReportPlace) -> Entry:
    return {"id": topic.publish(compose(report, place, topic.console))}
