"""The state of a pod in one word: as the API server prints it, and as we say it."""

from typing import Any

import pytest

from mesh_probe.inventory import Inventory
from tests.inventory.raw_objects import kind
from tests.kube import RealKubeServer

TABLE = "application/json;as=Table;v=v1;g=meta.k8s.io"
PODS = "/api/v1/namespaces/default/pods"

Raw = dict[str, Any]


def container(*, ready: bool = False, restarts: int = 0, **state: Raw) -> Raw:
    return {
        "name": "c",
        "image": "i",
        "imageID": "",
        "ready": ready,
        "started": ready,
        "restartCount": restarts,
        "state": state,
    }


RUNNING: Raw = {"running": {}}
STATES: dict[str, Raw] = {
    "pending": {"phase": "Pending"},
    "running": {
        "phase": "Running",
        "podIP": "10.1.0.6",
        "podIPs": [{"ip": "10.1.0.6"}],
        "containerStatuses": [container(ready=True, restarts=2, **RUNNING)],
    },
    "crashing": {
        "phase": "Running",
        "containerStatuses": [container(waiting={"reason": "CrashLoopBackOff"})],
    },
    "ended": {
        "phase": "Succeeded",
        "containerStatuses": [container(terminated={"exitCode": 0, "reason": "Completed"})],
    },
    "failed": {"phase": "Failed", "containerStatuses": [container(terminated={"exitCode": 3})]},
    "killed": {
        "phase": "Failed",
        "containerStatuses": [container(terminated={"exitCode": 137, "signal": 9})],
    },
    "evicted": {"phase": "Failed", "reason": "Evicted"},
    "starting": {
        "phase": "Pending",
        "initContainerStatuses": [container(waiting={"reason": "PodInitializing"})],
        "containerStatuses": [container(waiting={"reason": "PodInitializing"})],
    },
    "stuck": {
        "phase": "Pending",
        "initContainerStatuses": [container(waiting={"reason": "ImagePullBackOff"})],
    },
    "init-failed": {
        "phase": "Pending",
        "initContainerStatuses": [container(terminated={"exitCode": 1, "reason": "Error"})],
    },
    "init-done": {
        "phase": "Running",
        "initContainerStatuses": [container(terminated={"exitCode": 0, "reason": "Completed"})],
        "containerStatuses": [container(ready=True, **RUNNING)],
    },
}


@pytest.mark.parametrize("name", STATES)
def test_a_whole_pod_has_the_state_that_the_server_prints(
    real_server: RealKubeServer, name: str
) -> None:
    status = STATES[name]
    pod: Raw = {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {
            "name": f"state-{name}",
            "namespace": "default",
            "annotations": {"sidecar.istio.io/status": "{}"},
        },
        "spec": {"containers": [{"name": "c", "image": "i"}]},
    }
    if "initContainerStatuses" in status:
        pod["spec"]["initContainers"] = [{"name": "c0", "image": "i"}]
        for each in status["initContainerStatuses"]:
            each["name"] = "c0"
    path = f"{PODS}/state-{name}"
    try:
        assert real_server.ask("POST", PODS, pod)[0] == 201
        answer = real_server.ask("PUT", f"{path}/status", {**pod, "status": status})
        assert answer[0] == 200, answer
        selected = f"{PODS}?fieldSelector=metadata.name=state-{name}"
        printed, whole = Inventory(), Inventory()
        printed.add_page(kind("Pod"), real_server.ask("GET", selected, Accept=TABLE)[2])
        whole.add_page(kind("Pod"), real_server.ask("GET", selected)[2])
    finally:
        real_server.ask("DELETE", f"{path}?gracePeriodSeconds=0")

    assert whole.objects().pods == printed.objects().pods
    assert [pod.mesh for pod in printed.objects().pods] == ["istio/sidecar"]
