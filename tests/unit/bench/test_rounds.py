from bench.rounds import Spread, cpu_seconds, in_turn, speeds


def test_contenders_run_in_turn_and_the_first_round_does_not_count() -> None:
    ran: list[str] = []

    times = in_turn({"a": lambda: ran.append("a"), "b": lambda: ran.append("b")}, rounds=2)

    assert ran == ["a", "b"] * 3
    assert {name: len(taken) for name, taken in times.seconds.items()} == {"a": 2, "b": 2}
    assert {name: len(taken) for name, taken in times.cpu.items()} == {"a": 2, "b": 2}


def test_speeds_are_ratios_within_each_round() -> None:
    found = speeds({"base": [1.0, 2.0, 4.0], "other": [0.5, 2.0, 1.0]}, "base")

    assert found == {"base": Spread(1.0, 1.0, 1.0), "other": Spread(2.0, 1.0, 4.0)}


def test_a_spread_is_the_median_and_both_ends() -> None:
    assert Spread.of([3.0, 1.0, 2.0, 10.0]) == Spread(2.5, 1.0, 10.0)


def test_a_spread_is_told_in_three_digits() -> None:
    assert str(Spread(1.234, 0.051, 12.34)) == "1.23 (0.05 to 12.3)"
    assert str(Spread(123.4, 99.96, 12_345.6)) == "123 (100.0 to 12,346)"


def test_the_processor_is_busier_after_work() -> None:
    before = cpu_seconds()
    sum(range(1_000_000))

    assert cpu_seconds() > before
