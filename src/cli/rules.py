"""`manifest-gate rules`: what is looked for, why, and how to mend it."""

from __future__ import annotations

import argparse
import difflib
import json
import textwrap

from core.catalogue import RULES, Rule
from core.errors import PermanentError

_WIDTH = 100


def run(options: argparse.Namespace) -> int:
    """Prints the catalogue, or one rule of it."""
    if options.rule is None:
        chosen = list(RULES.values())
    elif options.rule in RULES:
        chosen = [RULES[options.rule]]
    else:
        near = difflib.get_close_matches(options.rule.lower(), RULES, n=3, cutoff=0.4)
        hint = f" Did you mean {', '.join(near)}?" if near else " See them all with: manifest-gate rules"
        raise PermanentError(f"There is no rule {options.rule!r}.{hint}")
    if options.format == "json":
        content: object = [_as_json(rule) for rule in chosen] if options.rule is None else _as_json(chosen[0])
        print(json.dumps(content, indent=2, ensure_ascii=False))
    elif options.rule is None:
        print(_as_list(chosen))
    else:
        print(_as_text(chosen[0]))
    return 0


def _as_json(rule: Rule) -> dict[str, object]:
    return {
        "rule": rule.slug,
        "scope": rule.scope.value,
        "severity": rule.severity.value,
        "kinds": {kind: severity.value for kind, severity in rule.kinds.items()},
        "fixed": rule.fixed,
        "title": rule.title,
        "finds": rule.finds,
        "why": rule.why,
        "fix": rule.fix,
        "aws_code": rule.aws_code,
        "since": rule.since,
    }


def _as_list(rules: list[Rule]) -> str:
    width = max(len(rule.slug) for rule in rules)
    return "\n".join(f"{rule.slug:<{width}}  {rule.severity.value:<9}  {rule.title}" for rule in rules)


def _as_text(rule: Rule) -> str:
    severity = rule.severity.value + (" (fixed: it can be neither ignored nor lowered)" if rule.fixed else "")
    others = ", ".join(f"{other.value} for {kind}" for kind, other in rule.kinds.items())
    parts = {
        "Severity": severity + (f"; {others}" if others else ""),
        "Scope": rule.scope.value,
        "Finds": rule.finds,
        "Why": rule.why,
        "Fix": rule.fix,
        "AWS code": rule.aws_code,
        "Since": rule.since,
    }
    body = [
        textwrap.fill(
            text, _WIDTH, initial_indent=f"{name + ':':<10}", subsequent_indent=" " * 10, break_on_hyphens=False
        )
        for name, text in parts.items()
        if text
    ]
    return "\n".join([rule.slug, f"  {rule.title}", "", *body])
