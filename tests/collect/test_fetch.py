import time

import pytest

from mesh_probe.collect.fetch import MOST_SERIES, Fetched, fetch
from mesh_probe.collect.prometheus import Prometheus
from mesh_probe.collect.query_error import QueryError, TooExpensive
from mesh_probe.model import Query
from mesh_probe.source import Ask, Sample, Window, rate_by, size_by
from tests.prometheus.faults import Faulty, Reply, faulty, vector
from tests.prometheus.history import AT

WINDOW = Window(60, 60)
ASK = Ask("calls", rate_by(["a"], "x_total", WINDOW), "ns", size_by("ns", "x_total", WINDOW))
BUCKETS = Ask(ASK.purpose, ASK.promql, ASK.split_by, ASK.sizes, buckets=True)
TOO_MUCH = Reply(
    {"status": "error", "errorType": "execution", "error": "would load too many samples"}, 422
)
BROKEN = Reply({"status": "error", "errorType": "internal", "error": "disk"}, 500)
WHOLE = "sum by (a) (rate(x_total{}[60s]))"


def sizes(**values: float) -> Reply:
    return Reply(vector(*(({"ns": ns}, str(value)) for ns, value in values.items())))


def rows(*names: str) -> Reply:
    return Reply(vector(*(({"a": name}, "1") for name in names)))


def get(server: Faulty, ask: Ask = ASK) -> Fetched:
    return fetch(Prometheus(server.url), ask, AT, time.monotonic() + 60)


def sent(server: Faulty) -> list[str]:
    return [asked.params["query"] for asked in server.asked]


def part(values: str) -> str:
    return f'sum by (a) (rate(x_total{{ns=~"{values}"}}[60s]))'


def test_what_fits_is_one_query() -> None:
    with faulty(rows("one", "two")) as server:
        got = get(server)

    assert got == Fetched(
        (Sample({"a": "one"}, 1.0), Sample({"a": "two"}, 1.0)), (Query("calls", WHOLE, 2),)
    )
    assert sent(server) == [WHOLE]


def test_what_is_too_expensive_is_asked_for_in_halves() -> None:
    with faulty(TOO_MUCH, sizes(a=1, b=1, c=1), rows("one"), rows("two")) as server:
        got = get(server)

    assert sent(server) == [WHOLE, ASK.sizes, part("a"), part("b|c")]
    assert got.samples == (Sample({"a": "one"}, 1.0), Sample({"a": "two"}, 1.0))
    assert (got.lost, got.failure) == ((), None)
    assert [query.series_count for query in got.queries] == [None, 1, 1]


def test_what_is_too_expensive_even_alone_is_lost_and_the_rest_is_kept() -> None:
    with faulty(TOO_MUCH, sizes(huge=9, small=1), TOO_MUCH, rows("one")) as server:
        got = get(server)

    assert got.samples == (Sample({"a": "one"}, 1.0),)
    assert got.lost == ("huge",)
    assert isinstance(got.failure, TooExpensive)


def test_half_an_answer_is_none_where_a_missing_row_means_zero() -> None:
    ask = Ask("failed", ASK.promql, ASK.split_by, ASK.sizes, all_or_nothing=True)
    replies = (TOO_MUCH, sizes(huge=9, small=1), TOO_MUCH, rows("one"))
    with faulty(*replies) as server, pytest.raises(TooExpensive):
        get(server, ask)

    assert len(server.asked) == 4


def test_what_cannot_be_split_fails() -> None:
    with faulty(TOO_MUCH) as server, pytest.raises(TooExpensive):
        get(server, Ask("calls", "up"))

    assert len(server.asked) == 1


def test_when_the_sizes_cannot_be_told_it_fails() -> None:
    with faulty(TOO_MUCH) as server, pytest.raises(TooExpensive):
        get(server)

    assert sent(server) == [WHOLE, ASK.sizes]


def test_another_failure_is_not_split() -> None:
    with faulty(BROKEN) as server, pytest.raises(QueryError):
        get(server)

    assert len(server.asked) == 1


def test_a_server_that_finds_everything_too_expensive_is_spared() -> None:
    many = sizes(**{f"n{number}": 1 for number in range(100)})
    with faulty(TOO_MUCH, many, TOO_MUCH) as server, pytest.raises(TooExpensive):
        get(server)

    assert len(server.asked) == 9


def test_a_query_for_buckets_is_measured_first() -> None:
    with faulty(sizes(a=MOST_SERIES - 1, b=1), rows("one")) as server:
        get(server, BUCKETS)

    assert sent(server) == [BUCKETS.sizes, WHOLE]


def test_a_query_for_buckets_that_is_too_large_is_split_before_it_is_sent() -> None:
    half = MOST_SERIES / 2
    with faulty(sizes(a=half, b=half, c=half), rows("one"), rows("two")) as server:
        get(server, BUCKETS)

    assert sent(server) == [BUCKETS.sizes, part("a|b"), part("c")]


def test_a_query_for_buckets_of_unknown_size_is_sent_whole() -> None:
    with faulty(BROKEN, rows("one")) as server:
        get(server, BUCKETS)

    assert sent(server) == [BUCKETS.sizes, WHOLE]


def test_buckets_are_folded() -> None:
    one, two = {"a": "one"}, {"a": "two", "le": "1"}
    buckets = vector(({**one, "le": "1"}, "2"), (two, "9"), ({**one, "le": "+Inf"}, "3"))
    with faulty(sizes(a=1), Reply(buckets)) as server:
        got = get(server, BUCKETS)

    assert got.samples == (
        Sample({"a": "one"}, 0.0, {"1": 2.0, "+Inf": 3.0}),
        Sample({"a": "two"}, 0.0, {"1": 9.0}),
    )
    assert got.queries[0].series_count == 3


def test_addresses_stay_short() -> None:
    long = {f"namespace-with-a-long-name-{number:03}": MOST_SERIES / 100 for number in range(250)}
    with faulty(sizes(**long), rows("one")) as server:
        get(server, BUCKETS)

    assert len(server.asked) == 4
    assert max(len(query) for query in sent(server)) < 4_200


def test_values_are_quoted_for_both_languages() -> None:
    """For RE2 and, around it, for PromQL."""
    assert ASK.part(["a.b", 'c"d', ""]) == part('a\\\\.b|c\\"d|')


def test_where_all_series_have_one_value_they_are_split_by_another_label() -> None:
    """A label that a program was not told to set has one value, none."""
    ask = Ask(
        "calls",
        ASK.promql,
        "ns",
        size_by("ns", "x_total", WINDOW),
        or_split_by=(("pod", size_by("pod", "x_total", WINDOW)),),
        buckets=True,
    )
    by_ns = Reply(vector(({}, str(2 * MOST_SERIES))))
    by_pod = Reply(vector(*(({"pod": name}, str(MOST_SERIES)) for name in ("a", "b"))))
    with faulty(by_ns, by_pod, rows("one"), rows("two")) as server:
        got = get(server, ask)

    assert sent(server) == [
        ask.sizes,
        ask.or_split_by[0][1],
        'sum by (a) (rate(x_total{pod=~"a"}[60s]))',
        'sum by (a) (rate(x_total{pod=~"b"}[60s]))',
    ]
    assert len(got.queries) == 2
    assert got.lost_by is None


def test_what_was_asked_can_be_followed(caplog: pytest.LogCaptureFixture) -> None:
    with faulty(rows("one")) as server, caplog.at_level("DEBUG", "mesh_probe.collect.fetch"):
        get(server)

    assert caplog.messages == [f"{server.url}: 1 series of {WHOLE}"]
