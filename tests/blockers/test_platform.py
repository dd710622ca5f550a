import pytest

from tests.blockers.found import cluster, machine, said
from tests.scenarios.world import Doc, app, definition, workload


def of_gateway_api(plural: str, version: str | None) -> Doc:
    doc = definition(f"{plural}.gateway.networking.k8s.io")
    if version:
        doc["metadata"]["annotations"] = {"gateway.networking.k8s.io/bundle-version": version}
    return doc


@pytest.mark.parametrize(
    ("version", "found"),
    [
        ("v1.30.9", {"old-for-istio", "old-for-linkerd"}),
        ("v1.31.4-eks-2d5f260", {"old-for-istio"}),
        ("v1.32.0", set()),
        ("1.35.1+k3s1", set()),
        ("v1.36.0-gke.100", {"new-for-linkerd"}),
        ("v1.38.0", {"new-for-istio", "new-for-linkerd"}),
        (None, set()),
        ("unknown", set()),
    ],
)
def test_each_mesh_has_its_span_of_kubernetes(version: str | None, found: set[str]) -> None:
    seen = cluster(version=version)
    ids = ("old-for-istio", "old-for-linkerd", "new-for-istio", "new-for-linkerd")

    assert {check_id for check_id in ids if said(check_id, seen)} == found


def test_what_is_said_of_a_version_has_a_date() -> None:
    assert said("old-for-linkerd", cluster(version="v1.29.1")) == {
        "cluster": {
            "version": "1.29",
            "release": "Linkerd 2.20",
            "oldest": "1.31",
            "newest": "1.35",
            "as_of": "2026-08-20",
        }
    }


@pytest.mark.parametrize(
    ("kubelets", "told"),
    [
        (("v1.28.2", "v1.29.1"), True),
        (("v1.32.2", "v1.33.1"), True),
        (("v1.29.0", "v1.32.9"), False),
        (("v1.33.0", "v1.35.0"), False),
        ((), False),
    ],
)
def test_machines_differ_where_sidecars_are_run_in_two_ways(
    kubelets: tuple[str, ...], told: bool
) -> None:
    nodes = [machine(f"node-{n}", kubelet) for n, kubelet in enumerate(kubelets)]
    nightly = workload("shop", "nightly", kind="CronJob", port=None)

    assert bool(said("node-versions-differ", cluster(*nodes, nightly))) is told
    assert said("node-versions-differ", cluster(*nodes, *app("shop", "web"))) == {}


@pytest.mark.parametrize(
    ("plural", "version", "istio", "linkerd"),
    [
        ("grpcroutes", "v1.0.0", "1.1.0", "1.2.1"),
        ("grpcroutes", "v1.3.0", None, None),
        ("httproutes", "v1.1.1", None, "1.2.1"),
        ("tlsroutes", "v1.4.0", "1.5.0", None),
        ("tcproutes", "v1.6.0-rc.1", None, None),
        ("httproutes", None, None, None),
        ("httproutes", "nightly", None, None),
    ],
)
def test_definitions_of_the_gateway_api_may_be_too_old(
    plural: str, version: str | None, istio: str | None, linkerd: str | None
) -> None:
    seen = cluster(of_gateway_api(plural, version))
    subject = f"CustomResourceDefinition {plural}.gateway.networking.k8s.io"

    for check_id, least in (
        ("gateway-api-old-for-istio", istio),
        ("gateway-api-old-for-linkerd", linkerd),
    ):
        plain = (version or "").removeprefix("v")
        expected = {subject: {"version": plain, "least": least}} if least else {}
        assert said(check_id, seen) == expected


def test_that_the_gateway_api_is_missing_is_known_only_where_definitions_were_read() -> None:
    web = app("shop", "web")

    assert said("gateway-api-missing", cluster(*web)) == {"cluster": {}}
    assert said("gateway-api-missing", cluster(*web, of_gateway_api("httproutes", "v1.4.0"))) == {}
    assert said("gateway-api-missing", cluster(*web, hidden=["CustomResourceDefinition"])) == {}
    assert said("gateway-api-missing", cluster()) == {}


@pytest.mark.parametrize(
    ("version", "platform", "firewall"),
    [
        ("v1.33.4-gke.1172000", "gke", True),
        ("v1.33.4+k3s1", "k3s", False),
        ("v1.33.4-eks-2d5f260", None, False),
        ("v1.33.4", None, False),
        (None, None, False),
    ],
)
def test_some_platforms_want_something_of_their_own(
    version: str | None, platform: str | None, firewall: bool
) -> None:
    seen = cluster(*app("shop", "web"), version=version)

    told = {"cluster": {"platform": platform}} if platform else {}
    assert said("platform-paths", seen) == told
    assert said("firewall-to-webhooks", seen) == ({"cluster": {}} if firewall else {})
    assert said("platform-paths", cluster(version=version)) == {}


def test_openshift_is_known_by_its_definitions() -> None:
    seen = cluster(*app("shop", "web"), definition("clusterversions.config.openshift.io"))

    assert said("platform-paths", seen) == {"cluster": {"platform": "openshift"}}
