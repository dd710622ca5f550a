"""What holds for every format."""

import pkgutil
import re

import pytest

from mesh_probe import formats
from mesh_probe.assessment import Assessment
from mesh_probe.checklist import QUESTIONS
from mesh_probe.format import Look
from mesh_probe.formats import FORMATS, GRAPH_FORMATS, REPORT_FORMATS
from mesh_probe.signals import SIGNALS
from mesh_probe.text import LANGUAGES, catalogue
from mesh_probe.text.visible import HIDDEN
from tests.formats.examples import EXAMPLES, ExampleWording


@pytest.fixture(params=EXAMPLES)
def example(request: pytest.FixtureRequest) -> Assessment:
    return EXAMPLES[request.param]()


def test_every_file_is_listed() -> None:
    files = {module.name for module in pkgutil.iter_modules(formats.__path__)}

    assert files == {format_.name for format_ in FORMATS}


def test_formats_are_found_by_name() -> None:
    assert list(REPORT_FORMATS) == ["terminal", "json", "markdown", "html"]
    assert list(GRAPH_FORMATS) == ["json", "dot", "mermaid", "graphml", "svg"]


@pytest.mark.parametrize("rule", [*QUESTIONS, *SIGNALS], ids=lambda rule: rule.id)
def test_every_rule_has_a_title(rule: object) -> None:
    assert f"label.{rule.id}" in catalogue("en")  # type: ignore[attr-defined]


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", REPORT_FORMATS)
class TestEveryReport:
    def test_is_the_same_for_the_same_assessment(
        self, name: str, language: str, example: Assessment
    ) -> None:
        write = REPORT_FORMATS[name]
        texts = {write(example, ExampleWording(language), Look()) for _ in range(2)}

        assert len(texts) == 1

    def test_ends_in_one_newline_and_has_no_trailing_spaces(
        self, name: str, language: str, example: Assessment
    ) -> None:
        text = REPORT_FORMATS[name](example, ExampleWording(language), Look())

        assert re.search(r"[^\n]\n\Z", text)
        assert not re.search(r" $", text, re.MULTILINE)

    def test_holds_nothing_that_a_screen_would_obey(
        self, name: str, language: str, example: Assessment
    ) -> None:
        text = REPORT_FORMATS[name](example, ExampleWording(language), Look())

        assert set(HIDDEN.findall(text)) == {"\n"}
        assert text.encode("utf-8")
