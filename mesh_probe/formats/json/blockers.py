"""What stands in the way of a mesh, and how each kind of mesh would fare with it."""

from collections.abc import Iterable

from mesh_probe.blocker import Blocker, Standing
from mesh_probe.text import Wording
from mesh_probe.text.values import Value, number, worded


def blocker(found: Blocker, wording: Wording) -> Value:
    """One object in the way."""
    return {
        "id": found.id,
        "severity": found.severity,
        "mesh_modes": list(found.mesh_modes),
        "subject": found.subject,
        **worded("text", found.text, wording),
        **worded("remedy", found.remedy, wording),
        "reference": found.reference,
        "traffic_share": number(found.traffic_share),
        "ignored": found.ignored,
        "check": found.check,
        "nodes": sorted(found.nodes),
    }


def mesh_modes(standings: Iterable[Standing]) -> Value:
    """One record a kind of mesh."""
    return [
        {
            "mode": standing.mode,
            "errors": standing.errors,
            "warnings": standing.warnings,
            "infos": standing.infos,
            "workloads": standing.workloads,
            "free": standing.free,
            "careful": standing.careful,
            "blocked": standing.blocked,
            "ready_percent": standing.ready_percent,
        }
        for standing in standings
    ]
