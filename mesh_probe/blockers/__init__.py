"""The checks for what stands in the way of a mesh, in the order of their subjects.

A file is a subject and exports its checks. All of them look at what a mesh would still have to take
in: what is in one already has shown that it can be.
"""

from mesh_probe.blocker import Check
from mesh_probe.blockers import (
    admission,
    headroom,
    identity,
    lifecycle,
    network,
    outside,
    platform,
    pods,
    policies,
    ports,
    protocols,
    reach,
)

CHECKS: tuple[Check, ...] = (
    *platform.CHECKS,
    *network.CHECKS,
    *policies.CHECKS,
    *admission.CHECKS,
    *headroom.CHECKS,
    *pods.CHECKS,
    *ports.CHECKS,
    *protocols.CHECKS,
    *lifecycle.CHECKS,
    *identity.CHECKS,
    *reach.CHECKS,
    *outside.CHECKS,
)
