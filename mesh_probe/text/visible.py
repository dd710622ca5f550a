"""Text that comes from a cluster, made harmless to look at.

Names and labels can hold terminal escapes, line breaks and marks that turn the reading direction.
On a screen they could recolour it, fake a line of the report or show a name that is not there.
"""

import re

HIDDEN = re.compile(
    "[\x00-\x1f\x7f-\x9f\xad\u0600-\u0605\u061c\u06dd\u070f\u0890\u0891\u08e2\u180e"
    "\u200b-\u200f\u2028-\u202e\u2060-\u206f\ud800-\udfff\ufeff\ufff0-\ufffb"
    "\U000110bd\U000110cd\U00013430-\U0001345f\U0001bca0-\U0001bca3\U0001d173-\U0001d17a"
    "\U000e0000-\U000e0fff]"
)
"""Controls, format characters (writing direction, zero width), separators and broken halves."""


def visible(text: str) -> str:
    r"""The text on one line, with what hides in it spelt out: a line break becomes `\n`."""
    return HIDDEN.sub(lambda found: found[0].encode("unicode_escape").decode("ascii"), text)
