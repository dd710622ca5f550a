"""The YAML that runs mesh-probe in a cluster, for this version.

`mesh-probe.yaml` holds all of it. A line that ends in `#+ NAME` is there only with that extra.
"""

from collections.abc import Collection
from importlib import resources

EXTRAS = ("configmap", "volume", "answers")
"""Where a run can keep its report in the cluster: a ConfigMap, a volume; and the answers file that
it reads, from another ConfigMap."""

_MARK = "  #+ "


def manifests(extras: Collection[str] = (), image: str | None = None) -> str:
    """The YAML with these extras, and with another image than the one it names."""
    text = resources.files(__package__).joinpath("mesh-probe.yaml").read_text(encoding="utf-8")
    lines = []
    for line in text.splitlines():
        kept, mark, extra = line.partition(_MARK)
        if mark and extra not in extras:
            continue
        indent, named, _ = kept.partition("image: ")
        lines.append(f"{indent}{named}{image}" if named and image else kept)
    return "\n".join(lines) + "\n"
