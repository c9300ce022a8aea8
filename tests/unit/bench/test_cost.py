import pytest

from bench.cost import Case, Model, Requests, cases, head_all, list_all, planned
from bench.simulated import PAGE, Numbered, SimulatedStore
from core.ports import Found, NotFound

SMALL = list(cases(3_000, 60_000))


@pytest.mark.parametrize("keys", [Numbered(2_500), Numbered(300, 3, others=50)])
def test_numbered_keys_rise(keys: Numbered) -> None:
    held = list(keys)

    assert held == sorted(set(held))
    assert keys[10:20] == held[10:20]
    assert len(keys) == len(held)


def test_a_simulated_listing_is_whole() -> None:
    keys = Numbered(2_500)
    store, listed, last = SimulatedStore("images", keys), list[str](), False
    while not last:
        page = store.list_after("images", listed[-1] if listed else "", lambda: False)
        listed += [key for key, _ in page.objects]
        last = page.last

    assert listed == list(keys)
    assert store.requests == {"LIST": 3}


def test_a_simulated_bucket_knows_what_it_holds() -> None:
    store = SimulatedStore("images", Numbered(10))
    answers = dict(store.head("images", [Numbered(10)[9], "images/none.jpg", "zzz"], lambda: False))

    assert isinstance(answers[Numbered(10)[9]], Found)
    assert answers["images/none.jpg"] is answers["zzz"] is NotFound.MISSING
    assert store.requests == {"HEAD": 3}


@pytest.mark.parametrize("case", SMALL, ids=[case.title for case in SMALL])
def test_places_rise_and_lie_within_the_bucket(case: Case) -> None:
    places = list(case.places)

    assert places == sorted(set(places))
    assert len(places) == len(case.places) == 3_000
    assert places[-1] < len(case.keys)


@pytest.mark.parametrize("case", SMALL, ids=[case.title for case in SMALL])
def test_listing_alone_asks_for_every_wanted_image(case: Case) -> None:
    pages, end = 0, -1
    for place in case.places:
        if place > end:
            pages, end = pages + 1, place + PAGE - 1

    assert list_all(case) == Requests(pages, 0)
    assert head_all(case) == Requests(0, 3_000)


@pytest.mark.parametrize("case", SMALL, ids=[case.title for case in SMALL])
def test_the_planner_finds_every_image(case: Case) -> None:
    requests = planned(case)

    assert requests.lists > 0
    assert requests.heads <= 3_000


def test_requests_are_priced() -> None:
    assert Requests(1_000, 0).dollars == pytest.approx(0.005)
    assert Requests(0, 1_000).dollars == pytest.approx(0.0004)


def test_time_is_the_longer_of_waiting_and_computing() -> None:
    waits = Model(page_cpu=0.001, look_cpu=0.001, page=1.0, look=0.5, pages_at_once=2, looks_at_once=10)
    computes = Model(page_cpu=2.0, look_cpu=0.5, page=1.0, look=0.5, pages_at_once=2, looks_at_once=10)

    assert waits.seconds(Requests(10, 10)) == pytest.approx(5.5)
    assert computes.seconds(Requests(10, 10)) == pytest.approx(25.0)
    assert "the bars" in str(Model())
    assert "as measured" in str(Model(measured=True))
