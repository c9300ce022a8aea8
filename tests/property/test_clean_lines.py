"""Lines that are proven clean are those, and just those, about which a full judgement has nothing to say."""

import json
from dataclasses import replace
from typing import Any, Final

from hypothesis import event, given, settings
from hypothesis import strategies as st

from core.clean_lines import CleanLines
from core.consumers import CONSUMERS
from core.finding import Finding
from core.lines import split_lines
from core.policy import Policy
from core.stretch import Stretch
from tests.builders import Object, metadata
from tests.property.test_stretch import CONTENTS, orders

_POLICIES: Final = st.sampled_from(
    [
        *(Policy(consumer=consumer) for consumer in CONSUMERS.values()),
        Policy(label_attribute="second"),
        Policy(severities={"class-name-unknown": None, "source-ref-suspicious": None}),
        Policy(severities={"mask-metadata-malformed": None, "label-several": None}),
        Policy(severities={"label-several": None}),
        Policy(
            consumer=replace(CONSUMERS["rekognition-custom-labels"], pairs=2),
            severities={"label-too-many": None, "label-missing": None},
        ),
        Policy(
            consumer=CONSUMERS["rekognition-custom-labels"],
            severities=dict.fromkeys(["metadata-malformed", "label-missing", "label-value-invalid"]),
        ),
    ]
)
_KEYS: Final = st.one_of(
    st.from_regex(r"[a-z]{1,3}/[0-9]{1,2}", fullmatch=True),
    st.sampled_from(
        [
            "a//b",
            "/a",
            "./a",
            "a/./b",
            "a/../b",
            "a/.b",
            "..",
            "a%20b",
            "a%",
            "é",
            "사진",
            "사\u200b진",
            "\u3164",
            "a b",
            "a ",
        ]
    ),
    st.text("ab/.%\x7f\u00ad한", min_size=1, max_size=4),
)
_BUCKETS: Final = st.sampled_from(["images"] * 6 + ["other.bucket", "Old_Bucket", "no", "images-2", ""])
_ENDS: Final = st.sampled_from([".png"] * 6 + [".jpg", ".jpeg", ".PNG", ".Jpg", ".gif", "", "/"])
_REFS: Final = st.builds("s3://{}/{}{}".format, _BUCKETS, _KEYS, _ENDS) | st.sampled_from(
    [
        "s3:/images/a.png",
        "S3://images/a.png",
        "s3://images",
        5,
        None,
        "s3://images/" + "k" * 240 + ".png",
        "s3://images/" + "é/" * 400 + ".png",
    ]
)
_DATES: Final = st.one_of(
    st.datetimes().map(lambda date: date.isoformat()),
    st.sampled_from(["", "Z", "z", "+01:00", "-00:00", "+0100", "+24:00", "+23:59", "+01"]).map(
        "2020-11-10T03:37:09{}".format
    ),
    st.sampled_from(
        ["2020-11-10 03:37:09.600Z", "2020-11-10T03:37", "2020-11-10", "1586981843", "2020-11-10t03:37:09"]
    ),
    st.sampled_from(
        ["2020-11-10T03:37:60", "2020-11-10T24:00:00", "2020-02-30T00:00:00", "2020-11-10T03:37:09.1234567891"]
    ),
    st.sampled_from(
        ["0000-01-01T00:00:00", "9999-12-31T23:59:59.9999999", "0001-01-01T00:00:00+23:00", 1586981843, None]
    ),
    st.from_regex(
        r"20[0-9]{2}-[01][0-9]-[0-3][0-9][Tt ][0-2][0-9]:[0-6][0-9](:[0-6][0-9](\.[0-9]{0,10})?)?"
        r"([Zz]|[+-][0-2][0-9]:?[0-6][0-9])?",
        fullmatch=True,
    ),
)
_VALUES: Final = st.sampled_from(
    [0, 1, 0, 1, "0", "1", "+1", " 1", "x", "", -0.0, 1.0, True, None, 10**30, -(2**63), [], {}]
)
_FIELDS: Final[dict[str, st.SearchStrategy[Any]]] = {
    "class-name": st.sampled_from(["normal", "anomaly"] * 3 + ["Normal", "", "other", "x" * 300, 1, None]),
    "human-annotated": st.sampled_from(["yes", "no"] * 3 + ["YES", True, None]),
    "type": st.sampled_from(["groundtruth/image-classification"] * 6 + ["groundtruth/object-detection", None, "x"]),
    "confidence": st.sampled_from([0, 1, 0.5, 0.99, 1e-400, 1.0000000000000001, 2, -0.1, -0.0, True, "1", None]),
    "creation-date": _DATES,
    "job-name": st.sampled_from(["job", "", "é", 'quoted " job', "back\\slash", "line\nbreak", None, 5]),
    "failure-reason": st.just("none"),
}
_ABSENT: Final = frozenset({"failure-reason"})


@st.composite
def _metadata(draw: st.DrawFn) -> Object:
    """Metadata with a few fields drawn anew, left out, or put elsewhere."""
    content = metadata()
    for name in draw(st.lists(st.sampled_from(sorted(_FIELDS)), max_size=2)):
        if draw(st.booleans()):
            content[name] = draw(_FIELDS[name])
        else:
            content.pop(name, None)
    if draw(st.integers(0, 3)) == 0:
        content = dict(draw(st.permutations(list(content.items()))))
    return content


@st.composite
def _lines(draw: st.DrawFn) -> bytes:
    """A line of one or several labels, in any order, written in one of several ways."""
    content: dict[str, object] = {"source-ref": draw(_REFS)}
    for name in draw(
        st.sampled_from([["anomaly-label"]] * 4 + [["second"], ["anomaly-label", "second"], [], ["x", "y", "z"]])
    ):
        content[name] = draw(_VALUES)
        content[f"{name}-metadata"] = draw(_metadata())
    if draw(st.integers(0, 3)) == 0:
        more = st.sampled_from(
            ["id", "", "é", "x-metadata", "metadata", "anomaly_label", "mask-ref", "anomaly-label-metadata", "second"]
        )
        content[draw(more)] = draw(
            st.one_of(st.integers(), st.text(max_size=3), _metadata(), st.floats(allow_nan=False))
        )
    if draw(st.integers(0, 3)) == 0:
        content = dict(draw(st.permutations(list(content.items()))))
    separators = draw(st.sampled_from([(",", ":")] * 3 + [(", ", ": "), (" ,", "\t:"), (",\r", ":")]))
    return json.dumps(content, ensure_ascii=draw(st.integers(0, 5)) == 0, separators=separators).encode()


@st.composite
def _broken(draw: st.DrawFn) -> bytes:
    """A line with some bytes lost, added, or repeated."""
    text = draw(_lines())
    start = draw(st.integers(0, len(text)))
    stop = draw(st.integers(start, len(text)))
    more = draw(
        st.sampled_from(
            [b"", text[start:stop] * 2, b"\n", b",", b"{", b"}", b'"', b"\xff", b"\xed\xa0\x80", b"\\", b" ", b"}{"]
        )
    )
    return text[:start] + more + text[stop:]


@st.composite
def _homogeneous(draw: st.DrawFn) -> list[bytes]:
    """Lines that differ in image, label and class alone."""
    separators = draw(st.sampled_from([(",", ":"), (", ", ": ")]))
    known = [name for name in ("confidence", "creation-date", "job-name") if draw(st.booleans())]
    more = draw(st.sampled_from([{}, {}, {"id": 7}]))
    lines: list[bytes] = []
    for number in range(draw(st.integers(1, 12))):
        class_name = draw(st.sampled_from(["normal", "anomaly"]))
        fields = {
            name: value
            for name, value in metadata(class_name).items()
            if name in (*known, "class-name", "human-annotated", "type")
        }
        content = {"source-ref": f"s3://images/{number % 7}.png", "anomaly-label": int(class_name == "anomaly")} | more
        lines.append(json.dumps(content | {"anomaly-label-metadata": fields}, separators=separators).encode())
    return lines


_MORE: Final = st.sampled_from(
    [
        {},
        {},
        {"y": 1, "y-metadata": 5},
        {"y-metadata": "x"},
        {"source-ref-metadata": metadata()},
        {"x-ref": 1, "x-ref-metadata": metadata()},
    ]
)


@st.composite
def _several(draw: st.DrawFn) -> list[bytes]:
    """Lines whose labels were seen before, though in other company."""
    names = draw(st.sampled_from([["a", "b"], ["b", "a", "c"], ["a", "n" * 300], ["n" * 257, "n" * 300], ["second"]]))
    more, masked = draw(_MORE), draw(st.integers(0, 3)) == 0
    lines: list[bytes] = []
    for _ in range(draw(st.integers(1, 10))):
        content: Object = {"source-ref": draw(_REFS)}
        for name in names:
            class_name = draw(st.sampled_from(["normal", "anomaly"] * 3 + ["z" * 257]))
            content |= {name: 1, f"{name}-metadata": metadata(class_name)}
        lines.append(json.dumps(content | more | ({"x-mask-ref": draw(_REFS)} if masked else {})).encode())
    return lines


@st.composite
def _any_of(draw: st.DrawFn) -> list[bytes]:
    """Lines with any of some labels, in any order; now and then without a key, or with one twice."""
    more = draw(st.sampled_from([{}, {}, {"id": 7}, {"id": "7"}]))
    classes = st.sampled_from(["normal", "anomaly"] * 3 + ["", "z" * 257])
    lines: list[bytes] = []
    for _ in range(draw(st.integers(1, 12))):
        content: Object = {"source-ref": f"s3://images/{draw(st.integers(0, 6))}.png"} | more
        for name in draw(st.lists(st.sampled_from(["a", "b", "anomaly-label", "second"]), unique=True)):
            content |= {name: draw(st.sampled_from([0, 1, 1, "1", "x"])), f"{name}-metadata": metadata(draw(classes))}
        keys = st.sampled_from(sorted(content))
        if draw(st.integers(0, 5)) == 0:
            del content[draw(keys)]
        if draw(st.integers(0, 3)) == 0:
            content = dict(draw(st.permutations(list(content.items()))))
        text = json.dumps(content)
        if draw(st.integers(0, 5)) == 0:
            text = text.replace("{", json.dumps({draw(keys): draw(st.sampled_from([1, "1"]))})[:-1] + ",", 1)
        lines.append(text.encode())
    return lines


_BODIES: Final = st.one_of(
    _several(),
    _any_of(),
    _homogeneous(),
    st.builds(
        lambda some, odd, at: [*some[: at % len(some)], odd, *some[at % len(some) :]],
        _homogeneous(),
        _lines() | _broken() | CONTENTS,
        st.integers(0, 20),
    ),
    st.lists(_lines() | _lines() | _broken() | CONTENTS, min_size=1, max_size=8),
).map(b"\n".join)


def _read(body: bytes, policy: Policy, size: int, *, fast: bool) -> tuple[Stretch, list[Finding]]:
    stretch, findings = Stretch(), list[Finding]()
    clean = CleanLines(policy) if fast else None
    for block in split_lines(body[start : start + size] for start in range(0, len(body), size)):
        findings += stretch.read(block, policy, clean)
    return stretch, findings


@settings(max_examples=400)
@given(_BODIES, st.sampled_from([b"\n", b"\n", b"\r\n"]), st.booleans(), _POLICIES, st.sampled_from([10**6, 700, 300]))
def test_proving_lines_clean_changes_nothing(
    body: bytes,
    end: bytes,
    ended: bool,  # noqa: FBT001
    policy: Policy,
    size: int,
) -> None:
    body = body.replace(b"\n", end) + (end if ended else b"")
    (quick, found), (slow, expected) = (_read(body, policy, size, fast=fast) for fast in (True, False))
    assert found == expected
    assert quick == slow
    assert orders(quick) == orders(slow)
    for block in split_lines([body]):
        proven, others = CleanLines(policy).prove(block)
        event(f"proven: {bool(proven)}, judged in full: {bool(others)}")
