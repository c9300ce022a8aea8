import json
import re

import pytest

from cli.main import main
from core import __version__
from core.catalogue import RULES
from core.consumers import CONSUMERS, DEFAULT_CONSUMER
from core.policy import Policy
from core.rule_text import as_text, severity_for


@pytest.mark.parametrize("consumer", [None, *CONSUMERS])
def test_every_rule_is_listed(consumer: str | None, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["rules", *(["--consumer", consumer] if consumer else [])]) == 0

    rows = [re.split(" {2,}", row) for row in capsys.readouterr().out.splitlines()]
    reader = CONSUMERS[consumer] if consumer else DEFAULT_CONSUMER
    assert rows == [[rule.slug, severity_for(rule, reader), rule.title] for rule in RULES.values()]


@pytest.mark.parametrize("slug", RULES)
def test_one_rule_is_explained_as_the_document_explains_it(slug: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["rules", slug]) == 0

    printed = capsys.readouterr().out
    assert printed == as_text(RULES[slug])
    assert all(character.isprintable() or character == "\n" for character in printed)


def test_one_rule_is_explained_for_one_consumer(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["rules", "line-too-long"]) == 0
    everyone = capsys.readouterr().out
    assert main(["rules", "line-too-long", "--consumer", "ground-truth"]) == 0

    told = capsys.readouterr().out
    assert "\nSeverity: error\n" in told
    assert "lookout-for-vision" not in told
    assert "warning for lookout-for-vision; error for " in everyone


@pytest.mark.parametrize("code", ["ERROR_MISSING_SOURCE_REF", "error_missing_source_ref"])
def test_the_rule_of_an_aws_code_is_explained(code: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["rules", code]) == 0

    assert capsys.readouterr().out == as_text(RULES["source-ref-missing"])


def test_several_rules_of_an_aws_code_are_listed(capsys: pytest.CaptureFixture[str]) -> None:
    mine = [slug for slug, rule in RULES.items() if rule.aws_code == "ERROR_INVALID_IMAGE"]

    assert main(["rules", "ERROR_INVALID_IMAGE"]) == 0
    rows = capsys.readouterr().out.splitlines()
    assert main(["rules", "ERROR_INVALID_IMAGE", "--format", "json"]) == 0

    told = json.loads(capsys.readouterr().out)
    assert [row.split()[0] for row in rows] == [rule["rule"] for rule in told] == mine
    assert len(mine) > 1


def test_a_code_of_nearly_that_name_is_suggested(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["rules", "ERROR_MISING_SOURCE_REF"]) == 2

    assert "Did you mean ERROR_MISSING_SOURCE_REF" in capsys.readouterr().err


def test_every_rule_is_there_as_json(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["rules", "--format", "json"]) == 0

    told = json.loads(capsys.readouterr().out)
    assert [rule["rule"] for rule in told] == list(RULES)
    assert {rule["rule"] for rule in told if rule["fixed"]} == {slug for slug, rule in RULES.items() if rule.fixed}
    for rule in told:
        for name, severity in rule["consumers"].items():
            assert severity == (Policy(consumer=CONSUMERS[name]).severity(rule["rule"]) or "off")
        assert rule["severity"] == rule["consumers"][DEFAULT_CONSUMER.name]


def test_one_rule_is_there_as_json(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["rules", "label-value-invalid", "--format", "json"]) == 0

    told, rule = json.loads(capsys.readouterr().out), RULES["label-value-invalid"]
    assert told == {
        "rule": "label-value-invalid",
        "scope": "line",
        "severity": "error",
        "kinds": {"true or false": "warning", "a number": "warning", "a text": "warning"},
        "consumers": dict.fromkeys(CONSUMERS, "error"),
        "fixed": False,
        "title": rule.title,
        "finds": rule.finds,
        "why": rule.why,
        "fix": rule.fix,
        "example": rule.example,
        "example_note": None,
        "aws_code": "ERROR_INVALID_LABEL_ATTRIBUTE_FORMAT",
        "since": "0.1.0",
    }


@pytest.mark.parametrize(
    ("slug", "consumer", "severity"),
    [
        ("label-value-invalid", "rekognition-custom-labels", "error"),
        ("dataset-too-few-normal", "rekognition-custom-labels", "off"),
    ],
)
def test_kinds_are_told_where_they_count(
    slug: str, consumer: str, severity: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["rules", slug, "--consumer", consumer, "--format", "json"]) == 0

    told = json.loads(capsys.readouterr().out)
    assert (told["severity"], told["kinds"]) == (severity, {})


def test_an_example_that_is_no_text_survives_as_json(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["rules", "line-not-utf8", "--format", "json"]) == 0

    printed = capsys.readouterr().out
    assert json.loads(printed)["example"] == RULES["line-not-utf8"].example
    assert printed.isascii()


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
