"""Variables in other variables and in arguments, by their values."""

import re
from collections.abc import Mapping

from mesh_probe.references.known import Known

LONGEST = 65_536
"""Characters of an expanded text."""

_NAME = r"[A-Za-z_][A-Za-z0-9_.-]{0,120}"
_VARIABLE = re.compile(rf"\$\(({_NAME})\)")
_SHELL_NAME = r"[A-Za-z_][A-Za-z0-9_]{0,120}"
_IN_ARGUMENTS = re.compile(
    rf"\$\(({_NAME})\)|\$\{{({_SHELL_NAME})(?::?[-=?][^${{}}]{{0,2048}})?\}}|\$({_SHELL_NAME})"
)
_LINK = re.compile(r"([A-Z0-9_]{1,63})_SERVICE_(HOST|PORT)")


def in_variables(text: str, values: Mapping[str, str], known: Known) -> str:
    """`$(NAME)` by its value; the unknown ones stay as they are.

    https://kubernetes.io/docs/tasks/inject-data-application/define-interdependent-environment-variables/
    """
    return _expand(_VARIABLE, text, values, known) if "$(" in text else text


def in_arguments(text: str, values: Mapping[str, str], known: Known) -> str:
    """The same, and what a shell in the container makes of `$NAME` and `${NAME:-default}`."""
    return _expand(_IN_ARGUMENTS, text, values, known) if "$" in text else text


def _expand(pattern: re.Pattern[str], text: str, values: Mapping[str, str], known: Known) -> str:
    def value(found: re.Match[str]) -> str:
        name = next(group for group in found.groups() if group)
        if name in values:
            return values[name]
        link = _LINK.fullmatch(name)
        service = known.linked(link[1]) if link else None
        if link is None or service is None:
            return found[0]
        return service if link[2] == "HOST" else known.only_port(service) or found[0]

    return pattern.sub(value, text)[:LONGEST]
