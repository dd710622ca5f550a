import re
from pathlib import Path

import pytest

import mesh_probe.formats.html
from mesh_probe.drawing.looks import (
    ERROR_BANDS,
    THICKEST,
    THINNEST,
    TONES,
    UNKNOWN_TONE,
    band,
    band_names,
    flow,
    width,
)
from mesh_probe.model import Edge, Latency

STYLE = (
    Path(mesh_probe.formats.html.__file__)
    .with_name("style")
    .joinpath("base.css")
    .read_text("utf-8")
)


def edge(rate: float | None, errors: float | None = None, p99: float | None = None) -> Edge:
    return Edge(
        "a", "b", 0.9, observed=rate is not None, rate_rps=rate, error_ratio=errors,
        latency=Latency(p99_seconds=p99),
    )  # fmt: skip


@pytest.mark.parametrize(
    ("rate", "wide"), [(None, THINNEST), (0, THINNEST), (9, 2.9), (99, 4.5), (1e9, THICKEST)]
)
def test_ten_times_the_calls_are_so_much_wider(rate: float | None, wide: float) -> None:
    assert width(rate) == wide


@pytest.mark.parametrize(
    ("ratio", "number"), [(None, None), (0, 0), (0.001, 1), (0.02, 2), (0.05, 3), (1, 3)]
)
def test_errors_are_in_bands(ratio: float | None, number: int | None) -> None:
    assert band(ratio, ERROR_BANDS) == number


def test_bands_are_named_by_their_limits() -> None:
    assert band_names(["1", "2", "3"]) == ["< 1", "1 – 2", "2 – 3", "≥ 3"]


def test_errors_of_several_calls_count_by_how_many_there_are() -> None:
    together = flow([edge(30, 0.1, 0.2), edge(10, 0.5, 0.9), edge(5)])

    assert together.calls == 3
    assert together.rate_rps == 45
    assert together.error_ratio == pytest.approx(0.2)
    assert together.p99_seconds == 0.9


def test_what_nobody_measured_stays_unknown() -> None:
    together = flow([edge(None)])

    assert (together.rate_rps, together.error_ratio, together.p99_seconds) == (None, None, None)
    assert not together.observed


def brightness(color: str) -> float:
    """Relative luminance (WCAG 2.2)."""
    parts = [int(color[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(first: str, second: str) -> float:
    light, dark = sorted((brightness(first), brightness(second)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def themes() -> list[dict[str, str]]:
    """The colours of light and dark, by name."""
    both = re.findall(r"--([\w-]+): light-dark\((#\w{6}), (#\w{6})\);", STYLE)
    return [{name: light for name, light, _ in both}, {name: dark for name, _, dark in both}]


def test_pages_and_pictures_have_the_same_colours() -> None:
    light = themes()[0]

    assert tuple(light[f"tone-{number}"] for number in range(4)) == TONES
    assert light["tone-unknown"] == UNKNOWN_TONE


@pytest.mark.parametrize("theme", themes(), ids=["light", "dark"])
def test_lines_and_borders_stand_out_from_the_ground(theme: dict[str, str]) -> None:
    signs = [name for name in theme if name.startswith("tone-")]
    signs += ["control", "entry", "datastore", "broker", "external"]

    for name in signs:
        for ground in ("card", "ground"):
            assert contrast(theme[name], theme[ground]) >= 3, (name, ground)
