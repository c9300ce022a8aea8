"""Lines are what splitting at each line feed yields, however they arrive; stretches that follow each other merge."""

from copy import deepcopy
from functools import reduce
from itertools import pairwise
from typing import Final

from hypothesis import given, settings
from hypothesis import strategies as st

from core.consumers import CONSUMERS
from core.finding import Finding
from core.lines import BLOCK_BYTES, Line, LineBlock, split_lines
from core.policy import Policy
from core.sightings import Sightings
from core.stretch import Stretch
from core.tally import Tally
from tests.builders import ABSENT, Object, encoded, line, metadata, with_metadata


def physical_lines(body: bytes) -> list[bytes]:
    """The lines of a file, each with its line feed, if it has one."""
    *whole, rest = body.split(b"\n")
    return [content + b"\n" for content in whole] + ([rest] if rest else [])


def chunked(body: bytes) -> st.SearchStrategy[list[bytes]]:
    """Some bytes in chunks of any size, none included."""
    cuts = st.lists(st.integers(0, len(body)), max_size=6).map(sorted)
    return cuts.map(lambda inner: [body[start:end] for start, end in pairwise([0, *inner, len(body)])])


def split(chunks: list[bytes], limit: int, offset: int = 0) -> tuple[list[LineBlock], list[Line]]:
    blocks = list(split_lines(chunks, limit, offset))
    return blocks, [each for block in blocks for each in block]


_BYTES: Final = st.lists(st.sampled_from([b"\n", b"\n", b"\r", b"a", b"\xe2\x80\xa8", b"0123456789"]), max_size=30).map(
    b"".join
)


@given(_BYTES.flatmap(chunked), st.integers(1, 8), st.integers(0, 3))
def test_lines_are_numbered_and_placed_whatever_the_chunks(chunks: list[bytes], limit: int, offset: int) -> None:
    body = b"".join(chunks)
    blocks, lines = split(chunks, limit, offset)
    expected = [content.removesuffix(b"\n") for content in physical_lines(body)]
    starts = [offset + len(b"".join(physical_lines(body)[:before])) for before in range(len(expected))]
    assert [each.number for each in lines] == list(range(1, len(expected) + 1))
    assert [each.offset for each in lines] == starts
    assert [each.length for each in lines] == list(map(len, expected))
    assert [each.content[:limit] for each in lines] == [content[:limit] for content in expected]
    assert all(each.content == content for each, content in zip(lines, expected, strict=True) if len(content) <= limit)
    assert [block.ended for block in blocks if block.ended] == [True] * (len(blocks) - (body[-1:] not in (b"", b"\n")))


@given(_BYTES.flatmap(chunked), st.integers(1, 8))
def test_no_more_of_a_long_line_is_held_than_a_limit_and_a_chunk(chunks: list[bytes], limit: int) -> None:
    _, lines = split(chunks, limit)
    assert max((len(each.content) for each in lines), default=0) <= limit + max(map(len, chunks))


@settings(max_examples=5)
@given(st.integers(0, 2 * BLOCK_BYTES + 1), st.integers(0, 2 * BLOCK_BYTES))
def test_blocks_are_bounded_and_follow_each_other(breaks: int, cut: int) -> None:
    body = b"\n" * breaks + b"end"
    blocks, lines = split([body[:cut], body[cut:]], 10, offset=7)
    assert max(len(block.content) for block in blocks) <= BLOCK_BYTES + len("end")
    assert [each.number for each in lines] == list(range(1, breaks + 2))
    assert [block.offset for block in blocks] == [7, *(block.end for block in blocks[:-1])]
    assert sum(block.ended for block in blocks) == len(blocks) - 1


_CLASSES: Final = st.sampled_from(["normal", "anomaly", "Normal", "other", 1, None])
_REFS: Final = st.one_of(
    st.integers(1, 6),
    st.sampled_from(["s3://images/a b.png", "s3://elsewhere/1.png", "s3://third/1.jpg", "s3: //x/y", "images/1", 1.5]),
)
_LABELLED: Final = st.builds(line, _REFS, _CLASSES)
_ODD: Final[st.SearchStrategy[Object]] = st.sampled_from(
    [
        line(1, anomaly_label=ABSENT),
        line(2, anomaly_label_metadata=ABSENT),
        line(3, anomaly_label="01", other=0, other_metadata=metadata()),
        line(4, anomaly_label=ABSENT, anomaly_label_metadata=ABSENT, renamed=1, renamed_metadata=metadata("anomaly")),
        with_metadata(5, human_annotated="maybe", type=ABSENT, confidence=2),
        with_metadata(6, class_name=ABSENT, failure_reason="none"),
        {"source_ref": "s3://images/1.png"},
        line(1, second=1, second_metadata=metadata("dent")),
        line(2, boxes={}, boxes_metadata={"type": "groundtruth/object-detection"}),
        line(3, anomaly_label_metadata=metadata("sports", type="groundtruth/text-classification")),
        with_metadata(4, confidence=ABSENT, creation_date=ABSENT, class_name=""),
        line(5, anomaly_mask_ref="s3://images/6.png", anomaly_mask_ref_metadata={"internal-color-map": {"x": 1}}),
        line(6, anomaly_mask_ref="s3://images/mask.png"),
        line(4, anomaly_mask_ref="s3://elsewhere/1.png", second_ref=1, second_ref_metadata={"internal-color-map": []}),
    ]
)
_NO_OBJECTS: Final = st.sampled_from(
    [
        b"",
        b"  ",
        b"\r",
        b"{",
        b"[1]",
        b"caf\xe9 \xff",
        b'{"source-ref":"s3://images/1.png","source-ref":1}',
        b'{"a":NaN}',
    ]
)
CONTENTS: Final = _LABELLED.map(encoded) | _LABELLED.map(encoded) | _ODD.map(encoded) | _NO_OBJECTS
"""Contents of lines, of which many name the same few images."""
_POLICIES: Final = st.sampled_from(
    [
        *(Policy(consumer=consumer) for consumer in CONSUMERS.values()),
        Policy(label_attribute="renamed"),
        Policy(images_bucket="elsewhere"),
    ]
)


def read(body: bytes, policy: Policy, keep: int, offset: int = 0) -> tuple[Stretch, list[Finding]]:
    stretch, findings = Stretch(tally=Tally(keep=keep)), list[Finding]()
    for block in split_lines([body], offset=offset):
        findings += stretch.read(block, policy)
    return stretch, findings


def merged(*stretches: Stretch) -> Stretch:
    """The stretches as one; they themselves stay as they are."""
    first, *others = deepcopy(stretches)
    for other in others:
        first.merge(other)
    return first


def orders(stretch: Stretch) -> list[list[object]]:
    """The order of first sight, wherever it decides ties or what a report lists."""
    references, sightings = stretch.references, (stretch.values,)
    return [
        list(stretch.usable()),
        *(list[object](each.seen) for each in sightings),
        list(references.buckets),
        list(references.ways),
        list(references.names()),
        list(stretch.tally.rules),
        *(list[object](rule.alike) for rule in stretch.tally.rules.values()),
    ]


def assert_same(found: Stretch, expected: Stretch) -> None:
    assert found == expected
    assert orders(found) == orders(expected)


@settings(max_examples=100)
@given(st.lists(st.lists(CONTENTS, max_size=12), min_size=1, max_size=3), _POLICIES, st.integers(1, 3))
def test_stretches_merge_to_the_stretch_of_the_whole(parts: list[list[bytes]], policy: Policy, keep: int) -> None:
    bodies = [b"".join(content + b"\n" for content in part) for part in parts]
    whole, findings = read(b"".join(bodies), policy, keep)
    offsets = [sum(map(len, bodies[:before])) for before in range(len(bodies))]
    stretches = [read(body, policy, keep, offset)[0] for body, offset in zip(bodies, offsets, strict=True)]
    assert_same(merged(*stretches), whole)
    assert_same(reduce(lambda after, before: merged(before, after), reversed(stretches)), whole)
    assert list(merged(*stretches).references.judge(policy)) == list(whole.references.judge(policy))
    assert whole.tally.totals == {rule: sum(f.rule == rule for f in findings) for rule in whole.tally.totals}
    assert sum(whole.tally.totals.values()) == len(findings)


@settings(max_examples=30)
@given(st.lists(CONTENTS, max_size=12), st.integers(1, 3))
def test_an_empty_stretch_changes_nothing(contents: list[bytes], keep: int) -> None:
    stretch, _ = read(b"\n".join(contents), Policy(), keep)
    empty = Stretch(tally=Tally(keep=keep))
    assert_same(merged(empty, stretch), stretch)
    assert_same(merged(stretch, empty), stretch)


@given(st.lists(st.lists(st.sampled_from("abc"), max_size=6), max_size=3))
def test_sightings_count_each_thing_and_keep_its_first_line(parts: list[list[str]]) -> None:
    sightings, lines = Sightings[str](), list[str]()
    for part in parts:
        theirs = Sightings[str]()
        for number, thing in enumerate(part, 1):
            theirs.add(thing, number)
        sightings.merge(theirs, len(lines))
        lines += part
    assert sightings.seen == {thing: (lines.count(thing), lines.index(thing) + 1) for thing in lines}
