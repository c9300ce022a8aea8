import json

import pytest

from cli.main import main
from core import __version__
from core.catalogue import RULES


def test_every_rule_is_listed(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["rules"]) == 0

    rows = capsys.readouterr().out.splitlines()
    assert [row.split()[:2] for row in rows] == [[rule.slug, rule.severity.value] for rule in RULES.values()]
    assert all(row.endswith(rule.title) for row, rule in zip(rows, RULES.values(), strict=True))


@pytest.mark.parametrize("slug", RULES)
def test_one_rule_is_explained(slug: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["rules", slug]) == 0

    printed = capsys.readouterr().out
    rule, told = RULES[slug], " ".join(printed.split())
    assert printed.startswith(f"{slug}\n")
    assert all(len(row) <= 100 for row in printed.splitlines())
    for part in (rule.title, rule.finds, rule.why, rule.fix, rule.severity.value, rule.aws_code or ""):
        assert " ".join(part.split()) in told
    assert ("neither ignored nor lowered" in told) == rule.fixed
    for kind, severity in rule.kinds.items():
        assert f"{severity.value} for {kind}" in told


def test_every_rule_is_there_as_json(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["rules", "--format", "json"]) == 0

    told = json.loads(capsys.readouterr().out)
    assert [rule["rule"] for rule in told] == list(RULES)
    assert {rule["rule"] for rule in told if rule["fixed"]} == {slug for slug, rule in RULES.items() if rule.fixed}


def test_one_rule_is_there_as_json(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["rules", "line-duplicate-key", "--format", "json"]) == 0

    told, rule = json.loads(capsys.readouterr().out), RULES["line-duplicate-key"]
    assert told == {
        "rule": "line-duplicate-key",
        "scope": "line",
        "severity": "error",
        "kinds": {"same-value": "warning"},
        "fixed": False,
        "title": rule.title,
        "finds": rule.finds,
        "why": rule.why,
        "fix": rule.fix,
        "aws_code": None,
        "since": "0.1.0",
    }


@pytest.mark.parametrize(
    ("asked", "meant"),
    [("line-blnk", "line-blank"), ("missing-source-ref", "source-ref-missing"), ("LINE-BLANK", "line-blank")],
)
def test_a_rule_of_nearly_that_name_is_suggested(asked: str, meant: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["rules", asked]) == 2

    printed = capsys.readouterr()
    assert printed.out == ""
    assert f"There is no rule '{asked}'. Did you mean " in printed.err
    assert meant in printed.err


def test_without_any_near_rule_all_are_suggested(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["rules", "\x1b[31m\udcff"]) == 2

    told = capsys.readouterr().err
    assert told.endswith("See them all with: manifest-gate rules\n")
    assert told.removesuffix("\n").isprintable()


@pytest.mark.parametrize(
    ("arguments", "printed"),
    [
        (["--version"], f"manifest-gate {__version__}\n"),
        (["--help"], "usage: manifest-gate "),
        (["rules", "-h"], "RULE"),
    ],
)
def test_help_and_version_are_printed(arguments: list[str], printed: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stop:
        main(arguments)

    assert stop.value.code == 0
    assert printed in capsys.readouterr().out
