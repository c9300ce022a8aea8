"""Whatever the bytes, however they arrive, whatever the images do: a judgement is complete, exact and bounded."""

import hashlib
import json
from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Final

from hypothesis import event, example, given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from core.catalogue import RULES
from core.consumers import CONSUMERS, DEFAULT_CONSUMER, Role
from core.dataset import usual_name
from core.errors import GateError, NoSuchBucketError, RetryableError
from core.file_shape import HEAD_BYTES
from core.finding import VALUE_CHARACTERS, Severity, Verdict
from core.image_findings import Wanted
from core.layout import report_place
from core.lines import BYTE_ORDER_MARK, split_lines
from core.manifest import ManifestObject
from core.notification import MESSAGE_BYTES, Console, compose
from core.policy import Inspect, Policy
from core.ports import Found, NotFound
from core.report import Report, ReportFinding, build_report, list_findings
from core.second_read import accepted_lines
from core.shelf import Shelf
from core.stretch import LineState
from tests.builders import BUCKET, LABEL, encoded, line, sound_lines
from tests.fakes import Judged, MemoryImages, MemoryScratch, judge, times
from tests.property.test_layout import MANIFESTS
from tests.property.test_stretch import CONTENTS, chunked, physical_lines

SNS_BYTES: Final = 256 * 1024
_SCHEMA: Final = Draft202012Validator(Report.model_json_schema(mode="serialization"))
_ENDS: Final = st.sampled_from([b"\n", b"\n", b"\n", b"\r\n"])
_STARTS: Final = st.sampled_from([b"", b"", b"", BYTE_ORDER_MARK, b"\n"])
_LINES: Final = st.tuples(CONTENTS, _ENDS).map(b"".join)
_SOUND: Final = st.lists(st.sampled_from(["normal", "anomaly"]), min_size=1, max_size=6).map(
    lambda classes: b"".join(encoded(line(number, name)) + b"\n" for number, name in enumerate(classes, 1))
)
_NOISE: Final = st.sampled_from(
    [
        b'"',
        b"{",
        b"}",
        b"[",
        b",",
        b"\\",
        b"\n",
        b"\r",
        b"\x00",
        b"\xff",
        b"\xe2\x80\xa8",
        b"s3://",
        b'"\\ud800"',
        b"\x1f\x8b",
    ]
)


@st.composite
def _mutated(draw: st.DrawFn) -> bytes:
    """Mostly sound lines with some bytes lost, added or changed."""
    body = draw(_SOUND)
    for _ in range(draw(st.integers(0, 3))):
        at = draw(st.integers(0, len(body)))
        body = body[:at] + draw(st.just(b"") | _NOISE) + body[at + draw(st.integers(0, 3)) :]
    return body


def _of_many(wrong: bytes, many: int, others: Sequence[bytes]) -> bytes:
    return b"\n".join([*[wrong] * many, *others])


_REPEATING: Final = st.lists(
    st.builds(line, st.integers(1, 4), st.sampled_from(["normal", "anomaly"])).map(encoded), min_size=2, max_size=6
)
BODIES: Final = st.one_of(
    _REPEATING.map(b"\n".join),
    _SOUND.map(BYTE_ORDER_MARK.__add__),
    st.lists(_LINES, max_size=16).map(b"".join),
    st.builds(lambda start, lines, end: start + b"".join(lines) + end, _STARTS, st.lists(_LINES, max_size=8), CONTENTS),
    _SOUND,
    _mutated(),
    st.lists(_mutated(), min_size=2, max_size=2).map(BYTE_ORDER_MARK.join),
    st.builds(_of_many, CONTENTS, st.integers(9, 14), st.lists(CONTENTS, max_size=3)),
)
ANY_BYTES: Final = st.one_of(
    st.binary(max_size=200),
    st.lists(st.sampled_from([b'{"a":', b"1,2\n", b"\x00a", b"\n", b"[", b"]", b"}", b"PK\x03\x04", b"x"])).map(
        b"".join
    ),
    BODIES,
)
POLICIES: Final = st.builds(
    Policy,
    role=st.none() | st.sampled_from(Role),
    label_attribute=st.sampled_from([None, None, LABEL, "renamed"]),
    images_bucket=st.sampled_from([None, None, BUCKET, "elsewhere"]),
    check_images=st.sampled_from([True, True, True, False]),
    consumer=st.just(DEFAULT_CONSUMER) | st.sampled_from(list(CONSUMERS.values())),
    inspect=st.sampled_from([Inspect.NONE, Inspect.NONE, Inspect.SAMPLE, Inspect.ALL]),
    severities=st.just({})
    | st.dictionaries(
        st.sampled_from([slug for slug, rule in RULES.items() if not rule.fixed]),
        st.sampled_from([None, Severity.WARNING, Severity.ERROR]),
        max_size=3,
    ),
)
_IMAGE: Final = st.sampled_from([Found(1), Found(1), Found(1), Found(0), Found(9 * 1024**2), Found(1, archived=True)])
_KEYS: Final = [f"{number}.png" for number in range(1, 7)]
_FAULTS: Final = st.sampled_from([RetryableError("throttled"), NoSuchBucketError("gone")])


@st.composite
def stores(draw: st.DrawFn) -> MemoryImages:
    """Images that exist or not, in a store that answers or not."""
    images = dict.fromkeys(_KEYS, Found(1))
    if draw(st.booleans()):
        return MemoryImages({BUCKET: images})
    images = images if draw(st.booleans()) else {}
    images |= draw(st.dictionaries(st.sampled_from([*_KEYS, "a b.png"]), _IMAGE))
    refused = st.dictionaries(
        st.sampled_from(_KEYS), st.sampled_from([NotFound.DENIED, NotFound.ENCRYPTED]), max_size=4
    )
    faults: dict[int, GateError] = draw(st.just({}) | st.dictionaries(st.integers(1, 3), _FAULTS, max_size=1))
    others = {"elsewhere": {"1.png": Found(1)}} if draw(st.booleans()) else {}
    regions = draw(st.sampled_from([{}, {BUCKET: "eu-west-1", "manifests": "us-east-1"}]))
    return MemoryImages(
        {BUCKET: images, "manifests": {}} | others,
        regions=regions,
        listing_denied=draw(st.booleans()),
        answers=draw(st.just({}) | refused),
        faults=faults,
    )


def assert_consistent(body: bytes, judged: Judged) -> None:
    """What was judged, what went to the sink and what was counted are one and the same."""
    judgement, findings = judged.judgement, judged.findings
    stretch, lines = judgement.stretch, len(judgement.stretch.states)
    was_read = judgement.sha256 is not None
    assert stretch.tally.totals == Counter(judged.rules)
    severities = {finding.severity for finding in findings}
    grave = [Verdict.INVALID] * (Severity.ERROR in severities) + [Verdict.INCOMPLETE] * (
        Severity.UNCHECKED in severities
    )
    assert judged.verdict is [*grave, Verdict.VALID][0]
    for finding in findings:
        assert all(1 <= named <= lines for named in (finding.line, *finding.lines) if named is not None)
        assert finding.first_line is None or (finding.line or 0) > finding.first_line >= 1
        assert finding.value is None or len(finding.value) <= VALUE_CHARACTERS
    if was_read:
        assert judgement.bytes_read == len(body)
        assert judgement.sha256 == hashlib.sha256(body).hexdigest()
        assert lines == len(physical_lines(body.removeprefix(BYTE_ORDER_MARK)))
    check, references = judgement.check, stretch.references.buckets.get(judgement.images_bucket or "")
    fields = Wanted.of(stretch.references, judgement.images_bucket or "").fields if references else {}
    named = {key for lines in fields.values() for _, key in lines} if judgement.policy.check_images else set()
    looked_for = check.checked + sum(map(len, check.unchecked.values())) if check else 0
    assert looked_for == (0 if check and (check.no_bucket or check.untouched) else len(named))
    if judged.verdict is Verdict.VALID:
        assert was_read
        assert not (check and (check.missing or check.unchecked or check.untouched))


def assert_states_follow(judged: Judged) -> None:
    """A line is invalid if an error names it, unchecked if its image was not looked at; blank ones are neither."""
    stretch, check = judged.judgement.stretch, judged.judgement.check
    errors = [finding for finding in judged.findings if finding.severity is Severity.ERROR]
    invalid = {finding.line for finding in errors if finding.line}
    invalid |= {f.first_line for f in errors if f.first_line and RULES[f.rule].blames_first_line}
    unchecked = {f.line for f in judged.findings if f.severity is Severity.UNCHECKED and f.line}
    if check:
        wanted = Wanted.of(stretch.references, judged.judgement.images_bucket or "")
        looks = (look for look in (check, judged.judgement.facts) if look is not None)
        unchecked |= {line for look in looks for keys in look.unchecked.values() for line in wanted.lines_of_all(keys)}
        unchecked |= set(wanted.lines()) if check.untouched else set()
    if any(f.rule == "label-name-inconsistent" for f in errors):
        names = stretch.references.names()
        invalid |= set(stretch.references.lines_named(names.keys() - {usual_name(names)}))
    if check and check.no_bucket:
        wanted = Wanted.of(stretch.references, judged.judgement.images_bucket or "")
        invalid |= set(wanted.lines())
    assert {number for number, state in enumerate(stretch.states, 1) if state & LineState.INVALID} == invalid
    assert {number for number, state in enumerate(stretch.states, 1) if state & LineState.UNCHECKED} == unchecked


def report_on(judged: Judged, most: int = 1_000) -> Report:
    looked_at = datetime(2026, 1, 1, tzinfo=UTC)
    return build_report(
        judged.judgement,
        list_findings(judged.judgement, most),
        run="run",
        looked_at=looked_at,
        seconds=1,
        requests={"list": 1},
        files={},
    )


def assert_reported(judged: Judged, most: int) -> None:
    report, totals = report_on(judged, most), Counter(judged.rules)
    assert report.totals == totals
    lines = report.statistics.lines
    states = judged.judgement.stretch.states
    excluded = sum(bool(state & (LineState.INVALID | LineState.UNCHECKED)) for state in states)
    faulty_blanks = sum(bool(state & LineState.BLANK and state & LineState.INVALID) for state in states)
    assert lines.total == lines.valid + excluded + lines.blank - faulty_blanks == len(states)
    assert max(lines.invalid, lines.unchecked) <= excluded <= lines.invalid + lines.unchecked
    images = report.statistics.images
    assert images.missing <= images.checked
    assert report.accepted == (
        "none" if not lines.valid else "some" if excluded or not report.manifest.sha256 else "all"
    )

    assert len(report.findings) <= most
    entries = [entry.model_dump(mode="json") for entry in report.findings]
    single = [finding.to_json() for finding in judged.findings]
    listed = Counter[str]()
    for entry in entries:
        # An entry is one of the findings, or stands for as many as it says.
        listed[entry["rule"]] += 1 if entry in single else entry["count"]
    assert listed <= totals
    assert report.capped == (listed != totals)

    text = report.to_json()
    assert Report.model_validate_json(text) == report
    assert json.loads(text) == json.loads(report.to_json(indent=None))
    _SCHEMA.validate(json.loads(text))


@settings(max_examples=250)
@given(
    ANY_BYTES | _SOUND | _SOUND,
    POLICIES,
    stores(),
    st.none() | st.integers(0, 8),
    st.integers(1, 4),
    st.integers(1, 12),
)
@example(encoded(line(1, padding="x" * HEAD_BYTES)), Policy(), MemoryImages({}), None, 1, 12)
@example(
    encoded(line(1)) + b"\n" + encoded(line(2)),
    Policy(),
    MemoryImages({BUCKET: {}}, answers={"1.png": NotFound.DENIED, "2.png": NotFound.ENCRYPTED}),
    None,
    1,
    12,
)
@example(b"", Policy(), MemoryImages({}), None, 1, 1)
@example(b"".join(encoded(each) + b"\n" for each in sound_lines()), Policy(), MemoryImages({}), None, 1, 12)
def test_a_judgement_is_consistent_and_reported_exactly(
    body: bytes, policy: Policy, images: MemoryImages, glances: int | None, keep: int, most: int
) -> None:
    out_of_time = (lambda: False) if glances is None else times(glances)
    judged = judge(body, policy, images, out_of_time=out_of_time, keep=keep)
    event(judged.verdict.value)
    assert_consistent(body, judged)
    assert_states_follow(judged)
    assert_reported(judged, most)


def images_of_all(policy: Policy) -> MemoryImages:
    """All images of the usual bucket, of which one is empty, and one not there."""
    images = dict.fromkeys(_KEYS[2:], Found(1)) | {_KEYS[1]: Found(0)}
    return MemoryImages({BUCKET: images} | ({policy.images_bucket: images} if policy.images_bucket else {}))


@settings(max_examples=150)
@given(ANY_BYTES.flatmap(chunked), POLICIES)
def test_a_judgement_does_not_depend_on_the_chunks(chunks: list[bytes], policy: Policy) -> None:
    body = b"".join(chunks)
    one, other = judge(body, policy, images_of_all(policy)), judge(chunks, policy, images_of_all(policy))
    assert one.findings == other.findings
    assert one.judgement == other.judgement


def accepted_of(body: bytes, states: bytes | bytearray) -> bytes:
    """The accepted lines, by the definition."""
    left_out = LineState.INVALID | LineState.UNCHECKED | LineState.BLANK
    lines = physical_lines(body.removeprefix(BYTE_ORDER_MARK))
    return b"".join(content for content, state in zip(lines, states, strict=False) if not state & left_out)


@settings(max_examples=200)
@given(BODIES.flatmap(chunked), st.binary(max_size=40).map(lambda states: bytes(state % 32 for state in states)))
def test_accepted_lines_are_those_of_the_file_byte_for_byte(chunks: list[bytes], states: bytes) -> None:
    # A mark alone is a line of no bytes: blank, whatever these states say.
    body = b"".join(chunks)
    assert b"".join(accepted_lines(split_lines(chunks), states)) == accepted_of(body, states)


@settings(max_examples=150)
@given(BODIES.flatmap(chunked), POLICIES, stores())
def test_accepted_lines_are_sound_by_themselves(chunks: list[bytes], policy: Policy, images: MemoryImages) -> None:
    body = b"".join(chunks)
    judged = judge(body, policy, images)
    accepted = b"".join(accepted_lines(split_lines(chunks), judged.judgement.stretch.states))
    assert accepted == accepted_of(body, judged.judgement.stretch.states)
    event(f"accepted: {report_on(judged).accepted}")
    if accepted:
        again = judge(accepted, policy)
        assert not any(state & ~(LineState.UNLABELED | LineState.WARNED) for state in again.judgement.stretch.states)
        assert again.judgement.stretch.tally.severities.keys() <= {Severity.WARNING, Severity.ERROR}
        assert {f.rule for f in again.findings if f.severity is Severity.ERROR} <= {
            slug for slug in RULES if slug.startswith("dataset-")
        }


_TEXTS: Final = st.builds(
    lambda text, count: text * count,
    st.text(min_size=1, max_size=4) | st.sampled_from(["😀", "\U000e0001", "\x00", "\n", "'"]),
    st.integers(1, 2_500),
)


def _reported(rule: str, severity: Severity, number: int | None, text: str, fix: str) -> ReportFinding:
    policies = [Policy(consumer=consumer, severities={rule: severity}) for consumer in CONSUMERS.values()]
    found = next(filter(None, (policy.finding(rule, text, line=number, value=text, fix=fix) for policy in policies)))[0]
    return ReportFinding.model_validate(found.to_json())


_REPORTED: Final = st.builds(
    _reported,
    st.sampled_from(sorted(RULES)),
    st.sampled_from(Severity),
    st.none() | st.integers(1, 10**9),
    _TEXTS,
    _TEXTS,
)


@settings(max_examples=100)
@given(
    MANIFESTS,
    st.sampled_from(Verdict),
    st.dictionaries(st.sampled_from(sorted(RULES)), st.integers(1, 10**12)),
    st.lists(_REPORTED, max_size=14),
)
def test_any_report_makes_a_message_that_sns_takes(
    manifest: ManifestObject, verdict: Verdict, totals: dict[str, int], findings: list[ReportFinding]
) -> None:
    report = report_on(judge(b"", manifest=manifest)).model_copy(
        update={"verdict": verdict, "totals": totals, "findings": findings}
    )
    sent = compose(report, report_place("reports", "", manifest), Console("aws", "us-east-1"))
    assert 0 < len(sent.subject) < 100
    assert sent.subject.isascii()
    assert sent.subject.isprintable()
    assert verdict.value in sent.subject
    attributes = [sent.verdict.value, sent.rules_json, sent.manifest, sent.bucket, sent.key]
    assert all(attributes)
    assert json.loads(sent.rules_json) == list(totals)
    assert len(sent.message.encode()) < MESSAGE_BYTES
    assert len(sent.message.encode()) + sum(len(text.encode()) for text in attributes) < SNS_BYTES


@settings(max_examples=50)
@given(BODIES, POLICIES)
def test_where_keys_are_held_changes_nothing(body: bytes, policy: Policy) -> None:
    usual = judge(body, policy)

    judged = judge(body, policy, shelf=Shelf(0, MemoryScratch()))

    assert judged == usual
