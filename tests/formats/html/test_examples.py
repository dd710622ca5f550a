"""The reports in examples/ are what the program writes today."""

import pytest

from tests.formats.html.examples import FOLDER, SHOTS, files


@pytest.mark.parametrize("name", files())
def test_a_report_in_the_examples_is_current(name: str) -> None:
    assert (FOLDER / name).read_text("utf-8") == files()[name], "run `make reports`"


@pytest.mark.parametrize("name", SHOTS)
def test_every_screenshot_is_there(name: str) -> None:
    assert (FOLDER / name).read_bytes().startswith(b"\x89PNG"), "run `make reports`"
