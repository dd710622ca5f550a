"""The user-facing graph in figures: what somebody sees who looks at a picture of it."""

from msgspec.structs import replace

from mesh_probe.graph import CallGraph
from mesh_probe.graph.shape import (
    cycles,
    largest_view,
    longest_chains,
    paths_by_entry,
    reach_by_entry,
)
from mesh_probe.model import Noun

ALL_TO_ALL = 0.5
"""Share of all pairs from which declared calls are taken for a list of addresses that every service
reads. Calls between services are sparse: Alibaba's have 3.7 edges per service, Meta's 11."""

TANGLED = 1.5
"""Ways down for each service reached, from which they are more than those services counted again:
of a tree each service is reached on one way. Our own."""


class Picture(Noun):
    """How large the graph is and how it is wired; of equals the first by id is named."""

    services: int
    """In the largest part that hangs together, like `edges`."""
    edges: int
    chains: tuple[tuple[str, ...], ...]
    """The longest ones from different entries, the longest of all first."""
    rings: tuple[tuple[str, ...], ...]
    reach: int = 0
    reach_of: str = "–"
    """The entry from which most services can be reached."""
    ways: int = 0
    ways_of: str = "–"
    """The entry with the most ways down; one that is tangled goes before all others."""
    ways_reach: int = 0
    """Services that can be reached from that entry."""

    @property
    def chain(self) -> tuple[str, ...]:
        """The longest chain; empty where nothing calls anything."""
        return self.chains[0] if self.chains else ()

    @property
    def is_tangled(self) -> bool:
        """Whether there are clearly more ways down from that entry than services to reach."""
        return self.ways > TANGLED * self.ways_reach

    @property
    def has_one_pair(self) -> bool:
        """Whether two services that call each other are the only ring."""
        return [len(ring) for ring in self.rings] == [2]

    @property
    def hops(self) -> int:
        """Calls of the longest chain."""
        return max(len(self.chain) - 1, 0)


def look(graph: CallGraph, chains: int) -> Picture:
    """Only what stands behind a Service is an entry for users: no worker and no load generator."""

    def fronted(node: str) -> bool:
        return bool(graph.nodes[node].services)

    services, edges = largest_view(graph)
    reach = {entry: n for entry, n in sorted(reach_by_entry(graph).items()) if fronted(entry)}
    ways = {entry: n for entry, n in sorted(paths_by_entry(graph).items()) if fronted(entry)}
    picture = Picture(
        services=services,
        edges=edges,
        chains=longest_chains(graph, chains, filter(fronted, graph.applications)),
        rings=cycles(graph),
    )
    if reach:
        widest = max(reach, key=lambda entry: reach[entry])
        picture = replace(picture, reach=reach[widest], reach_of=widest)
    if ways:
        busiest = max(ways, key=lambda e: (ways[e] > TANGLED * reach.get(e, 0), ways[e]))
        picture = replace(
            picture, ways=ways[busiest], ways_of=busiest, ways_reach=reach.get(busiest, 0)
        )
    return picture


def is_address_list(graph: CallGraph, more_than: int) -> bool:
    """Whether nearly everything seems to call everything, and nothing of it was observed.

    Of so few services nothing is said.
    """
    services = [node for node, calls in graph.applications.degree if calls]
    declared = [pair for pair in graph.applications.edges if not graph.edges[pair].observed]
    pairs = len(services) * (len(services) - 1)
    return len(services) > more_than and len(declared) >= ALL_TO_ALL * pairs
