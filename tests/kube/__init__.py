"""API servers to test against: a double that serves given objects, and a real one."""

from tests.kube.real import RealKubeServer
from tests.kube.server import KubeServer, Rights

__all__ = ["KubeServer", "RealKubeServer", "Rights"]
