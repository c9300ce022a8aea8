"""Rules that are ignored, or of another severity than their default, as people write them."""

from __future__ import annotations

import difflib
from collections.abc import Iterator
from typing import Final

from core.catalogue import RULES
from core.finding import Severity

_CHOICES: Final = {"error": Severity.ERROR, "warning": Severity.WARNING, "off": None}


def read_rule_choices(ignored: str, severities: str) -> dict[str, Severity | None]:
    """Reads which rules are ignored (`line-blank,label-several`) and which have another severity (`line-blank=error`).

    Args:
        ignored: Rules, separated by commas.
        severities: Rules with `error`, `warning` or `off`, separated by commas.

    Returns:
        The severities by rule; None where the rule is ignored.

    Raises:
        ValueError: A rule does not exist or is fixed, or a severity is none; the message names each.
    """
    choices: dict[str, Severity | None] = {}
    faults: list[str] = []
    asked = [*((slug, "off") for slug in _parts(ignored)), *(_pair(part) for part in _parts(severities))]
    for slug, severity in asked:
        if fault := _fault(slug, severity):
            faults.append(fault)
        elif choices.setdefault(slug, _CHOICES[severity]) is not _CHOICES[severity]:
            faults.append(f"{slug!r} is asked for in two ways")
    if faults:
        raise ValueError("; ".join(dict.fromkeys(faults)))
    return choices


def _parts(text: str) -> Iterator[str]:
    return filter(None, map(str.strip, text.split(",")))


def _pair(part: str) -> tuple[str, str]:
    slug, _, severity = part.partition("=")
    return slug.strip(), severity.strip()


def _fault(slug: str, severity: str) -> str | None:
    if slug not in RULES:
        near = difflib.get_close_matches(slug.lower(), RULES, n=2)
        return f"there is no rule {slug!r}" + (f" (did you mean {' or '.join(near)}?)" if near else "")
    if severity not in _CHOICES:
        return f"{slug!r} has no severity {severity!r}: write {slug}= and one of {', '.join(_CHOICES)}"
    if RULES[slug].fixed:
        return f"{slug!r} can be neither ignored nor changed: without it VALID would mean nothing"
    return None
