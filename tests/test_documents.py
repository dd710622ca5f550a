"""Texts to documents."""

import gc
import itertools
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mesh_probe import documents
from mesh_probe.documents import Document

SCALARS = """\
time: 2026-01-01T00:00:00Z
day: 2026-01-01
base60: 1:30
equals: =
octal: 012
exponent: 1e3
version: 1.10.0
quoted: "2026-01-01"
yes: on
none: ~
empty:
tagged: !Ref thing
object: !!python/object/apply:os.system [exit]
"""


def values(text: str) -> list[object]:
    return [document.value for document in documents.each(text)]


def test_scalars_are_what_kubectl_makes_of_them() -> None:
    assert values(SCALARS) == [
        {
            "time": "2026-01-01T00:00:00Z",
            "day": "2026-01-01",
            "base60": "1:30",
            "equals": "=",
            "octal": 10,
            "exponent": 1000.0,
            "version": "1.10.0",
            "quoted": "2026-01-01",
            True: True,
            "none": None,
            "empty": None,
            "tagged": "thing",
            "object": ["exit"],
        }
    ]


def test_a_broken_document_does_not_take_the_others_with_it() -> None:
    text = "\ufeff# first\n---\na: 1\n--- # second\nb: [\n---\n\n---\n# nothing\n---\nc: 3\n...\n"

    assert list(documents.each(text)) == [
        Document(1, 2, {"a": 1}),
        Document(2, 6, problem="did not find expected node content", text="--- # second\nb: [\n"),
        Document(3, 10, {"c": 3}),
    ]


def test_directives_and_comments_are_no_documents() -> None:
    assert values("%YAML 1.1\n---\n# nothing\n---\na: 1\n") == [{"a": 1}]
    assert values("") == []
    assert values("# nothing\n") == []


def test_a_marker_in_a_block_of_text_that_is_indented_is_text() -> None:
    assert values("a: |\n  ---\n  b\n") == [{"a": "---\nb\n"}]


def test_json_texts_may_follow_each_other() -> None:
    assert list(documents.each('{"a": 1}\n{"b": 2} [3]')) == [
        Document(1, 1, {"a": 1}),
        Document(2, 2, {"b": 2}),
        Document(3, 2, [3]),
    ]


def test_what_stands_before_broken_json_is_kept() -> None:
    first, second = documents.each('{"a": 1}\n{"b": }')

    assert first.value == {"a": 1}
    assert (second.number, second.line, second.problem) == (2, 2, "Expecting value")


def test_yaml_that_begins_like_json_is_read() -> None:
    assert values("{a: b}\n---\n[1, 2]\n") == [{"a": "b"}, [1, 2]]


def problem(text: str) -> str | None:
    (document,) = documents.each(text)
    return document.problem


@pytest.mark.parametrize(
    ("written", "read"),
    [
        (r'"\ud83d\ude00"', "😀"),
        (r'"\ud800"', r"\ud800"),
        (r'"a\uDC00b"', r"a\uDC00b"),
        (r'"\ud800\ud83d\ude00"', r"\ud800" + "😀"),
        (r'"\\ud800"', r"\ud800"),
        (r'"\\\ud800"', "\\" + r"\ud800"),
        (r'{"\udfff": 1}', {r"\udfff": 1}),
    ],
)
def test_half_a_character_is_spelt_out(written: str, read: object) -> None:
    """It could not be saved, and two that differ must not become one."""
    assert values(f"[{written}]")[0] == [read]


def test_aliases_that_multiply_without_end_are_refused() -> None:
    letters = "abcdefghij"
    lines = [f"{letters[0]}: &{letters[0]} [x, x, x, x, x, x, x, x, x, x]"]
    lines += [
        f"{this}: &{this} [{', '.join([f'*{before}'] * 10)}]"
        for before, this in itertools.pairwise(letters)
    ]

    assert problem("\n".join(lines)) == "aliases expand to too many values"
    assert problem("a: &a [*a]") == "an alias stands within what it repeats"
    assert problem("a: &a {b: 1}\nc: *a\nd:\n  <<: *a\n  e: 2\n") is None


@pytest.mark.parametrize(
    "text", ["[" * 100_000 + "]" * 100_000, "a: " + "{b: " * 100_000, "- " * 100_000 + "x"]
)
def test_endless_nesting_is_refused(text: str) -> None:
    """It would overflow the stack of the process, which no exception can catch."""
    assert problem(text) == "nested too deeply"


@pytest.mark.parametrize(
    "text", ["a: *hunter2", "a: !<hunter2", "? {hunter2: 1}\n: 2", "a: 'hunter2", "\x00hunter2"]
)
def test_a_problem_does_not_quote_the_text(text: str) -> None:
    found = problem(text)

    assert found is not None
    assert "hunter2" not in found


def test_collection_of_garbage_is_as_before_afterwards() -> None:
    was_enabled = gc.isenabled()
    list(documents.each("a: ["))

    assert gc.isenabled() == was_enabled


@given(st.text())
def test_no_text_makes_it_fail(text: str) -> None:
    for document in documents.each(text):
        assert (document.value is None) or (document.problem is None)


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=10,
)


@given(st.lists(st.dictionaries(st.text(), VALUES), max_size=3))
def test_what_is_written_as_json_is_read_back(written: list[dict[str, object]]) -> None:
    assert values("\n".join(json.dumps(value) for value in written)) == written
