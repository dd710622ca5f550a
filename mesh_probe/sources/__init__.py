"""The telemetry sources, in order of precedence.

Where several see the same edge, the first gives its figures and the others are evidence; they count
the same calls from different places, so they are never added up.
"""

from mesh_probe.source import Source
from mesh_probe.sources import istio, service_graph

SOURCES: tuple[Source, ...] = (
    istio.SOURCE,
    service_graph.SOURCE,
)
