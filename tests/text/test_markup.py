import html
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mesh_probe.text.markup import code, plain, table
from mesh_probe.text.visible import visible


@given(st.text())
def test_taking_the_backslashes_away_gives_the_text_back(text: str) -> None:
    assert re.sub(r"\\([!-/:-@\[-`{-~])", r"\1", plain(text)) == visible(text).strip()


@given(st.text())
def test_a_text_is_one_line(text: str) -> None:
    assert len(plain(text).splitlines()) <= 1


@pytest.mark.parametrize(
    ("text", "escaped"),
    [
        ("a|b", r"a\|b"),
        ("*x* `y` [z](u)", r"\*x\* \`y\` \[z\](u)"),
        ("<b> & c", r"\<b> \& c"),
        ("snake_case stays, _this_ not", r"snake_case stays, \_this\_ not"),
        ("1 ~ 2, ~~3~~", r"1 ~ 2, \~\~3\~\~"),
        ("- no item", r"\- no item"),
        ("# no heading", r"\# no heading"),
        ("> no quotation", r"\> no quotation"),
        ("1. no number", r"1\. no number"),
        ("1.5 s, a -> b", "1.5 s, a -> b"),
        ("line\nbreak", r"line\\nbreak"),
    ],
)
def test_nothing_in_a_text_is_markup(text: str, escaped: str) -> None:
    assert plain(text) == escaped


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("shop/cart", "`shop/cart`"),
        ("**x** <y>", "`**x** <y>`"),
        ("a|b", "<code>a&#124;b</code>"),
        ("a`b", "<code>a&#96;b</code>"),
        ('{x=~"a|b"}', "<code>&#123;x=&#126;&#34;a&#124;b&#34;&#125;</code>"),
        (" ", ""),
    ],
)
def test_a_name_is_shown_as_it_is(text: str, written: str) -> None:
    assert code(text) == written


@given(st.text())
def test_a_name_comes_back_when_it_is_rendered(text: str) -> None:
    written = code(text)
    inside = written.removeprefix("`").removesuffix("`")
    if written.startswith("<code>"):
        inside = html.unescape(written.removeprefix("<code>").removesuffix("</code>"))

    assert inside == visible(text).strip()


def test_a_table_has_a_rule_under_its_head() -> None:
    assert table(["a", "b"], [["1", ""]]) == "| a | b |\n| --- | --- |\n| 1 |  |"
