"""How one manifest is to be judged: for whom, as what, and how severely."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Final

from core.catalogue import RULES
from core.consumers import DEFAULT_CONSUMER, Consumer, Role
from core.finding import Finding, Severity, shown

_MESSAGE_CHARACTERS: Final = 2_000


class Inspect(StrEnum):
    """Which images are opened, to see their format and size."""

    NONE = "none"
    SAMPLE = "sample"
    ALL = "all"


@dataclass(frozen=True, slots=True)
class Policy:
    """The choices by which a manifest is judged.

    Attributes:
        consumer: Who will read it.
        role: What the dataset is for, if that is known.
        label_attribute: The judged label, if one is configured.
        images_bucket: The one bucket of the images, if one is configured.
        check_images: Whether the existence of images is judged (`scope` of the report).
        inspect: Which images are opened, if they are looked at.
        severities: Severities that were asked for, by rule; None where a rule is to be ignored.
    """

    consumer: Consumer = DEFAULT_CONSUMER
    role: Role | None = None
    label_attribute: str | None = None
    images_bucket: str | None = None
    check_images: bool = True
    inspect: Inspect = Inspect.NONE
    severities: Mapping[str, Severity | None] = field(default_factory=dict)

    @property
    def scope(self) -> str:
        """What the verdict covers: `lines+images`, or `lines` alone."""
        return "lines+images" if self.check_images else "lines"

    def severity(self, slug: str, kind: str = "") -> Severity | None:
        """The severity of a rule's kind of fault; None where the rule is off.

        What was asked for goes before what the consumer has of its own, and that before the catalogue. A rule about a
        limit that the consumer does not state is always off.
        """
        rule = RULES[slug]
        if rule.needs and not getattr(self.consumer, rule.needs):
            return None
        default = self.consumer.severities.get(slug, rule.kinds.get(kind, rule.severity))
        asked = self.severities.get(slug, default)
        # What was not judged can be called wrong, but never sound.
        return default if default is Severity.UNCHECKED and asked is not Severity.ERROR else asked

    @property
    def changes(self) -> dict[str, Severity | None]:
        """The severities that were asked for and are others than without asking."""
        usual = replace(self, severities={})
        return {
            slug: severity
            for slug, severity in sorted(self.severities.items())
            if any(self.severity(slug, kind) is not usual.severity(slug, kind) for kind in ("", *RULES[slug].kinds))
        }

    def finding(  # noqa: PLR0913 - what a finding tells, nearly all of it by name and optional
        self,
        slug: str,
        message: str,
        *,
        kind: str = "",
        line: int | None = None,
        field: str | None = None,
        value: object = ...,
        fix: str | None = None,
        count: int | None = None,
        lines: tuple[int, ...] = (),
        first_line: int | None = None,
    ) -> list[Finding]:
        """One finding, or none where the rule is off.

        Args:
            slug: The rule.
            message: What is wrong here.
            kind: The sort of fault within the rule.
            line: The line that it names.
            field: Path of the field.
            value: The offending value as decoded; left out where there is none to show.
            fix: What to do, where that can be said more exactly than in the catalogue.
            count: How many lines a finding about many concerns.
            lines: The first few of those lines.
            first_line: The line that is repeated.
        """
        severity = self.severity(slug, kind)
        if severity is None:
            return []
        return [
            Finding(
                slug,
                severity,
                line,
                None if field is None else shown(field),
                None if value is ... else shown(value),
                shown(message, _MESSAGE_CHARACTERS),
                shown(fix, _MESSAGE_CHARACTERS) if fix else RULES[slug].fix,
                kind and shown(kind),
                count,
                lines,
                first_line,
            )
        ]
