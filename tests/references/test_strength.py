"""How much a reference proves."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mesh_probe.model import Reference
from mesh_probe.references.strength import confidence

COUNTS_FROM = 0.5


@pytest.mark.parametrize(
    ("weaker", "stronger"),
    [
        (Reference("b", "X", "env", "word"), Reference("b", "B_HOST", "env", "word")),
        (Reference("b", "B_HOST", "env", "word"), Reference("b.d.svc", "B_HOST", "env", "fqdn")),
        (Reference("b.d.svc", "X", "env", "fqdn"), Reference("b", "X", "env", "host-port", 80)),
        (Reference("b", "X", "env", "host-port", 80), Reference("b", "X", "env", "url")),
        (Reference("b", "X", "env", "url"), Reference("b", "B_URL", "env", "url")),
        (Reference("b", "KIND", "env", "word"), Reference("b", "X", "env", "word")),
    ],
)
def test_form_and_place_make_it_stronger(weaker: Reference, stronger: Reference) -> None:
    assert confidence(weaker) < confidence(stronger)


def test_a_bare_word_counts_only_where_an_address_is_asked_for() -> None:
    assert confidence(Reference("b", "B_HOST", "env", "word")) >= COUNTS_FROM
    assert confidence(Reference("b", "B", "env", "word")) < COUNTS_FROM


def test_a_file_that_many_read_proves_little_for_each() -> None:
    reference = Reference("b", "b.url", "config.json", "url", 80)

    assert confidence(reference, shared_by=3) >= COUNTS_FROM
    assert confidence(reference, shared_by=33) < 0.1


@given(st.sampled_from(["url", "host-port", "pair", "fqdn", "word"]), st.integers(1, 1000))
def test_more_readers_never_make_it_stronger(form: str, readers: int) -> None:
    reference = Reference("b", "B_URL", "x", form)  # type: ignore[arg-type]  # one of the forms

    assert 0 < confidence(reference, readers + 1) <= confidence(reference, readers) <= 1
