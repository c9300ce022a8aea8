"""One manifest from the command line: judged, read again for what is quoted or copied, reported on."""

from __future__ import annotations

import time
from contextlib import closing, nullcontext
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Final

from botocore.exceptions import BotoCoreError, ClientError

from cli.accepted import copy_accepted
from cli.names import is_location
from cli.progress import Progress, drawn
from cli.s3 import S3
from cli.sources import Source, open_file
from core.errors import PermanentError
from core.lines import split_lines
from core.policy import Policy
from core.ports import UNWATCHED, FindingSink
from core.report import Listing, Report, accepted, build_report, list_findings
from core.second_read import LineTexts
from core.shelf import Shelf
from core.validate import Judgement, validate

_NO_AWS: Final = "Or judge the lines alone, with --no-images: it needs no AWS."


@dataclass(frozen=True, slots=True)
class Wanted:
    """A manifest that is to be judged.

    Attributes:
        name: Its path or location.
        policy: How.
        number: Which one it is, from 1.
        of: Of how many.
    """

    name: str
    policy: Policy
    number: int = 1
    of: int = 1


@dataclass(frozen=True, slots=True)
class Judge:
    """Judges manifests as the function does, but writes nothing to S3.

    Attributes:
        s3: Where manifests and images lie.
        accepted: The file for the lines that are accepted, if they are wanted.
        watched: Somebody wants to see how far it is.
    """

    s3: S3
    accepted: str | None
    watched: bool

    def judge(
        self, wanted: Wanted, sink: FindingSink, shelf: Shelf, train: Judgement | None
    ) -> tuple[Judgement, Report]:
        """Judges one manifest.

        Args:
            wanted: Which one, and how.
            sink: Takes every finding.
            shelf: Where keys of images are held.
            train: The train manifest, where this one is its test manifest.

        Raises:
            GateError: It cannot be read, or not again; or what is accepted cannot be written.
        """
        looked_at, began, before = datetime.now(UTC), time.monotonic(), self.s3.requests.snapshot()
        with self.s3.open(wanted.name) if is_location(wanted.name) else open_file(wanted.name) as source:
            judgement = self._validate(wanted, source, sink, shelf, train)
            listing = list_findings(judgement)
            texts = self._read_again(source, judgement, listing)
        report = build_report(
            judgement,
            listing,
            texts=texts.contents,
            run="check",
            looked_at=looked_at,
            seconds=time.monotonic() - began,
            requests=self.s3.requests.snapshot() - before,
            files={},
        )
        return judgement, report

    def _validate(
        self, wanted: Wanted, source: Source, sink: FindingSink, shelf: Shelf, train: Judgement | None
    ) -> Judgement:
        opened, progress = source.opened, None
        if self.watched:
            progress = Progress(wanted.name, wanted.number, wanted.of, opened.manifest.size, self.s3.requests)
            opened = replace(opened, chunks=progress.reading(opened.chunks))
        try:
            with drawn(progress) if progress else nullcontext():
                return validate(
                    opened, wanted.policy, self.s3, sink, train=train, shelf=shelf, watcher=progress or UNWATCHED
                )
        except PermanentError as error:
            if isinstance(error.__cause__, BotoCoreError | ClientError):
                raise PermanentError(f"{error} {_NO_AWS}") from error
            raise

    def _read_again(self, source: Source, judgement: Judgement, listing: Listing) -> LineTexts:
        """Reads the lines that the report quotes, and copies those that are accepted."""
        texts = LineTexts(listing.lines)
        if self.accepted is not None and accepted(judgement) != "none":
            copy_accepted(source, judgement, texts, self.accepted)
        elif listing.lines:
            with closing(source.again()) as chunks:
                texts.read(split_lines(chunks))
            source.confirm()
        return texts
