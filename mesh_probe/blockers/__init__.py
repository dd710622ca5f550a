"""The checks for what stands in the way of a mesh, in the order of their subjects.

A file is a subject and exports its checks. All of them look at what a mesh would still have to take
in: what is in one already has shown that it can be.
"""

from mesh_probe.blocker import Check
from mesh_probe.blockers import pods, ports

CHECKS: tuple[Check, ...] = (
    *pods.CHECKS,
    *ports.CHECKS,
)
