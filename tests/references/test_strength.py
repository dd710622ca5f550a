"""How much a reference proves."""

import pytest

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
