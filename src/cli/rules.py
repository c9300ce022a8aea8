"""`manifest-gate rules`: what is looked for, why, and how to mend it."""

from __future__ import annotations

import argparse
import difflib
import json
from collections.abc import Sequence

from core.catalogue import RULES, Rule
from core.consumers import CONSUMERS, DEFAULT_CONSUMER, Consumer
from core.errors import PermanentError
from core.policy import Policy
from core.rule_text import OFF, as_text, rules_of_code, severity_for


def run(options: argparse.Namespace) -> int:
    """Prints the catalogue, one rule of it, or those of an error code of AWS."""
    chosen = list(RULES.values()) if options.rule is None else _named(options.rule)
    asked = None if options.consumer is None else CONSUMERS[options.consumer]
    if options.format == "json":
        content = [_as_json(rule, asked or DEFAULT_CONSUMER) for rule in chosen]
        print(json.dumps(content[0] if options.rule in RULES else content, indent=2))
    elif len(chosen) > 1:
        print(_as_list(chosen, asked or DEFAULT_CONSUMER))
    else:
        print(as_text(chosen[0], [asked] if asked else CONSUMERS.values()), end="")
    return 0


def _named(name: str) -> Sequence[Rule]:
    if name in RULES:
        return [RULES[name]]
    if rules := rules_of_code(name.upper()):
        return rules
    codes = {rule.aws_code for rule in RULES.values() if rule.aws_code}
    near = difflib.get_close_matches(name.lower(), RULES, n=3, cutoff=0.4)
    if name.upper().startswith(("ERROR_", "WARNING_")):
        near = difflib.get_close_matches(name.upper(), codes, n=3, cutoff=0.6)
    hint = f" Did you mean {', '.join(near)}?" if near else " See them all with: manifest-gate rules"
    raise PermanentError(f"There is no rule {name!r}.{hint}")


def _as_json(rule: Rule, consumer: Consumer) -> dict[str, object]:
    consumers = {each.name: Policy(consumer=each).severity(rule.slug) or OFF for each in CONSUMERS.values()}
    changed = rule.slug in consumer.severities or consumers[consumer.name] == OFF
    return {
        "rule": rule.slug,
        "scope": rule.scope,
        "severity": consumers[consumer.name],
        "kinds": {} if changed else dict(rule.kinds),
        "consumers": consumers,
        "fixed": rule.fixed,
        "title": rule.title,
        "finds": rule.finds,
        "why": rule.why,
        "fix": rule.fix,
        "example": rule.example,
        "example_note": rule.example_note or None,
        "aws_code": rule.aws_code,
        "since": rule.since,
    }


def _as_list(rules: Sequence[Rule], consumer: Consumer) -> str:
    slug = max(len(rule.slug) for rule in rules)
    severities = [severity_for(rule, consumer) for rule in rules]
    width = max(map(len, severities))
    return "\n".join(
        f"{rule.slug:<{slug}}  {severity:<{width}}  {rule.title}"
        for rule, severity in zip(rules, severities, strict=True)
    )
