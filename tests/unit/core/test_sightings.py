from core.sightings import LIMIT, Sightings


def test_add_counts_and_keeps_the_first_line() -> None:
    seen = Sightings[str]()
    for line, thing in enumerate("abacab", 1):
        seen.add(thing, line)

    assert seen == Sightings({"a": (3, 1), "b": (2, 2), "c": (1, 4)})
    assert list(seen.seen) == ["a", "b", "c"]


def test_add_tells_so_many_things_apart_and_counts_the_rest() -> None:
    seen = Sightings[int]()
    for number in range(LIMIT + 5):
        seen.add(number, number + 1)
    seen.add(0, 9_999)

    assert len(seen.seen) == LIMIT
    assert seen.seen[0] == (2, 1)
    assert seen.more == 5


def test_merge_shifts_the_lines_of_what_came_later() -> None:
    one, two = Sightings({"a": (2, 3)}, more=1), Sightings({"b": (1, 1), "a": (4, 2)}, more=2)

    one.merge(two, 10)

    assert one == Sightings({"a": (6, 3), "b": (1, 11)}, more=3)
