from collections.abc import Iterable

import pytest

from core.errors import GateError, RefusedError, RetryableError
from core.finding import Finding
from core.ports import NotFound, Page
from core.similar_keys import MAX_REQUESTS, Similar, similar_keys
from tests.builders import BUCKET, line, manifest
from tests.fakes import SOUND_IMAGE, MemoryImages, judge, times


def store(keys: Iterable[str], **options: object) -> MemoryImages:
    return MemoryImages({BUCKET: dict.fromkeys(keys, SOUND_IMAGE)}, **options)


def similar(missing: list[str], images: MemoryImages, clock: int = 99) -> dict[str, Similar]:
    return similar_keys(BUCKET, missing, images, out_of_time=times(clock))


@pytest.mark.parametrize(
    ("written", "there", "how"),
    [
        ("a%20b.png", "a b.png", "url-decoded"),
        ("a+b.png", "a b.png", "url-decoded"),
        (" a.png", "a.png", "without white space around it"),
        ("a.png ", "a.png", "without white space around it"),
        ("e\u0301.png", "\u00e9.png", "in Unicode's composed form, NFC"),
        ("\u00e9.png", "e\u0301.png", "in Unicode's decomposed form, NFD"),
        ("%EC%82%AC.png", "사.png", "url-decoded"),
        ("set.1/A.PNG", "set.1/A.png", "with the extension in lower case"),
        ("set.1/A.jpeg", "set.1/A.JPEG", "with the extension in upper case"),
    ],
)
def test_the_key_that_was_meant_is_found(written: str, there: str, how: str) -> None:
    assert similar([written], store([there, "z.png"])) == {written: Similar(there, how)}


@pytest.mark.parametrize("denied", [True, False])
def test_a_similar_key_is_named_with_the_reference_to_write(denied: bool) -> None:  # noqa: FBT001 - parametrized
    images = MemoryImages({"manifests": {}, BUCKET: {"a b.png": SOUND_IMAGE}}, listing_denied=denied)

    judged = judge(manifest(line("s3://images/a%20b.png")), images=images)

    [finding] = missing_images(judged.findings)
    assert finding.message == "The image does not exist, but 'a b.png' does (url-decoded)."
    assert finding.fix == "Write s3://images/a b.png"


def missing_images(findings: Iterable[Finding]) -> list[Finding]:
    return [finding for finding in findings if finding.rule == "image-not-found"]


def test_the_url_decoded_key_goes_before_the_one_with_plus_read_as_a_space() -> None:
    images = store(["a b+c.png", "a b c.png"])

    assert similar(["a%20b+c.png"], images) == {"a%20b+c.png": Similar("a b+c.png", "url-decoded")}


@pytest.mark.parametrize("key", ["a", "a%ff", "%", "a%b", "set/a", "set.1/a", "a%2F", "a" * 1_020 + ".\u0390"])
def test_nothing_is_asked_where_a_key_has_no_other_form(key: str) -> None:
    images = store(["b.png"])

    assert similar([key], images) == {}
    assert images.requests.total() == 0


@pytest.mark.parametrize("fault", [RetryableError("slow down"), RefusedError("no")])
def test_a_fault_of_the_store_leaves_what_was_found_before(fault: GateError) -> None:
    missing = ["a.PNG", "z.PNG"]
    images = store(["a.png", *(f"b{number:04}" for number in range(2_000)), "z.png"], faults={2: fault})

    assert similar(missing, images) == {"a.PNG": Similar("a.png", "with the extension in lower case")}
    assert images.requests == {"list": 2}


def test_a_key_that_may_not_be_looked_at_is_not_named() -> None:
    images = store(["a b.png"], listing_denied=True, answers={"a b.png": NotFound.DENIED})

    assert similar(["a%20b.png"], images) == {}


def test_a_dense_folder_costs_a_few_listings() -> None:
    missing = [f"{number:04}.PNG" for number in range(3_000)]
    images = store([key.replace("PNG", "png") for key in missing])

    assert len(similar(missing, images)) == 3_000
    assert images.requests == {"list": 3}


@pytest.mark.parametrize(("denied", "requests"), [(False, {"list": 20}), (True, {"list": 1, "head": 19})])
def test_scattered_keys_cost_so_many_requests_and_no_more(
    denied: bool,  # noqa: FBT001 - parametrized
    requests: dict[str, int],
) -> None:
    missing = [f"{folder:03}/a.PNG" for folder in range(100)]
    others = [f"{folder:03}/b{number:04}" for folder in range(100) for number in range(1_100)]
    images = store([*others, *(key.replace("PNG", "png") for key in missing)], listing_denied=denied)

    assert len(similar(missing, images)) in (MAX_REQUESTS, MAX_REQUESTS - 1)
    assert images.requests == requests
    assert images.requests.total() == MAX_REQUESTS == 20


def test_a_key_of_the_greatest_length_has_other_forms() -> None:
    stem = "a" * 1_020

    assert similar([f"{stem}.PNG"], store([f"{stem}.png"])).keys() == {f"{stem}.PNG"}


def test_a_dot_of_a_folder_begins_no_extension() -> None:
    assert similar(["set.1/a"], store(["set.1/A"])) == {}


def test_nothing_is_asked_behind_the_last_page() -> None:
    images = store(["a.png"])

    assert similar(["a.PNG", "y.PNG", "z.PNG"], images).keys() == {"a.PNG"}
    assert images.requests == {"list": 1}


def test_a_directory_bucket_is_not_listed() -> None:
    images = MemoryImages({"images--x-s3": {"a.png": SOUND_IMAGE}})

    found = similar_keys("images--x-s3", ["a.PNG"], images, out_of_time=times(9))

    assert found.keys() == {"a.PNG"}
    assert images.requests == {"head": 1}


def test_out_of_time_ends_the_search() -> None:
    images = store(["a.png"])

    assert similar(["a.PNG"], images, clock=0) == {}
    assert images.requests.total() == 0


def test_an_empty_page_that_is_not_the_last_ends_nothing() -> None:
    empty = iter([True, False])
    images = store(["a.png", "b.png"], arrange=lambda page: Page([], last=False) if next(empty) else page)

    assert similar(["a.PNG", "b.PNG"], images).keys() == {"b.PNG"}
    assert images.requests == {"list": 2}
