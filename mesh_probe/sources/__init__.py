"""The telemetry sources, in order of precedence.

Where several see the same edge, the first gives its figures and the others are evidence; they count
the same calls from different places, so they are never added up.
"""

from collections.abc import Iterable

from mesh_probe.source import TIERS, Source
from mesh_probe.sources import hubble, istio, service_graph
from mesh_probe.sources.table.clients import CLIENTS
from mesh_probe.sources.table.ingress import INGRESS
from mesh_probe.sources.table.kernel import CONNECTIONS, KERNEL
from mesh_probe.sources.table.meshes import GATEWAYS, MESHES
from mesh_probe.sources.table.traces import SPANS


def in_order(sources: Iterable[Source]) -> tuple[Source, ...]:
    """The sources by precedence; those of one tier stay in their order."""
    return tuple(sorted(sources, key=lambda source: TIERS.index(source.tier)))


SOURCES: tuple[Source, ...] = in_order(
    (
        istio.SOURCE,
        *MESHES,
        hubble.SOURCE,
        *KERNEL,
        *CLIENTS,
        service_graph.SOURCE,
        *SPANS,
        *INGRESS,
        *GATEWAYS,
        *CONNECTIONS,
    )
)
