"""What can go wrong on the way, and what is made of it: a gap, and the rest of the cluster."""

import logging
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from mesh_probe.errors import CollectError
from mesh_probe.kinds import KINDS
from tests.collect.reading import Reading, read
from tests.kube import KubeServer, Rights
from tests.kube.shop import CONFIG_MAPS, OBJECTS, USERS

HTML = {"status": 200, "body": b"<html>Please log in</html>", "content_type": "text/html"}
BROKEN = {"status": 200, "body": b'{"items":[{"metadata":', "content_type": "application/json"}
EVER = 1_000

BUILT_IN = [kind for kind in KINDS if not kind.optional]


@pytest.fixture
def double() -> Iterator[KubeServer]:
    with KubeServer(OBJECTS, users=USERS) as server:
        yield server


@pytest.fixture
def look(double: KubeServer, tmp_path: Path) -> Callable[..., Reading]:
    """Reads the double as admin."""

    def look(**options: Any) -> Reading:
        return read(double.kubeconfig(tmp_path), **options)

    return look


def config_map_count(found: Reading) -> int:
    return len({(c.namespace, c.name) for c in found.objects.config_maps})


# --- lists that expire ----------------------------------------------------------------------------


def test_an_expired_list_goes_on_at_the_newest_version(
    double: KubeServer, look: Callable[..., Reading]
) -> None:
    double.fault("configmaps", page=2, status=410)

    found = look()

    assert config_map_count(found) == CONFIG_MAPS
    assert found.state("ConfigMap") == "read"
    assert found.reasons("ConfigMap") == ["gap.two-versions"]
    assert found.waits == ()


def test_an_expired_list_without_a_new_token_is_read_again_at_one_go(
    double: KubeServer, look: Callable[..., Reading]
) -> None:
    double.fault("configmaps", page=2, status=410, fresh_token=False)

    found = look()

    requests = [r.query for r in double.requests if r.path.endswith("/configmaps")]
    assert config_map_count(found) == CONFIG_MAPS
    assert found.state("ConfigMap") == "read"
    assert found.gaps == ()
    assert [sorted(query) for query in requests] == [["limit"], ["continue", "limit"], []]


def test_a_list_that_keeps_expiring_is_left_partial(
    double: KubeServer, look: Callable[..., Reading]
) -> None:
    double.fault("configmaps", page=2, status=410, times=4)

    found = look()

    assert config_map_count(found) == 100
    assert found.state("ConfigMap") == "partial"
    assert found.reasons("ConfigMap") == ["gap.two-versions", "gap.expired"]


# --- a server in trouble --------------------------------------------------------------------------


def test_too_many_requests_are_waited_for_as_long_as_the_server_says(
    double: KubeServer, look: Callable[..., Reading]
) -> None:
    double.fault("pods", status=429, retry_after=2, times=2)

    found = look()

    assert found.waits == (2.0, 2.0)
    assert [m.parameters["seconds"] for m in found.told if m.id == "progress.pause"] == [2.0, 2.0]
    assert found.gaps == ()


def test_a_server_that_stays_too_busy_is_left_alone(
    double: KubeServer, look: Callable[..., Reading]
) -> None:
    double.fault("pods", status=429, retry_after=60, times=6)

    found = look()

    assert found.waits == (10.0,) * 5
    assert found.reasons("Pod") == ["gap.too-busy"]
    assert found.state("Pod") == "unreadable"
    assert found.outcome.complete


def test_server_errors_are_retried_with_growing_pauses(
    double: KubeServer, look: Callable[..., Reading]
) -> None:
    double.fault("services", status=503, times=3)

    found = look()

    assert found.waits == (1.0, 2.0, 4.0)
    assert found.gaps == ()


def test_pages_before_a_server_error_are_kept(
    double: KubeServer, look: Callable[..., Reading]
) -> None:
    double.fault("configmaps", page=2, status=500, times=4)

    found = look()

    assert config_map_count(found) == 100
    assert found.state("ConfigMap") == "partial"
    (gap,) = found.gaps
    assert gap.subject == "ConfigMap"
    assert gap.reason.parameters == {"status": 500, "detail": "Internal Server Error"}


def test_an_answer_that_breaks_off_is_fetched_again(
    double: KubeServer, look: Callable[..., Reading]
) -> None:
    double.fault("configmaps", page=2, cut=True)

    found = look()

    assert config_map_count(found) == CONFIG_MAPS
    assert found.gaps == ()


def test_an_answer_that_always_breaks_off_is_a_gap(
    double: KubeServer, look: Callable[..., Reading]
) -> None:
    double.fault("configmaps", page=2, cut=True, times=4)

    found = look()

    assert config_map_count(found) == 100
    assert found.reasons("ConfigMap") == ["gap.no-answer"]
    assert found.state("ConfigMap") == "partial"


# --- answers that are something else --------------------------------------------------------------


def test_a_login_page_is_a_gap_that_says_so(
    double: KubeServer, look: Callable[..., Reading]
) -> None:
    double.fault("pods", **HTML)

    found = look()

    (gap,) = found.gaps
    assert (gap.subject, gap.reason.id) == ("Pod", "gap.not-json")
    assert gap.reason.parameters == {"status": 200, "content_type": "text/html"}


def test_a_redirect_is_not_followed(double: KubeServer, look: Callable[..., Reading]) -> None:
    double.fault("pods", status=302, body=b"", content_type="text/html")

    assert look().reasons("Pod") == ["gap.not-json"]


@pytest.mark.parametrize("kind", BUILT_IN, ids=lambda kind: kind.name)
def test_any_one_broken_page_is_one_gap(
    double: KubeServer, look: Callable[..., Reading], kind: Any
) -> None:
    double.fault(kind.plural, **BROKEN)

    found = look()

    assert [(g.subject, g.reason.id) for g in found.gaps] == [(kind.name, "gap.broken-page")]
    assert found.state(kind.name) == "unreadable"
    assert found.outcome.complete


@pytest.mark.parametrize("kind", BUILT_IN, ids=lambda kind: kind.name)
def test_any_one_forbidden_kind_is_one_gap(tmp_path: Path, kind: Any) -> None:
    with KubeServer(OBJECTS, users={"most": Rights(but=(kind.plural,))}) as server:
        found = read(server.kubeconfig(tmp_path, "most"))

    gaps = [(gap.subject, gap.reason.id) for gap in found.gaps]
    assert (kind.name, "gap.forbidden") in gaps
    assert {subject for subject, _ in gaps} == {kind.name}
    assert found.state(kind.name) == "unreadable"


def test_a_kind_that_is_gone_since_it_was_listed_is_not_served(
    double: KubeServer, look: Callable[..., Reading]
) -> None:
    double.fault("rollouts", status=404)

    found = look()

    assert found.state("Rollout") == "not-served"
    assert found.gaps == ()


def test_a_bare_pod_that_cannot_be_fetched_is_a_gap(
    double: KubeServer, look: Callable[..., Reading]
) -> None:
    double.fault("/api/v1/namespaces/billing/pods/lonely", status=403)

    assert look().reasons("Pod") == ["gap.templates"]


def test_a_bare_pod_that_has_ended_meanwhile_is_no_gap(
    double: KubeServer, look: Callable[..., Reading]
) -> None:
    double.fault("/api/v1/namespaces/billing/pods/lonely", status=404)

    assert look().gaps == ()


# --- runs that are cut short ----------------------------------------------------------------------


def test_what_was_read_when_time_runs_out_is_kept(
    double: KubeServer, look: Callable[..., Reading]
) -> None:
    double.fault("pods", hang=True)

    found = look(seconds=2)

    assert not found.outcome.complete
    assert found.state("Namespace") == "read"
    assert found.state("Pod") == "unreadable"
    assert found.reasons("Pod") == ["gap.time"]
    assert found.state("HTTPRoute") == "not-served"


def test_no_time_at_all_is_an_error(look: Callable[..., Reading]) -> None:
    with pytest.raises(CollectError) as caught:
        look(seconds=0)

    assert caught.value.said.id == "error.no-time"


def test_credentials_that_run_out_end_the_reading_and_keep_what_was_read(
    double: KubeServer, look: Callable[..., Reading]
) -> None:
    double.fault("configmaps", status=401)

    found = look()

    assert not found.outcome.complete
    assert found.state("Service") == "read"
    assert found.reasons("Deployment") == ["gap.unauthorized"]
    assert not any("/deployments" in request.path for request in double.requests)


def test_ctrl_c_does_not_wait_for_a_request_that_hangs(tmp_path: Path, double: KubeServer) -> None:
    double.fault("pods", hang=True)
    program = (
        "import sys, pathlib\n"
        "from tests.collect.reading import read\n"
        "read(pathlib.Path(sys.argv[1]))\n"
    )
    command = [sys.executable, "-c", program, str(double.kubeconfig(tmp_path))]
    with subprocess.Popen(command, stderr=subprocess.PIPE) as process:
        while not any(request.path == "/api/v1/pods" for request in double.requests):
            assert process.poll() is None, process.communicate()
            time.sleep(0.01)
        process.send_signal(signal.SIGINT)
        _, said = process.communicate(timeout=30)

    assert process.returncode == -signal.SIGINT
    assert said.rstrip().endswith(b"KeyboardInterrupt")


# --- discovery ------------------------------------------------------------------------------------


def test_a_server_without_aggregated_discovery_is_asked_group_by_group(tmp_path: Path) -> None:
    with KubeServer(OBJECTS, plain_discovery=True) as old, KubeServer(OBJECTS) as new:
        from_old = read(old.kubeconfig(tmp_path))
        from_new = read(new.kubeconfig(tmp_path))

    assert from_old.objects == from_new.objects
    assert from_old.gaps == ()
    assert "/apis/argoproj.io/v1alpha1" in [request.path for request in old.requests]


def test_the_preferred_one_of_several_versions_is_read(tmp_path: Path) -> None:
    definition = next(d for d in OBJECTS if d["kind"] == "CustomResourceDefinition")
    (version,) = definition["spec"]["versions"]
    versions = [{**version, "name": name} for name in ("v1alpha1", "v1")]
    newer = {**definition, "spec": {**definition["spec"], "versions": versions}}
    with KubeServer([newer]) as server:
        read(server.kubeconfig(tmp_path))

    paths = [request.path for request in server.requests]
    assert "/apis/argoproj.io/v1/rollouts" in paths
    assert "/apis/argoproj.io/v1alpha1/rollouts" not in paths


def test_a_group_whose_server_is_down_is_a_gap_and_not_absent(tmp_path: Path) -> None:
    with KubeServer(OBJECTS, stale_groups=["argoproj.io"]) as server:
        found = read(server.kubeconfig(tmp_path))

    assert found.reasons("Rollout") == ["gap.stale"]
    assert found.state("Rollout") == "unreadable"


def test_without_discovery_the_kinds_of_kubernetes_itself_are_read(
    double: KubeServer, look: Callable[..., Reading]
) -> None:
    double.fault("/api", status=403)
    double.fault("/apis", status=403)

    found = look()

    assert found.state("Deployment") == found.state("Service") == "read"
    assert found.state("Rollout") == "unreadable"
    assert found.reasons("Rollout") == ["gap.forbidden"]


def test_a_kind_of_kubernetes_that_is_not_served_is_a_gap(tmp_path: Path) -> None:
    with KubeServer() as server:
        server.resources = [r for r in server.resources if r.kind != "EndpointSlice"]
        found = read(server.kubeconfig(tmp_path))

    assert [(g.subject, g.reason.id) for g in found.gaps] == [("EndpointSlice", "gap.not-served")]


def test_an_unreadable_version_is_unknown(double: KubeServer, look: Callable[..., Reading]) -> None:
    double.fault("/version", **BROKEN)

    found = look()

    assert found.outcome.server_version is None
    assert [(gap.subject, gap.reason.id) for gap in found.gaps] == [
        ("server version", "gap.broken-page")
    ]


@pytest.mark.parametrize(
    ("fault", "hint"),
    [
        (HTML, "hint.not-json"),
        (BROKEN, "hint.no-api"),
        ({"status": 503, "times": 4}, "hint.no-api"),
    ],
    ids=["login page", "nonsense", "down"],
)
def test_something_that_is_no_api_is_an_error(
    double: KubeServer, look: Callable[..., Reading], fault: dict[str, Any], hint: str
) -> None:
    double.fault("/api", **fault)

    with pytest.raises(CollectError) as caught:
        look()

    assert caught.value.said.id == "error.no-api"
    assert caught.value.hint
    assert caught.value.hint.id == hint


def test_an_unreachable_server_is_an_error_at_once(tmp_path: Path) -> None:
    with KubeServer() as server:
        kubeconfig = server.kubeconfig(tmp_path)

    with pytest.raises(CollectError) as caught:
        read(kubeconfig)

    assert caught.value.said.id == "error.no-api"
    assert caught.value.said.parameters == {
        "server": server.url,
        "detail": "Connection refused",
    }


def test_a_certificate_that_nobody_trusts_is_an_error(tmp_path: Path) -> None:
    with KubeServer() as server, KubeServer() as other:
        kubeconfig = other.kubeconfig(tmp_path)
        kubeconfig.write_text(kubeconfig.read_text().replace(other.url, server.url))
        with pytest.raises(CollectError) as caught:
            read(kubeconfig)

    assert "certificate" in str(caught.value.said.parameters["detail"])


# --- manners --------------------------------------------------------------------------------------


def test_what_a_reading_cost_is_counted(double: KubeServer, look: Callable[..., Reading]) -> None:
    found = look()

    assert found.cluster.requests == len(double.requests)


def test_every_request_is_under_our_name(double: KubeServer, look: Callable[..., Reading]) -> None:
    look()

    assert {r.headers["user-agent"][:11] for r in double.requests} == {"mesh-probe/"}


def test_credentials_are_in_no_log_gap_or_error(
    double: KubeServer, look: Callable[..., Reading], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    double.fault("pods", status=500, times=4)

    found = look()

    assert found.gaps
    assert "/pods" in caplog.text
    assert "token-of" not in caplog.text
    assert "token-of" not in repr((found.gaps, found.told))
