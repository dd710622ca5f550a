"""ConfigMaps: their keys, also those inside their values, and the references and settings there."""

from collections.abc import Iterator, Mapping

from mesh_probe.inventory import raw
from mesh_probe.model import ConfigMap, Noun, Reference, Setting
from mesh_probe.references import nested, scopes, settings
from mesh_probe.references.known import Known

LONGEST_VALUE = 262_144
"""Characters of one value that are read: 256 KB, a quarter of the largest ConfigMap."""

LONGEST_IN_ALL = 1_048_576
"""Characters that are read of all values of one ConfigMap: 1 MB, the API's own limit."""

LARGEST_KEY_COUNT = 1_000
"""Key paths that are kept of one ConfigMap."""

_LONGEST_SHORT = 512


class Read(Noun):
    """A ConfigMap, and what is known of it only while other objects are read."""

    config_map: ConfigMap
    short_values: dict[str, str]
    """Plain values that are short, for variables that a workload takes from here."""
    cut: bool = False
    """A value was too long, or there were more keys than are kept."""


def read(item: raw.ConfigMap, known: Known) -> Read:
    """Everything that is kept of a ConfigMap."""
    keys = {*(item.data or ()), *(item.binary_data or ())}
    references: list[Reference] = []
    found: list[Setting] = []
    flat: dict[str, str] = {}
    left, cut = LONGEST_IN_ALL, False
    for key, text in sorted((item.data or {}).items()):
        if not isinstance(text, str):
            continue
        bounded = text[: min(LONGEST_VALUE, left)]
        left -= len(bounded)
        cut = cut or len(bounded) < len(text)
        # A document that was cut is none; its lines are still read.
        inside = nested.scopes(key, bounded) if len(bounded) == len(text) else None
        if inside is None:
            flat[key] = nested.without_comments(bounded)
            continue
        for scope in inside:
            keys.update(f"{key}:{path}" for path in scope)
            written = {path: _written(value) for path, value in scope.items()}
            references += scopes.find(written, key, known, prefix=f"{key}:")
            found += _settings(scope, key, prefix=f"{key}:")
        cut = cut or sum(map(len, inside)) >= nested.LARGEST_PATH_COUNT
    references += scopes.find(flat, None, known)
    found += _settings(flat, None)
    return Read(
        ConfigMap(
            namespace=item.metadata.namespace or "",
            name=item.metadata.name,
            keys=tuple(sorted(keys)[:LARGEST_KEY_COUNT]),
            references=tuple(dict.fromkeys(references)),
            settings=tuple(dict.fromkeys(found)),
        ),
        {key: text.strip() for key, text in flat.items() if len(text) <= _LONGEST_SHORT},
        cut or len(keys) > LARGEST_KEY_COUNT,
    )


def _settings(
    values: Mapping[str, nested.Scalar], found_in: str | None, prefix: str = ""
) -> Iterator[Setting]:
    for key, value in values.items():
        if setting := settings.find(prefix + key, value, key if found_in is None else found_in):
            yield setting


def _written(value: nested.Scalar) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)
