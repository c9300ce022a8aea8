"""Where outputs lie, whose they are, and which of two events is the later one."""

from typing import Final

from hypothesis import given, settings
from hypothesis import strategies as st

from core.finding import Verdict
from core.layout import MAX_KEY_BYTES, report_place
from core.manifest import ManifestObject
from core.outcome import Standing, is_newer, is_to_be_judged, next_run

_RUN: Final = "0f0f0f0f-0f0f-0f0f-0f0f-0f0f0f0f0f0f-1000.10"


def _fitted(pieces: list[tuple[str, int]], end: str) -> str:
    """Repeated pieces, cut at a character to what is the longest key, and an end."""
    room = MAX_KEY_BYTES - len(end.encode())
    return "".join(piece * count for piece, count in pieces).encode()[:room].decode(errors="ignore") + end


_PIECES: Final = st.tuples(
    st.text(min_size=1, max_size=3) | st.sampled_from(["/", "~", "a/", "é", "😀"]), st.integers(1, 400)
)
MANIFEST_KEYS: Final = st.builds(
    _fitted, st.lists(_PIECES, min_size=1, max_size=3), st.sampled_from(["", ".manifest", "/"])
)
BUCKETS: Final = st.text("ab.-", min_size=3, max_size=63)
_VERSIONS: Final = st.sampled_from([None, "null", "v", "w", "v" * 32])
MANIFESTS: Final = st.builds(
    ManifestObject, BUCKETS, MANIFEST_KEYS, _VERSIONS, st.sampled_from(["e" * 32, "f" * 32 + "-12"])
)
_PREFIXES: Final = st.sampled_from(["", "reports/", "r" * 255 + "/"])


@given(
    _PREFIXES, MANIFESTS, st.sampled_from(["accepted.manifest", "findings.jsonl", "notification.json", "report.html"])
)
def test_no_output_has_a_longer_key_than_s3_takes(prefix: str, manifest: ManifestObject, name: str) -> None:
    place = report_place("reports", prefix, manifest)
    for key in (place.report, place.file(_RUN, name)):
        assert len(key.encode()) <= MAX_KEY_BYTES
        assert key.startswith(f"{prefix}{manifest.bucket}/")


@st.composite
def relatives(draw: st.DrawFn) -> tuple[ManifestObject, ManifestObject]:
    """Two manifests, alike in all but some ways."""
    one, other = draw(MANIFESTS), draw(MANIFESTS)
    key = draw(st.sampled_from([one.key, other.key, f"{one.key[:-1]}x", f"{one.key}/{one.version}", f"{one.key}/"]))
    bucket = draw(st.sampled_from([one.bucket, other.bucket]))
    return one, ManifestObject(bucket, key, draw(st.sampled_from([one.version, other.version])), other.etag)


@settings(max_examples=200)
@given(relatives())
def test_two_manifests_share_a_folder_only_if_they_are_the_same_bytes(
    pair: tuple[ManifestObject, ManifestObject],
) -> None:
    bytes_of = [(one.bucket, one.key, one.etag if one.version in (None, "null") else one.version) for one in pair]
    one, other = (report_place("reports", "", manifest).folder for manifest in pair)
    assert (one == other) == (bytes_of[0] == bytes_of[1])


SEQUENCERS: Final = st.text("00019aAfF", min_size=1, max_size=6)


def _moment(sequencer: str) -> int:
    """A sequencer as the number that it is, padded to a common width."""
    return int(sequencer.ljust(32, "0"), 16)


@given(st.lists(SEQUENCERS, min_size=2, max_size=4))
def test_sequencers_are_ordered_as_numbers_padded_on_the_right(sequencers: list[str]) -> None:
    for one in sequencers:
        assert not is_newer(one, one)
        for other in sequencers:
            assert is_newer(one, other) == (_moment(one) > _moment(other))


def _standing(sequencer: str | None, *, throttled: bool = False) -> Standing:
    return Standing("etag", Verdict.INCOMPLETE if throttled else Verdict.VALID, 0, "run", sequencer, throttled)


@given(st.lists(st.tuples(SEQUENCERS, st.booleans()), min_size=1, max_size=8))
def test_whatever_the_order_of_events_the_latest_stands_and_none_is_judged_twice(
    events: list[tuple[str, bool]],
) -> None:
    standing, judged = None, list[Standing]()
    for sequencer, throttled in events:
        if is_to_be_judged(sequencer, standing):
            standing = _standing(sequencer, throttled=throttled)
            judged.append(standing)
    assert standing is not None
    assert standing.sequencer is not None
    assert _moment(standing.sequencer) == max(_moment(sequencer) for sequencer, _ in events)
    final = [_moment(each.sequencer or "") for each in judged if not each.throttled]
    assert len(set(final)) == len(final)
    assert is_to_be_judged(None, standing)


_STANDINGS: Final = st.builds(
    Standing,
    etag=st.text("0123456789abcdef-", min_size=1),
    verdict=st.sampled_from(Verdict),
    findings=st.integers(0, 10**9),
    run=st.uuids().map(str),
    sequencer=st.none() | SEQUENCERS,
    throttled=st.booleans(),
    notify=st.booleans(),
)


@given(_STANDINGS)
def test_a_standing_report_is_known_again_by_its_metadata(standing: Standing) -> None:
    metadata = standing.to_metadata()
    assert Standing.from_metadata(standing.etag, metadata) == standing
    # S3 lower-cases names, and takes only ASCII without outer spaces in headers.
    assert all(name.islower() and name.isascii() for name in metadata)
    assert all(value.isascii() and value == value.strip() for value in metadata.values())


@given(_STANDINGS, st.integers(1, 12))
def test_no_two_attempts_at_one_request_share_a_run(standing: Standing, attempts: int) -> None:
    request = standing.run
    runs: list[str] = []
    latest: Standing | None = None
    for _ in range(attempts):
        runs.append(next_run(request, latest))
        latest = Standing("etag", standing.verdict, 0, runs[-1])
    assert len(set(runs)) == attempts
    assert max(map(len, runs)) <= len(request) + len(".12")
