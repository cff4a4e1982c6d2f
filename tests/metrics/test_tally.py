from __future__ import annotations

from labelhub.metrics.tally import ANY, MOST_SERIES, OTHER, Counter, Histogram, Labels


def test_printers_beyond_the_bound_share_one_label() -> None:
    labels = Labels(most=2)
    assert [labels.of(slug) for slug in ("a", "b", "c", "a")] == ["a", "b", OTHER, "a"]


def test_a_printer_cannot_take_the_name_of_what_is_no_printer() -> None:
    assert [Labels().of(slug) for slug in (ANY, OTHER)] == [OTHER, OTHER]


def test_whatever_comes_a_tally_has_no_more_series_than_allowed() -> None:
    counter = Counter("x", "", ("name",))
    histogram = Histogram("y", "", ("name",), (1.0,))
    for number in range(MOST_SERIES + 50):
        counter.add(str(number))
        histogram.add(0.5, str(number))
    counted, spread = dict(counter), dict(histogram)
    assert len(counted) == len(spread) == MOST_SERIES + 1
    assert counted[OTHER,] == 50
    assert spread[OTHER,].counts == [50, 0]


def test_a_value_on_a_bound_falls_into_its_bucket_and_one_beyond_all_is_counted_too() -> None:
    histogram = Histogram("y", "", (), (1.0, 2.0))
    for seconds in (1.0, 1.5, 2.0, 9.0):
        histogram.add(seconds)
    ((_, spread),) = histogram
    assert (spread.counts, spread.sum) == ([1, 2, 1], 13.5)
