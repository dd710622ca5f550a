"""Synthetic clusters: the objects of a call graph, as an API server gives them.

    for document in cluster(2000, 10_000):
        ...

Equal arguments give equal objects, in the sizes that were measured on a real server: a pod of
10 KB, a Deployment of 9 KB, a Service of 2 KB, more than a third of it managedFields.
"""

from collections.abc import Iterator

from benchmarks.clusters import platform, services
from benchmarks.clusters.objects import Json, Scribe
from benchmarks.clusters.topology import topology

__all__ = ["Json", "cluster"]

PODS_PER_MACHINE = 50


def cluster(service_count: int, pod_count: int, seed: int = 0) -> Iterator[Json]:
    """All objects; there are more pods only where one per service and agent is more.

    Documents of one workload share parts, so they are not to be changed.
    """
    machines = max(platform.CONTROL_PLANE_MACHINES, pod_count // PODS_PER_MACHINE)
    nodes = topology(service_count, pod_count - platform.pod_count(machines), seed)
    scribe = Scribe(seed)
    yield from platform.cluster_wide(scribe, machines)
    for name in sorted({node.namespace for node in nodes}):
        yield from platform.team(scribe, name)
    yield from platform.system(scribe, machines)
    for node in nodes:
        yield from services.service(scribe, node, machines)
