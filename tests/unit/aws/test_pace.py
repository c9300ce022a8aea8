import threading

from aws.pace import Pace


def begun(pace: Pace, count: int) -> list[int]:
    return [pace.begin() for _ in range(count)]


def test_the_limit_halves_when_s3_says_slow_down() -> None:
    pace = Pace(32)

    pace.end(pace.begin(), slow_down=True)

    assert pace.limit == 16


def test_the_limit_halves_once_for_all_that_were_under_way() -> None:
    pace = Pace(32)
    numbers = begun(pace, 20)

    for number in numbers:
        pace.end(number, slow_down=True)
    assert pace.limit == 16

    pace.end(pace.begin(), slow_down=True)
    assert pace.limit == 8


def test_one_request_may_always_be_under_way() -> None:
    pace = Pace(4)

    for _ in range(10):
        pace.end(pace.begin(), slow_down=True)

    assert pace.limit == 1


def test_the_limit_grows_by_one_for_so_many_good_answers_and_no_further_than_at_first() -> None:
    pace = Pace(32)
    pace.end(pace.begin(), slow_down=True)

    for _ in range(17):
        pace.end(pace.begin(), slow_down=False)
    assert 17 <= pace.limit < 17.1

    for _ in range(1_000):
        pace.end(pace.begin(), slow_down=False)
    assert pace.limit == 32


def test_no_more_requests_begin_than_the_limit_allows() -> None:
    pace, order = Pace(2), list[str]()
    numbers = begun(pace, 2)
    waiting = threading.Thread(target=lambda: (pace.begin(), order.append("begun")))
    waiting.start()
    waiting.join(0.05)
    order.append("ended")

    pace.end(numbers[0], slow_down=False)
    waiting.join(10)

    assert order == ["ended", "begun"]


def test_many_threads_never_pass_the_limit_and_all_get_their_turn() -> None:
    pace, under_way, most, turns = Pace(4), set[int](), list[int](), list[int]()

    def work() -> None:
        for _ in range(50):
            number = pace.begin()
            under_way.add(number)
            most.append(len(under_way))
            under_way.remove(number)
            pace.end(number, slow_down=number % 7 == 0)
            turns.append(number)

    threads = [threading.Thread(target=work) for _ in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)

    assert sorted(turns) == list(range(1, 16 * 50 + 1))
    assert max(most) <= 4
