import ast
import dataclasses
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

import core
from core.catalogue import RULES, Rule, Scope
from core.consumers import CONSUMERS, Consumer
from core.finding import Severity
from core.policy import Policy

SOURCES = [path for path in Path(core.__path__[0]).glob("*.py") if path.name != "catalogue.py"]
SLUG = re.compile(r"[a-z0-9]+(-[a-z0-9]+)+")


def constants(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.value


def literal_slugs(tree: ast.AST) -> Iterator[str]:
    """The texts among the first arguments of the calls of `finding`."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "finding":
            yield from constants(node.args[0])


TREES = [ast.parse(path.read_text(encoding="utf-8")) for path in SOURCES]


@pytest.mark.parametrize("rule", RULES.values(), ids=list(RULES))
def test_a_rule_is_told_in_full(rule: Rule) -> None:
    assert SLUG.fullmatch(rule.slug)
    assert rule.slug.split("-")[0] not in {"error", "warning", "unchecked"}
    for text in (rule.title, rule.finds, rule.why, rule.fix):
        assert text == text.strip()
        assert text.isprintable()
        assert 10 < len(text) <= 2_000
    for text in (rule.finds, rule.why, rule.fix):
        assert text.endswith(".")
    assert not rule.title.endswith(".")
    assert "".join(rule.since.split(".")).isdecimal()


def test_slugs_are_unique() -> None:
    source = Path(core.__path__[0], "catalogue.py").read_text(encoding="utf-8")
    slugs = re.findall(r'slug="([^"]+)"', source)

    assert len(slugs) == len(set(slugs)) == len(RULES)
    assert [rule.slug for rule in RULES.values()] == list(RULES) == slugs


def test_every_slug_that_is_used_exists() -> None:
    used = {slug for tree in TREES for slug in literal_slugs(tree)}

    assert used - set(RULES) == set()
    assert len(used) > 30


def test_every_rule_is_used() -> None:
    named = {text for tree in TREES for text in constants(tree)}

    assert set(RULES) - named == set()


def test_every_kind_with_a_severity_of_its_own_is_used() -> None:
    named = {text for tree in TREES for text in constants(tree)}

    assert {kind for rule in RULES.values() for kind in rule.kinds} - named == set()


@pytest.mark.parametrize("name", CONSUMERS)
def test_a_consumer_changes_rules_that_exist_and_are_not_fixed(name: str) -> None:
    for slug in CONSUMERS[name].severities:
        assert not RULES[slug].fixed


@pytest.mark.parametrize("rule", [rule for rule in RULES.values() if rule.fixed], ids=lambda rule: rule.slug)
def test_a_fixed_rule_stands_in_the_way_of_valid(rule: Rule) -> None:
    assert rule.severity in (Severity.ERROR, Severity.UNCHECKED)
    assert rule.kinds == {}


def test_what_was_not_looked_at_is_a_fixed_rule() -> None:
    unchecked = {rule.slug for rule in RULES.values() if rule.severity is Severity.UNCHECKED}

    assert unchecked == {"manifest-not-fully-read", "image-access-denied", "images-unchecked"}
    assert all(RULES[slug].fixed for slug in unchecked)


@pytest.mark.parametrize(
    ("slug", "code"),
    [
        ("manifest-empty", "ERROR_EMPTY_MANIFEST"),
        ("source-ref-other-bucket", "ERROR_IMAGES_IN_MULTIPLE_S3_BUCKETS"),
        ("image-not-found", "ERROR_FILE_NOT_FOUND"),
        ("line-blank", None),
    ],
)
def test_a_rule_tells_the_code_of_awss_own_importers(slug: str, code: str | None) -> None:
    assert RULES[slug].aws_code == code


def test_scope_tells_what_a_rule_is_about() -> None:
    for rule in RULES.values():
        prefix = rule.slug.split("-")[0]
        assert {"manifest": Scope.MANIFEST, "image": Scope.IMAGE, "images": Scope.IMAGE}.get(
            prefix, rule.scope
        ) is rule.scope
    assert Policy().severity("manifest-empty") is Severity.ERROR


def test_a_rule_needs_what_consumers_have() -> None:
    fields = {field.name for field in dataclasses.fields(Consumer)}

    assert {rule.needs for rule in RULES.values() if rule.needs} <= fields
    assert all(any(getattr(one, rule.needs) for one in CONSUMERS.values()) for rule in RULES.values() if rule.needs)


def test_slugs_are_sorted_within_their_scope() -> None:
    scopes = list(Scope)
    places = [(scopes.index(rule.scope), rule.slug) for rule in RULES.values()]

    assert places == sorted(places)
