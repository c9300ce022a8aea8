import pytest

from core.finding import Severity
from core.rule_choices import read_rule_choices


@pytest.mark.parametrize(
    ("ignored", "severities", "choices"),
    [
        ("", "", {}),
        (" , ,", ",", {}),
        ("line-blank", "", {"line-blank": None}),
        (" line-blank , label-several,", "", {"line-blank": None, "label-several": None}),
        (
            "",
            "line-blank=error, label-several = warning",
            {"line-blank": Severity.ERROR, "label-several": Severity.WARNING},
        ),
        ("line-blank", "line-blank=off,label-several=off", {"line-blank": None, "label-several": None}),
    ],
)
def test_choices_are_read(ignored: str, severities: str, choices: dict[str, Severity | None]) -> None:
    assert read_rule_choices(ignored, severities) == choices


@pytest.mark.parametrize(
    ("ignored", "severities", "says"),
    [
        ("line-blnk", "", "there is no rule 'line-blnk' (did you mean line-blank or line-too-long?)"),
        ("xyzzy", "", "there is no rule 'xyzzy'"),
        ("", "line-blank", "'line-blank' has no severity '': write line-blank= and one of error, warning, off"),
        (
            "",
            "line-blank=unchecked",
            "'line-blank' has no severity 'unchecked': write line-blank= and one of error, warning, off",
        ),
        (
            "image-not-found",
            "",
            "'image-not-found' can be neither ignored nor changed: without it VALID would mean nothing",
        ),
        (
            "manifest-empty,zzz",
            "image-access-denied=warning",
            (
                "'manifest-empty' can be neither ignored nor changed: without it VALID would mean nothing; "
                "there is no rule 'zzz'; "
                "'image-access-denied' can be neither ignored nor changed: without it VALID would mean nothing"
            ),
        ),
        ("line-blank", "line-blank=error", "'line-blank' is asked for in two ways"),
        ("", "line-blank=error,line-blank=warning", "'line-blank' is asked for in two ways"),
    ],
)
def test_choices_that_are_none_are_refused_by_name(ignored: str, severities: str, says: str) -> None:
    with pytest.raises(ValueError) as refused:  # noqa: PT011 - the text is compared whole
        read_rule_choices(ignored, severities)

    assert str(refused.value) == says
