import sys
import unicodedata

from mesh_probe.text.visible import HIDDEN, visible


def test_whatever_steers_a_screen_or_hides_is_found() -> None:
    """Controls, format characters, surrogates, line and paragraph separators of Unicode."""
    missed = [
        hex(point)
        for point in range(sys.maxunicode + 1)
        if unicodedata.category(chr(point)) in ("Cc", "Cf", "Cs", "Zl", "Zp")
        and not HIDDEN.fullmatch(chr(point))
    ]

    assert missed == []


def test_what_hides_is_spelt_out() -> None:
    assert visible("a\x1b[31m\nb\u202ec\x9b\udc80") == r"a\x1b[31m\nb\u202ec\x9b\udc80"


def test_letters_of_any_language_stay() -> None:
    text = "장바구니 café — «ok» 😀 |*_<>&"

    assert visible(text) == text
