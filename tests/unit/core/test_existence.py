import random
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace

import pytest

from core import existence
from core.errors import GateError, NoSuchBucketError, PermanentError, RefusedError, RetryableError
from core.existence import RANGE_KEYS, RANGES_AT_ONCE, Cause, ImageCheck, check_images, just_before, ranges_of
from core.finding import Severity, Verdict
from core.policy import Policy
from core.ports import Found, ImageStore, NotFound, Page
from tests.builders import BUCKET, line, manifest
from tests.fakes import SOUND_IMAGE, MemoryImages, judge, times

LIMIT = 5_000


def store(keys: Iterable[str], **options: object) -> MemoryImages:
    return MemoryImages({BUCKET: dict.fromkeys(keys, SOUND_IMAGE)}, **options)


def check(
    keys: Iterable[str], images: ImageStore, out_of_time: Callable[[], bool] = lambda: False, bucket: str = BUCKET
) -> ImageCheck:
    return check_images(bucket, ranges_of(sorted(keys)), images, largest=LIMIT, out_of_time=out_of_time)


def names(count: int, prefix: str = "set/") -> list[str]:
    return [f"{prefix}{number:07}.png" for number in range(count)]


def test_sixteen_thousand_images_are_found_by_twenty_listings() -> None:
    images = store(names(16_000))

    assert check(names(16_000), images) == ImageCheck(checked=16_000)
    assert images.requests["list"] <= 20
    assert images.requests["head"] == 0


def test_one_missing_image_of_sixteen_thousand_is_named_with_its_line() -> None:
    wanted = names(16_000)
    lines = [line(f"s3://{BUCKET}/{key}", ("normal", "anomaly")[number % 2]) for number, key in enumerate(wanted)]
    images = MemoryImages({"manifests": {}, BUCKET: dict.fromkeys(set(wanted) - {wanted[11_110]}, SOUND_IMAGE)})

    judged = judge(manifest(*lines), images=images)

    [finding] = judged.findings
    assert (finding.rule, finding.line, finding.value) == ("image-not-found", 11_111, f"s3://{BUCKET}/{wanted[11_110]}")
    assert images.requests["list"] <= 20
    assert images.requests["head"] == 0


@pytest.mark.parametrize("seed", range(3))
def test_few_images_scattered_among_many_objects_are_looked_at_singly(seed: int) -> None:
    there = names(200_000)
    wanted = random.Random(seed).sample(there, 200)  # noqa: S311 - no secret
    images = store(there)

    assert check(wanted, images) == ImageCheck(checked=200)
    assert images.requests.total() <= 230


def test_images_of_several_prefixes_cost_a_listing_each() -> None:
    wanted = [key for prefix in "abcde" for key in names(500, f"{prefix}/x/")]
    others = [key for prefix in "abcde" for key in names(3_000, f"{prefix}/y/")]
    images = store(wanted + others)

    assert check(wanted, images) == ImageCheck(checked=2_500)
    assert images.requests == {"list": 5}


def test_few_wanted_images_are_never_listed() -> None:
    wanted = names(12)
    images = store(names(1_000))

    assert check(wanted, images) == ImageCheck(checked=12)
    assert images.requests == {"head": 12}


def test_listing_starts_right_before_the_next_wanted_key_and_never_goes_back() -> None:
    there = names(20_000)
    images = store(there)

    check(there[5_000:5_500] + there[15_000:15_500], images)

    assert images.starts == [just_before(there[5_000]), just_before(there[15_000])]
    assert images.requests == {"list": 2}


def test_listing_goes_on_behind_the_last_page_where_nothing_nearer_can_be_named() -> None:
    wanted = ["k" * 1_020 + chr(0xAC00 + number) for number in range(3_000)]
    images = store(wanted)

    assert check(wanted, images) == ImageCheck(checked=3_000)
    assert images.starts == ["k" * 1_020, wanted[999], wanted[1_999]]
    assert images.requests == {"list": 3}


def test_batches_of_single_looks_double_until_pages_are_worth_it_again() -> None:
    there = names(400_000)
    scattered, dense = there[:300_000:1_000], there[399_000:]
    images = store(there)

    assert check(scattered + dense, images) == ImageCheck(checked=1_300)

    # A page after 0, 64, 128 and 256 looks; what is left of the last batch falls among the dense ones.
    assert images.requests["list"] <= 6
    assert images.requests["head"] <= 64 + 128 + 256


def test_batches_begin_small_again_after_a_page_that_was_worth_it() -> None:
    there = names(100_000)
    images = store(there)

    check(there[:50_000:1_000] + there[50_000:52_000] + there[52_000:90_000:1_000] + there[90_000:91_000], images)

    assert images.requests["head"] <= 64 + 64
    assert images.requests["list"] <= 7


@pytest.mark.parametrize("missing", [[0], [4_999], [500, 501, 2_000], list(range(5_000))])
def test_missing_images_are_told_in_rising_order(missing: list[int]) -> None:
    wanted = names(5_000)
    gone = [wanted[number] for number in missing]

    found = check(reversed(wanted), store(set(wanted) - set(gone)))

    assert found == ImageCheck(checked=5_000, missing=gone)


def test_what_is_notable_of_an_image_is_told_by_listing_and_by_single_looks() -> None:
    odd = {"empty.png": Found(0), "large.png": Found(LIMIT + 1), "old.png": Found(10, archived=True)}
    plain = dict.fromkeys(names(20), Found(LIMIT))
    images = MemoryImages({BUCKET: odd | plain})

    assert check(odd, images).found == odd
    assert images.requests == {"head": 3}
    assert check(odd | plain, images).found == odd
    assert images.requests == {"head": 3, "list": 1}


def test_behind_the_last_page_there_is_nothing_to_ask_for() -> None:
    images = store(names(20))

    assert check(names(60), images) == ImageCheck(checked=60, missing=names(60)[20:])
    assert images.requests == {"list": 1}


def test_where_listing_is_denied_every_image_is_looked_at() -> None:
    images = store(names(999), listing_denied=True)

    assert check(names(1_000), images) == ImageCheck(checked=1_000, missing=names(1_000)[-1:])
    assert images.requests == {"list": 1, "head": 1_000}


def test_images_that_may_not_be_looked_at_are_unchecked() -> None:
    wanted = names(20)
    answers = {wanted[3]: NotFound.DENIED, wanted[5]: NotFound.ENCRYPTED, wanted[4]: NotFound.DENIED}

    found = check(wanted, store(wanted, listing_denied=True, answers=answers))

    assert found.checked == 17
    assert found.missing == []
    assert found.unchecked == {Cause.DENIED: [wanted[3], wanted[4]], Cause.ENCRYPTED: [wanted[5]]}


def test_throttling_amid_listings_leaves_the_rest_unchecked() -> None:
    wanted = names(5_000)

    found = check(wanted, store(wanted, faults={3: RetryableError("slow down")}))

    assert found == ImageCheck(checked=2_000, unchecked={Cause.THROTTLED: wanted[2_000:]})


def test_throttling_amid_single_looks_keeps_what_was_answered() -> None:
    wanted = names(1_000)
    images = store(wanted[::2], listing_denied=True, faults={700: RetryableError("slow down")})

    found = check(wanted, images)

    assert found.checked == 698
    assert found.missing == wanted[1:698:2]
    assert found.unchecked == {Cause.THROTTLED: wanted[698:]}


def test_a_refusal_amid_single_looks_leaves_the_rest_unchecked_and_asks_for_no_more() -> None:
    images = store(names(1_000), listing_denied=True, faults={602: RefusedError("no such name")})

    found = check(names(1_000), images)

    assert found.refusal == "no such name"
    assert found.checked == 600
    assert found.unchecked == {Cause.REFUSED: names(1_000)[600:]}
    assert images.requests.total() == 602


class Backwards(MemoryImages):
    """Answers single looks in the contrary order."""

    def head(
        self, bucket: str, keys: Sequence[str], out_of_time: Callable[[], bool]
    ) -> Iterator[tuple[str, Found | NotFound]]:
        return reversed(list(super().head(bucket, keys, out_of_time)))


def test_missing_images_are_told_in_rising_order_in_whatever_order_they_are_answered() -> None:
    images = Backwards({BUCKET: {}}, listing_denied=True)

    assert check(names(20), images) == ImageCheck(checked=20, missing=names(20))


def test_throttling_after_the_last_answer_leaves_nothing_unchecked() -> None:
    class Late(MemoryImages):
        def head(
            self, bucket: str, keys: Sequence[str], out_of_time: Callable[[], bool]
        ) -> Iterator[tuple[str, Found | NotFound]]:
            yield from super().head(bucket, keys, out_of_time)
            raise RetryableError("slow down")

    assert check(names(3), Late({BUCKET: dict.fromkeys(names(3), SOUND_IMAGE)})) == ImageCheck(checked=3)


def test_time_that_runs_out_leaves_the_rest_unchecked() -> None:
    wanted = names(5_000)
    images = store(wanted)

    found = check(wanted, images, out_of_time=times(2))

    assert found == ImageCheck(checked=2_000, unchecked={Cause.OUT_OF_TIME: wanted[2_000:]})
    assert images.requests == {"list": 2}


def test_single_looks_glance_at_the_clock() -> None:
    wanted = names(5_000)
    images = store(wanted, listing_denied=True)

    found = check(wanted, images, out_of_time=times(3))

    assert found.checked == images.requests["head"] == 2 * 512
    assert found.unchecked == {Cause.OUT_OF_TIME: wanted[1_024:]}


def test_no_request_is_made_when_there_is_no_time() -> None:
    images = store(names(20))

    assert check(names(20), images, out_of_time=times(0)) == ImageCheck(unchecked={Cause.OUT_OF_TIME: names(20)})
    assert images.requests.total() == 0


def test_a_bucket_that_is_not_there_has_no_images() -> None:
    wanted = names(20)

    assert check(wanted, MemoryImages({})) == ImageCheck(no_bucket=True)


def test_faults_that_no_retry_mends_are_raised() -> None:
    with pytest.raises(PermanentError, match="no such account"):
        check(names(20), store(names(20), faults={1: PermanentError("no such account")}))


def test_nothing_wanted_asks_for_nothing() -> None:
    images = store([])

    assert check([], images) == ImageCheck()
    assert images.requests.total() == 0


def test_directory_buckets_are_not_listed() -> None:
    bucket = "images--use1-az4--x-s3"
    images = MemoryImages({bucket: dict.fromkeys(names(100), SOUND_IMAGE)})

    assert check(names(101), images, bucket=bucket) == ImageCheck(checked=101, missing=names(101)[-1:])
    assert images.requests == {"head": 101}


def unsorted(page: Page) -> Page:
    return Page(page.objects[::-1], page.last)


def doubled(page: Page) -> Page:
    return Page([*page.objects[:1], *page.objects], page.last)


def strayed(page: Page) -> Page:
    return replace(page, strayed=True)


def at_first(times: int, arrange: Callable[[Page], Page]) -> Callable[[Page], Page]:
    """Arranges so many pages, and leaves those that follow as they are."""
    left = [arrange] * times
    return lambda page: left.pop()(page) if left else page


def shuffled_end(page: Page) -> Page:
    return Page([*page.objects[:-2], *page.objects[:-3:-1]], page.last)


@pytest.mark.parametrize("arrange", [unsorted, doubled, shuffled_end, strayed])
def test_pages_out_of_order_are_not_believed(arrange: Callable[[Page], Page]) -> None:
    images = store(names(1_999), arrange=arrange)

    assert check(names(2_000), images) == ImageCheck(checked=2_000, missing=names(2_000)[-1:])
    assert images.requests == {"list": 3, "head": 2_000}


def test_a_store_that_gives_the_same_page_again_is_not_believed() -> None:
    images = store(names(3_000))
    first = images.list_after(BUCKET, "", lambda: False)
    images.requests.clear()
    images.list_after = lambda _bucket, _after, _out_of_time: first  # type: ignore[method-assign]

    assert check(names(3_001), images) == ImageCheck(checked=3_001, missing=names(3_001)[-1:])


@pytest.mark.parametrize("arrange", [unsorted, strayed])
@pytest.mark.parametrize(("bad", "requests"), [(1, {"list": 2}), (2, {"list": 3}), (3, {"list": 3, "head": 20})])
def test_a_page_that_cannot_be_believed_is_asked_for_twice_more(
    arrange: Callable[[Page], Page], bad: int, requests: dict[str, int]
) -> None:
    images = store(names(20), arrange=at_first(bad, arrange))

    assert check(names(20), images) == ImageCheck(checked=20)
    assert images.requests == requests


def test_empty_pages_that_are_not_the_last_end_in_single_looks() -> None:
    images = store(names(200), arrange=lambda _page: Page([], last=False))

    assert check(names(201), images) == ImageCheck(checked=201, missing=names(201)[-1:])
    assert images.requests["head"] == 201


@pytest.mark.parametrize(
    ("count", "lengths"),
    [(0, []), (1, [1]), (10_000, [10_000]), (10_001, [10_000, 1]), (25_000, [10_000, 10_000, 5_000])],
)
def test_ranges_of_cuts_keys_into_ranges(count: int, lengths: list[int]) -> None:
    ranges = list(ranges_of(names(count)))

    assert [len(keys) for keys in ranges] == lengths
    assert [key for keys in ranges for key in keys] == names(count)
    assert RANGE_KEYS % 1_000 == 0


def test_a_single_range_needs_no_thread() -> None:
    threads = set[threading.Thread]()
    images = store(names(20), arrange=lambda page: threads.add(threading.current_thread()) or page)

    check(names(20), images)

    assert threads == {threading.current_thread()}


def test_ranges_are_searched_at_once_but_no_more_are_held_than_that() -> None:
    given, done = list[int](), list[int]()
    ahead = list[int]()
    images = store(names(4_000), arrange=lambda page: done.append(1) or page)

    def ranges() -> Iterator[list[str]]:
        for start in range(0, 4_000, 20):
            given.append(start)
            ahead.append(len(given) - len(done))
            yield names(4_000)[start : start + 20]

    found = check_images(BUCKET, ranges(), images, largest=LIMIT, out_of_time=lambda: False)

    assert found == ImageCheck(checked=4_000)
    assert max(ahead) <= RANGES_AT_ONCE + 1  # one is given as another is done


@pytest.fixture
def in_turn(monkeypatch: pytest.MonkeyPatch) -> None:
    """Ranges of 20 keys, one after the other, so that it is known which comes next."""
    monkeypatch.setattr(existence, "RANGE_KEYS", 20)
    monkeypatch.setattr(existence, "RANGES_AT_ONCE", 1)


@pytest.mark.parametrize("missing", [[0], [19, 20], [399], list(range(400))])
def test_missing_images_of_all_ranges_are_told_in_rising_order(
    monkeypatch: pytest.MonkeyPatch, missing: list[int]
) -> None:
    monkeypatch.setattr(existence, "RANGE_KEYS", 20)
    gone = [names(400)[number] for number in missing]

    assert check(names(400), store(set(names(400)) - set(gone))) == ImageCheck(checked=400, missing=gone)


@pytest.mark.usefixtures("in_turn")
def test_where_listing_is_denied_no_other_range_tries() -> None:
    images = store(names(200), listing_denied=True)

    assert check(names(200), images) == ImageCheck(checked=200)
    assert images.requests == {"list": 1, "head": 200}


@pytest.mark.usefixtures("in_turn")
def test_where_a_listing_cannot_be_believed_the_other_ranges_list() -> None:
    images = store(names(200), arrange=at_first(3, unsorted))

    assert check(names(200), images) == ImageCheck(checked=200)
    assert images.requests == {"list": 3 + 9, "head": 20}


@pytest.mark.usefixtures("in_turn")
def test_a_range_that_the_store_fails_leaves_the_others_be() -> None:
    wanted = names(100)

    found = check(wanted, store(wanted, faults={3: RetryableError("slow down")}))

    assert found == ImageCheck(checked=80, unchecked={Cause.THROTTLED: wanted[40:60]})


@pytest.mark.usefixtures("in_turn")
def test_after_three_ranges_in_a_row_that_the_store_failed_the_rest_is_left() -> None:
    wanted = names(400)
    images = store(wanted, faults={number: RetryableError("slow down") for number in (2, 3, 5, 7, 8, 9)})

    found = check(wanted, images)

    left = [number for number in range(20) if number in (1, 2, 4) or number > 5]
    assert found.unchecked == {
        Cause.THROTTLED: [key for number in left for key in wanted[20 * number : 20 * number + 20]]
    }
    assert images.requests.total() == 9


@pytest.mark.usefixtures("in_turn")
def test_a_refusal_leaves_the_ranges_that_follow() -> None:
    wanted = names(100)
    images = store(wanted, faults={3: RefusedError("no such name")})

    found = check(wanted, images)

    assert found == ImageCheck(checked=40, unchecked={Cause.REFUSED: wanted[40:]}, refusal="no such name")
    assert images.requests.total() == 3


@pytest.mark.usefixtures("in_turn")
def test_time_that_runs_out_leaves_the_ranges_that_follow() -> None:
    found = check(names(100), store(names(100)), out_of_time=times(2))

    assert found == ImageCheck(checked=40, unchecked={Cause.OUT_OF_TIME: names(100)[40:]})


def test_a_store_that_gives_up_because_time_is_up_was_not_throttled() -> None:
    images = store(names(20), faults={1: RetryableError("no time for a second attempt")})

    assert check(names(20), images, out_of_time=times(1)) == ImageCheck(unchecked={Cause.OUT_OF_TIME: names(20)})


@pytest.mark.usefixtures("in_turn")
@pytest.mark.parametrize("fault", [PermanentError("no such account"), NoSuchBucketError("gone")])
def test_faults_that_no_retry_mends_end_all_ranges(fault: GateError) -> None:
    images = store(names(100), faults={2: fault})

    if isinstance(fault, NoSuchBucketError):
        assert check(names(100), images) == ImageCheck(no_bucket=True)
    else:
        with pytest.raises(PermanentError, match="no such account"):
            check(names(100), images)
    assert images.requests.total() == 2


def test_a_fault_in_one_range_ends_what_others_are_at(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(existence, "RANGE_KEYS", 1_000)
    monkeypatch.setattr(existence, "_AT_ONCE", 1)
    bad, failed, asked = names(2_000)[1_000], threading.Event(), list[str]()

    class Half(MemoryImages):
        def head(
            self, bucket: str, keys: Sequence[str], out_of_time: Callable[[], bool]
        ) -> Iterator[tuple[str, Found | NotFound]]:
            asked.extend(keys)
            if bad in keys:
                failed.set()
                raise PermanentError("no such account")
            failed.wait(10)
            threading.Event().wait(0.001)
            return super().head(bucket, keys, out_of_time)

    with pytest.raises(PermanentError):
        check(names(2_000), Half({BUCKET: {}}, listing_denied=True))
    assert len(asked) < 1_000


def test_checks_of_different_keys_merge() -> None:
    one = ImageCheck(3, ["b", "d"], {"e": Found(0)}, {Cause.DENIED: ["x"]})
    two = ImageCheck(2, ["a", "c"], {"f": Found(0)}, {Cause.DENIED: ["y"], Cause.THROTTLED: ["z"]}, no_bucket=True)

    one.merge(two)

    assert one == ImageCheck(
        5,
        ["a", "b", "c", "d"],
        {"e": Found(0), "f": Found(0)},
        {Cause.DENIED: ["x", "y"], Cause.THROTTLED: ["z"]},
        no_bucket=True,
    )


@pytest.mark.parametrize(("one", "two", "whole"), [("", "b", "b"), ("a", "", "a"), ("a", "b", "a"), ("", "", "")])
def test_a_refusal_survives_merging(one: str, two: str, whole: str) -> None:
    merged = ImageCheck(refusal=one)

    merged.merge(ImageCheck(refusal=two))

    assert merged.refusal == whole


@pytest.mark.parametrize(
    ("key", "before"),
    [
        ("b", "a\U0010ffff"),
        ("set/b", "set/a\U0010ffff"),
        ("a\x01", "a\x00\U0010ffff"),
        ("a\x00", "a"),
        ("\x00", ""),
        ("a\ue000", "a\ud7ff\U0010ffff"),
        ("a\U00010000", "a\uffff\U0010ffff"),
        ("\U0010ffff", "\U0010fffe\U0010ffff"),
        ("k" * 1_020, "k" * 1_019 + "j\U0010ffff"),
        ("k" * 1_021, "k" * 1_020),
    ],
    ids=range(10),
)
def test_just_before_is_before_the_key_and_no_longer_than_a_key(key: str, before: str) -> None:
    assert just_before(key) == before
    assert before.encode() < key.encode()
    assert len(before.encode()) <= 1_024


def test_unchecked_images_are_counted_by_line_and_their_lines_marked() -> None:
    lines = [line(number) for number in (5, 1, 1, 2, 5)]
    images = MemoryImages(
        {"manifests": {}, BUCKET: {"2.png": SOUND_IMAGE}}, answers={"1.png": NotFound.DENIED, "5.png": NotFound.DENIED}
    )

    judged = judge(manifest(*lines), images=images)

    [finding] = [finding for finding in judged.findings if finding.rule == "image-access-denied"]
    assert (finding.count, finding.lines, finding.severity) == (4, (1, 2, 3, 5), Severity.UNCHECKED)
    assert finding.message.startswith("2 images of bucket 'images' were not checked")
    assert "The first is 's3://images/5.png'" in finding.message
    assert [bool(state & 4) for state in judged.judgement.stretch.states] == [True, True, True, False, True]


def test_lines_of_a_missing_bucket_are_invalid() -> None:
    judged = judge(manifest(line(1), line(2)), images=MemoryImages({"manifests": {}}))

    assert all(state & 2 for state in judged.judgement.stretch.states)


def test_a_missing_image_is_named_on_each_of_its_lines() -> None:
    judged = judge(
        manifest(line(1), line(2), line(1)), images=MemoryImages({"manifests": {}, BUCKET: {"2.png": SOUND_IMAGE}})
    )

    assert [f.line for f in judged.findings if f.rule == "image-not-found"] == [1, 3]


def test_images_in_other_buckets_are_not_looked_for() -> None:
    images = MemoryImages({"manifests": {}, BUCKET: {}, "others": {}})

    judge(manifest(line(1), line(2), line("s3://others/3.png")), images=images)

    assert images.heads == ["1.png", "2.png"]


def test_the_configured_bucket_is_the_one_looked_at() -> None:
    images = MemoryImages({"manifests": {}, "others": {"3.png": SOUND_IMAGE}})
    judged = judge(manifest(line(1), line(2), line("s3://others/3.png")), Policy(images_bucket="others"), images)

    others = [finding for finding in judged.findings if finding.rule == "source-ref-other-bucket"]
    assert [finding.line for finding in others] == [1, 2]
    assert "the dataset's bucket, which is configured, is 'others'" in others[0].message
    assert images.heads == ["3.png"]
    assert judged.judgement.images_bucket == "others"


def test_a_configured_bucket_that_no_line_names_is_not_looked_at() -> None:
    images = MemoryImages({"manifests": {}})

    judged = judge(manifest(line(1)), Policy(images_bucket="others"), images)

    assert images.requests.total() == 0
    assert judged.judgement.check is None
    assert judged.verdict is Verdict.INVALID
