"""Writes the rules of the ClusterRoles, which are get and list on the kinds that are read.

    python -m tests.rights

`tests/test_manifests.py` tells when they differ from `mesh_probe.kinds`.
"""

from collections import defaultdict
from pathlib import Path

from mesh_probe.kinds import KINDS

ROOT = Path(__file__).parent.parent
FILES = (
    ROOT / "mesh_probe/manifests/mesh-probe.yaml",
    ROOT / "examples/helm/mesh-probe/templates/clusterrole.yaml",
    ROOT / "examples/rbac/clusterrole.yaml",
)


def rules() -> str:
    """The rules in YAML, under `rules:`."""
    plurals: dict[str, set[str]] = defaultdict(set)
    for kind in KINDS:
        plurals[kind.group].add(kind.plural)
    lines = ["rules:"]
    for group in sorted(plurals):
        lines += [f'  - apiGroups: ["{group}"]', "    resources:"]
        lines += [f"      - {plural}" for plural in sorted(plurals[group])]
        lines.append("    verbs: [get, list]")
    return "\n".join(lines)


def with_rules(text: str) -> str:
    """A YAML text with these rules in place of those of its ClusterRole."""
    before, kind, after = text.partition("kind: ClusterRole\n")
    head, _, rest = after.partition("\nrules:")
    _, separator, tail = rest.partition("\n---\n")
    return f"{before}{kind}{head}\n{rules()}{separator or chr(10)}{tail}"


if __name__ == "__main__":
    for file in FILES:
        file.write_text(with_rules(file.read_text("utf-8")), "utf-8")
