"""The formats of `manifest-gate check`: what each says of a report, of a manifest not judged, and at the end."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, TextIO

from cli import github
from cli.output import as_json
from cli.style import style_of
from cli.text import as_text, findings_text, table_text
from core.errors import GateError
from core.report import Report


class Format:
    """Writes reports as they come; a format says what it does otherwise.

    Args:
        file: Where to.
        several: More than one manifest was named.
        quiet: Findings alone are wanted.
    """

    def __init__(self, file: TextIO, *, several: bool, quiet: bool) -> None:
        self.file = file
        self.several = several
        self.quiet = quiet
        self.reports: list[Report] = []
        self.not_judged: dict[str, str] = {}

    def report(self, report: Report) -> None:
        """A manifest was judged."""
        self.write(report)
        self.file.flush()
        self.reports.append(self.kept(report))

    def failed(self, name: str, error: GateError) -> None:
        """A manifest could not be judged."""
        self.not_judged[name] = str(error)
        self.complain(error)

    def write(self, report: Report) -> None:
        """Writes a report."""

    def complain(self, error: GateError) -> None:
        """Writes why a manifest could not be judged, where standard error alone does not do."""

    def kept(self, report: Report) -> Report:
        """What is needed of a report at the end: not its findings, which are many."""
        return report.model_copy(update={"findings": []})

    def end(self) -> None:
        """All manifests were judged, or could not be."""


class _Text(Format):
    def write(self, report: Report) -> None:
        look = style_of(self.file)
        text = findings_text(report, look) if self.quiet else as_text(report, look)
        self.file.write(f"\n{text}" if text and self.reports else text)

    def end(self) -> None:
        if self.several and not self.quiet:
            self.file.write("\n" + table_text(self.reports, list(self.not_judged), style_of(self.file)))


class _Json(Format):
    def write(self, report: Report) -> None:
        self.file.write(as_json(report, indent=None if self.several else 2))


class _GitHub(Format):
    def write(self, report: Report) -> None:
        self.file.write(github.workflow_commands(report, quiet=self.quiet))

    def complain(self, error: GateError) -> None:
        self.file.write(github.not_judged(str(error)))

    def end(self) -> None:
        github.write_summary(self.reports, list(self.not_judged))


class _Html(Format):
    def write(self, report: Report) -> None:
        """Nothing yet: all reports are one document."""

    def kept(self, report: Report) -> Report:
        return report

    def end(self) -> None:
        from core.report_page import to_page  # noqa: PLC0415 - takes a while to load

        self.file.write(to_page(self.reports, self.not_judged))


FORMATS: Final[Mapping[str, type[Format]]] = {"text": _Text, "json": _Json, "github": _GitHub, "html": _Html}
