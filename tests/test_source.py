import re

from hypothesis import given
from hypothesis import strategies as st

from mesh_probe.source import Ask, Sample, Window, folded, re2_escape


def test_a_short_look_back_is_one_span() -> None:
    assert Window(60, 3600).spans() == ("[3600s]",)


def test_a_day_is_read_in_four_spans() -> None:
    assert Window(60, 86_400).spans() == (
        "[21600s]",
        "[21600s] offset 21600s",
        "[21600s] offset 43200s",
        "[21600s] offset 64800s",
    )


@given(st.integers(1, 10_000_000))
def test_the_spans_follow_one_another_through_the_whole_look_back(seconds: int) -> None:
    covered = 0
    for span in Window(60, seconds).spans():
        length, offset = (int(n) for n in re.findall(r"[0-9]+", f"{span} 0")[:2])
        assert offset == covered
        covered += length

    assert seconds <= covered < seconds + 8


def test_a_part_is_a_matcher_inside_the_selector() -> None:
    ask = Ask("calls", "rate(x{$split}[5m])", "ns")

    assert ask.whole() == "rate(x{}[5m])"
    assert ask.part(["a", "b"]) == 'rate(x{ns=~"a|b"}[5m])'


@given(st.text())
def test_an_escaped_text_matches_itself_only(text: str) -> None:
    assert re.fullmatch(re2_escape(text), text, re.DOTALL)
    assert not re.fullmatch(re2_escape(text), text + "x", re.DOTALL)


def test_buckets_of_one_histogram_become_one_sample() -> None:
    rows = [({"a": "b", "le": "1"}, 2.0), ({"a": "c", "vmrange": "0...1"}, 4.0)]

    assert folded([*rows, ({"a": "b", "le": "+Inf"}, 3.0)]) == [
        Sample({"a": "b"}, 0.0, {"1": 2.0, "+Inf": 3.0}),
        Sample({"a": "c"}, 0.0, {"0...1": 4.0}),
    ]
