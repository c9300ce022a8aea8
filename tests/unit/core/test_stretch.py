from core.finding import Finding, Severity
from core.lines import split_lines
from core.policy import Policy
from core.stretch import LineState, Stretch
from tests.builders import line, manifest

BLANK, INVALID, UNCHECKED, UNLABELED = LineState.BLANK, LineState.INVALID, LineState.UNCHECKED, LineState.UNLABELED
WARNED = LineState.WARNED


def read(body: bytes) -> tuple[Stretch, list[Finding]]:
    stretch, findings = Stretch(), []
    for block in split_lines([body]):
        findings += stretch.read(block, Policy())
    return stretch, findings


def finding(line_number: int | None, severity: Severity, rule: str = "image-not-found", **more: int) -> Finding:
    return Finding(rule, severity, line_number, None, None, "", "", **more)


def test_read_tells_what_each_line_is() -> None:
    stretch, findings = read(manifest(line(1), b"", b"{", line(2, "scratch"), line(3, anomaly_label="zero"), b"\xff"))

    assert list(stretch.states) == [0, BLANK | WARNED, INVALID, UNLABELED | WARNED, WARNED, INVALID]
    assert [finding.line for finding in findings] == [2, 3, 4, 5, 6]
    assert stretch.tally.totals == {
        "line-blank": 1,
        "line-invalid-json": 1,
        "class-name-unknown": 1,
        "label-value-invalid": 1,
        "line-not-utf8": 1,
    }


def test_read_counts_classes_labels_and_values() -> None:
    stretch, _ = read(
        manifest(
            line(1),
            line(2, "anomaly"),
            line(3, "scratch"),
            line(4, anomaly_label="x"),
            line("broken"),
            {"source-ref": "s3://images/5.png"},
        )
    )

    assert stretch.usable() == {"normal": 2, "anomaly": 1}
    assert stretch.objects == 6
    assert stretch.references.names() == {"anomaly-label": (5, 1)}
    assert stretch.values.seen == {("anomaly-label", "normal", "0"): (1, 1), ("anomaly-label", "anomaly", "1"): (1, 2)}


def test_count_counts_lines_of_which_any_of_some_things_is_known() -> None:
    stretch = Stretch(states=bytearray([0, 1, 2, 4, 6, 8, 10, 15]))

    assert stretch.count(BLANK) == 2
    assert stretch.count(INVALID) == 4
    assert stretch.count(UNCHECKED) == 3
    assert stretch.count(INVALID | UNCHECKED) == 5


def test_record_counts_findings_and_marks_the_lines_that_they_name() -> None:
    stretch = Stretch(states=bytearray([0, UNLABELED, 0, 0, 0]))

    stretch.record(
        [
            finding(2, Severity.ERROR),
            finding(3, Severity.UNCHECKED),
            finding(4, Severity.WARNING),
            finding(None, Severity.ERROR),
        ]
    )

    assert list(stretch.states) == [0, INVALID | UNLABELED, UNCHECKED, WARNED, 0]
    assert stretch.tally.totals == {"image-not-found": 4}
    assert stretch.tally.severities == {Severity.ERROR: 2, Severity.UNCHECKED: 1, Severity.WARNING: 1}


def test_record_blames_both_lines_of_a_conflict_and_one_of_a_repeat() -> None:
    stretch = Stretch(states=bytearray(4))

    stretch.record(
        [
            finding(2, Severity.ERROR, "source-ref-conflicting", first_line=1),
            finding(4, Severity.ERROR, "source-ref-duplicate", first_line=3),
        ]
    )

    assert list(stretch.states) == [INVALID, INVALID, 0, INVALID]


def test_mark_adds_to_what_is_known() -> None:
    stretch = Stretch(states=bytearray([0, INVALID, 0]))

    stretch.mark([2, 3], UNCHECKED)

    assert list(stretch.states) == [0, INVALID | UNCHECKED, UNCHECKED]


def test_merge_equals_reading_on() -> None:
    lines = [line(1), b"", b"{", line(1, "anomaly"), line(3, "scratch"), b"[", line(4, "normal", anomaly_label=7)]
    for cut in range(len(lines) + 1):
        merged, _ = read(manifest(*lines[:cut]))

        merged.merge(read(manifest(*lines[cut:]))[0])

        assert merged == read(manifest(*lines))[0]
