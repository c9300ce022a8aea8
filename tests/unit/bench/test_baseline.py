"""A baseline that checks less, or wrongly, would be a false bar: it has to find what the gate finds."""

from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest

from bench.baseline import judge
from bench.baseline_variants import VARIANTS
from bench.careful import RULES, Findings, Rules
from bench.gate import judge_lines
from bench.manifests import FAULTS, KINDS, Kind, compact, usual_line

LINES = 1_200
LOOKOUT = RULES["lookout-for-vision"]
EACH_KIND = pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS)


def assert_agree(path: Path, consumer: str) -> None:
    judgement, findings = judge_lines(path, consumer)
    found = judge(path, RULES[consumer])
    values: Counter[tuple[str, object, str]] = Counter()
    for (_, label, class_name, value), count in found.counts.items():
        values[label, class_name, str(value)] += count

    named = sorted((finding.line, finding.rule) for finding in findings if finding.line is not None)
    assert sorted((problem.line, problem.rule) for problem in found.problems) == named
    assert values == {thing: count for thing, (count, _) in judgement.stretch.values.seen.items()}
    assert found.sha256 == judgement.sha256
    assert len(found.classes) == len(judgement.stretch.states)
    if named:
        assert found.verdict == judgement.verdict


@EACH_KIND
def test_baseline_finds_what_the_gate_finds(kind: Kind, tmp_path: Path) -> None:
    assert_agree(kind.write(tmp_path, LINES), kind.consumer)


@pytest.mark.parametrize("fault", FAULTS, ids=map(str, range(len(FAULTS))))
def test_baseline_finds_each_fault_as_the_gate_does(fault: Callable[..., bytes], tmp_path: Path) -> None:
    path = tmp_path / "one.manifest"
    earlier, spoilt = compact(usual_line("earlier.jpg")), fault(usual_line("IMG_1.jpg"), "earlier.jpg")
    path.write_bytes(earlier + b"\n" + spoilt + b"\n")

    assert_agree(path, "lookout-for-vision")


@pytest.mark.parametrize(
    "line",
    [
        b'{"source-ref":"s3://b-b/IMG_1.jpg","anomaly-label":"1","anomaly-label-metadata":',
        b'{"source-ref":"s3://b-b/IMG_1.jpg","camera":{"a":[1,2]},"anomaly-label":1,"anomaly-label-metadata":',
        b'{"source-ref":"s3://b-b/IMG\\u005f1.jpg","anomaly-label":1,"anomaly-label-metadata":',
        b'{"source-ref":"s3://b-b/IMG_1.jpg","exposure":NaN,"anomaly-label":1,"anomaly-label-metadata":',
        b'{"source-ref":"s3://b-b/IMG_1.jpg","anomaly-label":true,"anomaly-label-metadata":',
        b'{"source-ref":"s3://B_B/IMG_1.jpg","anomaly-label":1,"anomaly-label-metadata":',
        b'{"source-ref":"s3://b-b/.hidden/../IMG_1.jpg","anomaly-label":1,"anomaly-label-metadata":',
        b'{"source-ref":"s3://b-b/.hidden.jpg","anomaly-label":1,"anomaly-label-metadata":',
        b'{"source-ref":"s3://b-b/IMG_1.jpg ","anomaly-label":1,"anomaly-label-metadata":',
        b'{"source-ref":"s3://b-b/%b.jpg","anomaly-label":1,"anomaly-label-metadata":' % (b"x" * 1_100),
        b'{"source-ref":"s3://b-b/\xe3\x85\xa4.jpg","anomaly-label":1,"anomaly-label-metadata":',
        b'{"source-ref":null,"anomaly-label":1,"anomaly-label-metadata":',
        b'{"anomaly-label":1,"anomaly-label-metadata":{},"second":1,"second-metadata":',
    ],
)
@pytest.mark.parametrize(
    "date", [b"2020-04-15T20:17:23Z", b"2020-W16-3T20:17:23", b"20200415T201723", b"1586981843.99"]
)
def test_baseline_agrees_on_what_is_seldom(line: bytes, date: bytes, tmp_path: Path) -> None:
    path = tmp_path / "one.manifest"
    path.write_bytes(
        line
        + b'{"confidence":1,"job-name":"j","class-name":"normal","human-annotated":"no","creation-date":"%b",' % date
        + b'"type":"groundtruth/image-classification"}}'
    )

    assert_agree(path, "lookout-for-vision")


@EACH_KIND
@pytest.mark.parametrize("variant", VARIANTS.values(), ids=VARIANTS)
def test_variants_of_the_baseline_find_the_same(
    variant: Callable[[Path, Rules], Findings], kind: Kind, tmp_path: Path
) -> None:
    path, rules = kind.write(tmp_path, LINES), RULES[kind.consumer]
    found, usual = variant(path, rules), judge(path, rules)

    assert sorted(found.problems) == sorted(usual.problems)
    assert (found.verdict, found.counts, found.sha256) == (usual.verdict, usual.counts, usual.sha256)


def test_joined_lines_that_only_together_are_json_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "shifted.manifest"
    line = compact(usual_line("IMG_1.jpg"))
    path.write_bytes(b'{"a":1},{"b":2}\n{"a":{"b":1}\n"c":2}\n{"a":[{"b":1}\n{"c":2}]}\n' + line + b"\n")

    for judge_by in (judge, *VARIANTS.values()):
        found = judge_by(path, LOOKOUT)

        assert [problem.line for problem in found.problems] == [1, 2, 3, 4, 5]
        assert {problem.rule for problem in found.problems} == {"line-invalid-json"}
