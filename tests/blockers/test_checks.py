"""What holds for every check, and what all of them together find in whole clusters."""

import re
import string
from collections.abc import Callable
from typing import Any

import pytest

from mesh_probe.blocker import MODES, Blocker, Check, found
from mesh_probe.blockers import CHECKS
from mesh_probe.graph.build import build
from mesh_probe.kinds import KINDS
from mesh_probe.pseudonyms import hide
from mesh_probe.snapshot import Snapshot, dumps, loads
from mesh_probe.text import LANGUAGES, Wording, catalogue
from tests.blockers.found import cluster, container, machine, pod_spec, policy
from tests.scenarios import meshes, shops, small
from tests.scenarios.world import (
    Doc,
    app,
    call,
    config_map,
    definition,
    ingress,
    ingress_nginx,
    istio,
    namespace,
    service,
    stateful,
    thing,
    workload,
)


def blockers(seen: Snapshot) -> tuple[Blocker, ...]:
    return found(CHECKS, seen, build(seen))


def lines(seen: Snapshot) -> list[str]:
    """Severity, id and subject of all that was found."""
    return [f"{b.severity} {b.id} {b.subject}" for b in blockers(seen)]


def test_ids_are_kebab_case_and_each_is_one_checks() -> None:
    ids = [check.id for check in CHECKS]

    assert len(set(ids)) == len(ids)
    assert all(re.fullmatch(r"[a-z]+(-[a-z]+)*", check_id) for check_id in ids)


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.id)
def test_a_check_names_modes_kinds_and_a_page(check: Check) -> None:
    known = {kind.name for kind in KINDS}

    assert check.modes
    assert list(check.modes) == [mode for mode in MODES if mode in check.modes]
    assert known.issuperset(check.kinds)
    assert re.match(r"https://[a-z0-9.-]+\.(io|com|dev)/\S+$", check.reference)


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.id)
def test_a_check_has_its_words_in_each_language(check: Check) -> None:
    for language in LANGUAGES:
        texts = catalogue(language)
        title, text, remedy = (
            texts[f"blocker.{check.id}{part}"] for part in (".title", "", ".remedy")
        )

        assert "{" not in title
        assert text != remedy


def everything_in_the_way() -> Snapshot:
    """An old cluster on Cilium, with two meshes, in which nothing is as a mesh needs it."""
    home = "shop"
    guarded = namespace(home)
    guarded["metadata"]["labels"]["pod-security.kubernetes.io/enforce"] = "restricted"
    nats, nats_front = stateful(home, "nats", "docker.io/library/nats:2.11", 4222, replicas=3)
    nats_front["spec"]["ports"][0] = {"port": 4222, "name": "client"}
    frozen = workload(home, "frozen", probe=False, port=15008)
    container(frozen, ports=[{"containerPort": p} for p in (15008, 4191)])
    odd = service(home, "frozen")
    odd["spec"]["ports"] = [{"port": 80, "name": "web"}, {"port": 53, "protocol": "UDP"}]
    odd["spec"]["clusterIP"] = "None"
    open_front = service(home, "web", type="NodePort")
    wait: Doc = {"name": "wait", "image": "docker.io/library/busybox:1.37"}
    wait["env"] = [{"name": "URL", "value": "http://frozen.shop:80"}]
    clashing = service(home, "raw", app="secure")
    clashing["spec"]["ports"] = [{"port": 81, "name": "tcp", "targetPort": 8080}]
    gateway_api = definition("grpcroutes.gateway.networking.k8s.io")
    tls_routes = definition("tlsroutes.gateway.networking.k8s.io")
    for old in (gateway_api, tls_routes):
        old["metadata"]["annotations"] = {"gateway.networking.k8s.io/bundle-version": "v1.0.0"}
    untold = [{"port": 26}]
    docs: list[Doc] = [
        guarded,
        machine("old", "v1.28.3", cpu="300m", memory="1Gi"),
        machine("new", "v1.33.3", cpu="300m", memory="1Gi"),
        *istio(),
        workload("linkerd", "linkerd-destination", image="cr.l5d.io/linkerd/controller:2.20"),
        workload("kuma-system", "kuma-cp", image="docker.io/kumahq/kuma-cp:2.11.0"),
        *ingress_nginx(),
        definition("clusterpolicies.kyverno.io"),
        gateway_api,
        tls_routes,
        thing(
            "admissionregistration.k8s.io/v1",
            "MutatingWebhookConfiguration",
            "vault",
            webhooks=[{"name": "vault.hashicorp.com", "rules": [{"resources": ["pods"]}]}],
        ),
        config_map(
            "kube-system",
            "cilium-config",
            **{"kube-proxy-replacement": "true", "enable-bpf-masquerade": "true"},
        ),
        policy(home, "narrow", policyTypes=["Ingress"], ingress=[{"ports": [{"port": 80}]}]),
        policy(home, "inside", policyTypes=["Egress"]),
        thing(
            "v1",
            "ResourceQuota",
            "small",
            home,
            spec={"hard": {"requests.cpu": "100m", "limits.cpu": "1"}},
        ),
        thing(
            "v1",
            "LimitRange",
            "small",
            home,
            spec={"limits": [{"type": "Container", "max": {"cpu": "1"}}]},
        ),
        thing("v1", "ServiceAccount", "default", home, automountServiceAccountToken=False),
        container(nats, ports=[{"containerPort": 4222}, {"containerPort": 6222}]),
        nats_front,
        frozen,
        odd,
        pod_spec(
            workload(home, "web", env={"URL": "https://secure", "NATS": "nats://nats:4222"}),
            initContainers=[wait],
        ),
        open_front,
        *app(home, "secure", port_name="https"),
        thing("monitoring.coreos.com/v1", "ServiceMonitor", "all", home),
        clashing,
        pod_spec(workload(home, "host", port=None), hostNetwork=True),
        container(workload(home, "as-istio", port=None), securityContext={"runAsUser": 1337}),
        container(workload(home, "as-linkerd", port=None), securityContext={"runAsUser": 2102}),
        workload(home, "hidden"),
        workload(home, "nightly", kind="CronJob", port=None),
        thing(
            "v1",
            "Service",
            "mail",
            home,
            spec={"type": "ExternalName", "externalName": "mail.example.com", "ports": untold},
        ),
        ingress(home, "www", "web"),
    ]
    by_address = call(f"{home}/web", f"{home}/hidden")
    return cluster(*docs, version="v1.28.3", calls=[by_address, call("shop/web", "shop/frozen")])


def newer_than_the_meshes() -> Snapshot:
    """A new cluster whose machines are a little behind, without the Gateway API."""
    nightly = workload("shop", "nightly", kind="CronJob", port=None)
    return cluster(
        nightly,
        *app("shop", "web"),
        machine("node", "v1.30.0"),
        version="v1.99.0-gke.1",
    )


def test_every_check_finds_what_it_is_for() -> None:
    """No check is there that cannot fail, nor one that the whole does not ask."""
    worlds = (everything_in_the_way(), newer_than_the_meshes())

    assert {b.id for seen in worlds for b in blockers(seen)} == {check.id for check in CHECKS}


@pytest.mark.parametrize("made", [everything_in_the_way, newer_than_the_meshes])
def test_all_that_is_found_can_be_said_in_each_language(made: Callable[[], Snapshot]) -> None:
    for language in LANGUAGES:
        words = Wording(language)
        for blocker in blockers(made()):
            for said in (blocker.text, blocker.remedy):
                asked = string.Formatter().parse(catalogue(language)[said.id])
                names = {name for _, name, _, _ in asked if name}

                assert names <= said.parameters.keys()
                assert "{" not in words.say(said)


@pytest.mark.parametrize("made", [everything_in_the_way, newer_than_the_meshes])
def test_a_saved_snapshot_has_the_same_in_its_way(made: Callable[[], Snapshot]) -> None:
    seen = made()

    assert blockers(loads(dumps(seen), "saved")) == blockers(seen)


def test_under_pseudonyms_the_same_is_in_the_way() -> None:
    seen = everything_in_the_way()
    hidden = hide(seen, b"0123456789abcdef0123456789abcdef")

    def told(of: Snapshot) -> list[tuple[Any, ...]]:
        return sorted((b.id, b.severity, b.subject.partition(" ")[0]) for b in blockers(of))

    assert told(hidden) == told(seen)


def test_nothing_is_in_the_way_where_nothing_could_be_read() -> None:
    assert lines(small.no_rights()) == []


def test_a_new_cluster_has_nothing_that_a_mesh_would_take_in() -> None:
    assert lines(small.nothing_deployed()) == []


def test_a_start_up_of_three() -> None:
    assert lines(small.start_up_of_three()) == [
        "warning no-readiness-probe Deployment default/api",
        "warning no-readiness-probe Deployment default/web",
        "info gateway-api-missing cluster",
        "info labels-untold cluster",
        "info account-shared ServiceAccount default/default",
        "info gateway-outside Deployment ingress-nginx/ingress-nginx-controller",
        "info port-protocol-untold Service default/api",
        "info port-protocol-untold Service default/web",
    ]


def test_a_shop_in_good_order() -> None:
    assert lines(shops.shop_of_fifteen()) == [
        "info gateway-api-missing cluster",
        "info labels-untold cluster",
        "info account-shared ServiceAccount shop/default",
        "info scraped-from-outside Namespace shop",
        "info gateway-outside Deployment ingress-nginx/ingress-nginx-controller",
    ]


def test_where_all_is_in_a_mesh_only_another_mesh_would_find_something_in_its_way() -> None:
    assert lines(meshes.istio_sidecars()) == [
        "warning istio-there Deployment istio-system/istio-ingressgateway"
    ]
