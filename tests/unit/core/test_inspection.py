import json

import pytest

from core.catalogue import RULES
from core.consumers import CONSUMERS
from core.entry import Entry, Label
from core.finding import Finding
from core.inspection import inspect_line
from core.lines import Line, split_lines
from core.policy import Policy
from core.source_ref import SourceRef
from core.stretch import Stretch
from tests.builders import ABSENT, Object, encoded, line, manifest, metadata

GROUND_TRUTH = Policy(consumer=CONSUMERS["ground-truth"])


def entry_of(content: Object, policy: Policy | None = None) -> Entry | None:
    raw = encoded(content)
    return inspect_line(Line(7, 0, raw, len(raw)), policy or Policy()).entry


def test_inspect_line_tells_what_a_sound_line_says() -> None:
    assert entry_of(line("s3://images/a/b.png", "anomaly")) == Entry(
        7, SourceRef("images", "a/b.png"), (Label("anomaly-label", "anomaly", "1", known=True),)
    )


@pytest.mark.parametrize(
    ("value", "remembered"),
    [
        (0, "0"),
        (-0, "0"),
        (17, "17"),
        (-3, "-3"),
        ("1", "1"),
        ("+1", "1"),
        ("-0", "0"),
        ("0012", "12"),
        ("-007", "-7"),
        ("000", "0"),
        (True, None),
        (1.0, None),
        ("one", None),
        ("1" * 300, "1" * 257),
    ],
    ids=range(14),
)
def test_inspect_line_remembers_an_integer_in_one_form(value: object, remembered: str | None) -> None:
    entry = entry_of(line(anomaly_label=value))

    assert entry is not None
    assert [label.value for label in entry.labels] == [remembered]


def test_inspect_line_remembers_little_of_long_names() -> None:
    name = "n" * 300
    entry = entry_of({"source-ref": "s3://images/1.png", name: 0, f"{name}-metadata": metadata("c" * 300)})

    assert entry == Entry(7, SourceRef("images", "1.png"), (Label("n" * 257, "c" * 257, "0"),))


@pytest.mark.parametrize(
    "content",
    [line(class_name="scratch"), line(class_name=None), line(anomaly_label_metadata=ABSENT)],
    ids=range(3),
)
def test_inspect_line_finds_no_class_that_labels(content: Object) -> None:
    entry = entry_of(content)

    assert entry is not None
    assert not entry.labeled


def test_inspect_line_counts_a_class_in_spite_of_warnings() -> None:
    entry = entry_of(line("s3://images/1.gif", anomaly_label="zero"))

    assert entry is not None
    assert entry.labeled


def test_inspect_line_has_no_class_for_a_failed_label() -> None:
    assert entry_of(line(anomaly_label_metadata={"failure-reason": "x"})) == Entry(
        7, SourceRef("images", "1.png"), (Label("anomaly-label"),)
    )


def test_inspect_line_reads_a_failure_beside_an_expected_label_as_that_label_missing() -> None:
    policy = Policy(label_attribute="wanted")
    raw = encoded({"source-ref": "s3://images/1.png", "other-metadata": {"failure-reason": "x"}})

    [finding] = inspect_line(Line(1, 0, raw, len(raw)), policy).findings

    assert (finding.rule, finding.field) == ("label-unannotated", "wanted")


def test_inspect_line_judges_the_label_that_is_configured() -> None:
    content = line() | {"wanted": 0, "wanted-metadata": metadata(type="groundtruth/text-classification")}
    raw = encoded(content)

    [finding] = inspect_line(Line(1, 0, raw, len(raw)), Policy(label_attribute="wanted")).findings

    assert (finding.rule, finding.field) == ("type-unsupported", "wanted-metadata.type")


def test_inspect_line_says_nothing_of_the_class_of_a_label_of_another_type() -> None:
    raw = encoded(line(anomaly_label_metadata=metadata("sports", type="groundtruth/text-classification")))

    assert [finding.rule for finding in inspect_line(Line(1, 0, raw, len(raw)), Policy()).findings] == [
        "type-unsupported"
    ]


MEBIBYTE = 2**20
START = json.dumps(line())[:-1] + ", "
HOSTILE = {
    "orphans": START + ", ".join(f'"k{n}-metadata": {{"class-name": 1}}' for n in range(10_000)) + "}",
    "lone keys": '{"x-metadata": {}, ' + ", ".join(f'"k{n}": 1' for n in range(20_000)) + "}",
    "pairs": "{" + ", ".join(f'"k{n}": 1, "k{n}-metadata": {{}}' for n in range(10_000)) + "}",
    "repeats": "{" + ", ".join(['"k": 1'] * 20_000) + "}",
    "repeats of many keys": "{" + ", ".join(f'"k{n % 10_000}": 1' for n in range(20_000)) + "}",
    "repeats with a long value": START + '"k": 1, ' * 20_000 + f'"k": "{"x" * (MEBIBYTE // 2)}"}}',
    "no brackets closed": "[" * 50_000,
    "nested": "[" * 20_000 + "]" * 20_000,
    "schemes": '{"source-ref": "' + "s3://" * 200_000 + '"}',
    "hosts": '{"source-ref": "https://' + "a.s3." * 200_000 + '"}',
    "long orphans": "{" + ", ".join(f'"{"k" * 30_000}{n}-metadata": 1' for n in range(30)) + "}",
    "long names": "{"
    + ", ".join(f'"{"k" * 15_000}{n}": 1, "{"k" * 15_000}{n}-metadata": {json.dumps(metadata())}' for n in range(30))
    + "}",
    "long type": START.replace("groundtruth/image-classification", "x" * (MEBIBYTE - 400)) + '"a": 1}',
    "long class": START.replace("normal", "x" * (MEBIBYTE - 400)) + '"a": 1}',
}


@pytest.mark.parametrize("name", HOSTILE)
def test_inspect_line_is_quick_and_brief_on_hostile_lines(name: str) -> None:
    """Nothing is timed: quadratic work would outlast the run's time limit."""
    raw = HOSTILE[name].encode()
    assert len(raw) <= MEBIBYTE

    findings = inspect_line(Line(1, 0, raw, len(raw)), Policy()).findings

    assert len(findings) < 200
    assert sum(len(json.dumps(finding.to_json())) for finding in findings) < 200_000


@pytest.mark.parametrize("bad", [b"\xff", b"{", b"1", b"", b"{}"])
def test_stretch_takes_nothing_but_bad_lines(bad: bytes) -> None:
    stretch, count = Stretch(), 5_000

    for block in split_lines([manifest(*[bad] * count)]):
        assert {finding.line for finding in stretch.read(block, Policy())} == set(range(1, count + 1))

    assert len(stretch.states) == count
    assert {tally.total for tally in stretch.tally.rules.values()} == {count}


def found_in(content: Object | str, policy: Policy | None = None) -> list[Finding]:
    raw = encoded(content)
    return inspect_line(Line(7, 0, raw, len(raw)), policy or Policy()).findings


@pytest.mark.parametrize("length", [15_000, 19_999, 20_000])
def test_inspect_line_finds_no_value_too_long_on_a_line_that_is_not(length: int) -> None:
    numbers = json.dumps(line())[:-1] + f', "x": [{"1e5," * 3_500}1]}}'  # as Python writes them, they are 31,503

    assert found_in(numbers.ljust(length), GROUND_TRUTH) == []


def test_inspect_line_finds_no_value_of_just_the_length_too_long() -> None:
    assert found_in(line() | {"x": "x" * 20_000, "y": [1] * 9_998 + [10]}, GROUND_TRUTH) == []


@pytest.mark.parametrize("ref", ["s3://images", "images/1.png", 17.5])
def test_inspect_line_offers_no_reference_where_none_can_be_told(ref: object) -> None:
    [finding] = found_in(line(ref))

    assert (finding.rule, finding.fix) == ("source-ref-malformed", RULES["source-ref-malformed"].fix)


@pytest.mark.parametrize(
    ("key", "value", "message", "fix"),
    [
        ("id", 7, "The line has no source-ref.", RULES["source-ref-missing"].fix),
        (
            "s3Uri",
            "s3://images/1.png",
            "The line has no source-ref, but a key 's3Uri'.",
            "Rename 's3Uri' to 'source-ref'.",
        ),
    ],
)
def test_inspect_line_sorts_missing_references_by_the_key_that_is_meant(
    key: str, value: object, message: str, fix: str
) -> None:
    [finding] = found_in(line(source_ref=ABSENT) | {key: value})

    assert (finding.message, finding.fix) == (message, fix)
    assert finding.kind == ("" if key == "id" else key)
