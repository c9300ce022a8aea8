import pytest

from core.finding import Verdict
from core.outcome import NotifyOn, Standing, is_newer, is_to_be_judged, is_to_be_published, next_run
from tests.builders import manifest, sound_lines
from tests.fakes import MemoryImages, judge

STANDING = Standing("etag", Verdict.INCOMPLETE, 7, "run", "0055AED6DCD90281E5", throttled=True, notify=True)


@pytest.mark.parametrize(
    "standing",
    [
        STANDING,
        Standing("etag", Verdict.VALID, 0, "run"),
        Standing("etag", Verdict.INVALID, 1, "r.2", "1", notify=True),
    ],
)
def test_standing_survives_the_objects_metadata(standing: Standing) -> None:
    metadata = standing.to_metadata()

    assert Standing.from_metadata("etag", metadata) == standing
    assert all(isinstance(value, str) for value in metadata.values())
    assert all(key == key.lower() for key in metadata)


@pytest.mark.parametrize("key", ["verdict", "findings", "run", "sequencer", "throttled", "notify"])
def test_standing_needs_metadata_of_the_gates_own(key: str) -> None:
    metadata = STANDING.to_metadata()
    del metadata[key]

    with pytest.raises(KeyError):
        Standing.from_metadata("etag", metadata)


@pytest.mark.parametrize(("key", "value"), [("verdict", "PERHAPS"), ("findings", "many")])
def test_standing_refuses_metadata_of_others(key: str, value: str) -> None:
    with pytest.raises(ValueError, match=value):
        Standing.from_metadata("etag", STANDING.to_metadata() | {key: value})


@pytest.mark.parametrize(
    ("sequencer", "other", "newer"),
    [
        ("02", "01", True),
        ("01", "02", False),
        ("01", "01", False),
        ("0A", "09", True),
        ("0a", "0A", False),
        ("0b", "0A", True),
        ("1", "0FFF", True),
        ("01", "0100", False),
        ("0101", "01", True),
        ("01", "0101", False),
    ],
)
def test_is_newer_orders_sequencers_as_padded_hexadecimal(sequencer: str, other: str, *, newer: bool) -> None:
    assert is_newer(sequencer, other) is newer


@pytest.mark.parametrize(
    ("sequencer", "standing", "judged"),
    [
        ("05", None, True),
        (None, None, True),
        (None, Standing("e", Verdict.VALID, 0, "r", "05"), True),
        ("05", Standing("e", Verdict.VALID, 0, "r"), True),
        ("06", Standing("e", Verdict.VALID, 0, "r", "05"), True),
        ("05", Standing("e", Verdict.VALID, 0, "r", "05"), False),
        ("04", Standing("e", Verdict.VALID, 0, "r", "05"), False),
        ("05", Standing("e", Verdict.INCOMPLETE, 1, "r", "05", throttled=True), True),
        ("04", Standing("e", Verdict.INCOMPLETE, 1, "r", "05", throttled=True), False),
        ("05", Standing("e", Verdict.INCOMPLETE, 1, "r", "05"), False),
    ],
)
def test_is_to_be_judged_asks_only_for_what_is_not_known(
    sequencer: str | None, standing: Standing | None, *, judged: bool
) -> None:
    assert is_to_be_judged(sequencer, standing) is judged


VALID = judge(manifest(*sound_lines())).judgement
WARNED = judge(manifest(*sound_lines(), b"")).judgement
INVALID = judge(b"").judgement
INCOMPLETE = judge(
    manifest(*sound_lines()), images=MemoryImages({}), out_of_time=iter([False, *[True] * 9]).__next__
).judgement


@pytest.mark.parametrize(
    ("notify_on", "published"),
    [
        (NotifyOn.FAILURES, [False, False, True, True]),
        (NotifyOn.WARNINGS, [False, True, True, True]),
        (NotifyOn.ALL, [True, True, True, True]),
    ],
)
def test_is_to_be_published_follows_the_setting(notify_on: NotifyOn, published: list[bool]) -> None:
    assert INCOMPLETE.verdict is Verdict.INCOMPLETE
    assert [is_to_be_published(each, notify_on) for each in (VALID, WARNED, INVALID, INCOMPLETE)] == published


@pytest.mark.parametrize(
    ("run", "before", "expected"),
    [
        ("id-1", None, "id-1"),
        ("id-1", "other-1", "id-1"),
        ("id-1", "id-1", "id-1.2"),
        ("id-1", "id-1.2", "id-1.3"),
        ("id-1", "id-1.9", "id-1.10"),
        ("id-1", "id-1.x", "id-1.2"),
        ("id-1", "id-10", "id-1"),
        ("id-10", "id-1", "id-10"),
    ],
)
def test_next_run_is_never_the_run_before(run: str, before: str | None, expected: str) -> None:
    standing = None if before is None else Standing("e", Verdict.VALID, 0, before)

    assert next_run(run, standing) == expected
