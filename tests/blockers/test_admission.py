from typing import Any

import pytest

from tests.blockers.found import cluster, hits, said
from tests.scenarios.world import Doc, app, definition, istio, namespace, thing, workload

ENFORCE = "pod-security.kubernetes.io/enforce"


def home(level: str, mark: str = ENFORCE) -> Doc:
    doc = namespace("shop")
    doc["metadata"]["labels"][mark] = level
    return doc


def webhook(name: str, *hooks: dict[str, Any]) -> Doc:
    doc = thing("admissionregistration.k8s.io/v1", "MutatingWebhookConfiguration", name)
    doc["webhooks"] = [*hooks]
    return doc


def hook(name: str, *resources: str, policy: str | None = "Fail") -> dict[str, Any]:
    said_policy = {} if policy is None else {"failurePolicy": policy}
    rule = {"apiGroups": [""], "operations": ["CREATE"], "resources": [*resources]}
    return {"name": name, "rules": [rule], **said_policy}


@pytest.mark.parametrize("level", ["baseline", "restricted"])
def test_a_namespace_that_refuses_capabilities_refuses_sidecars(level: str) -> None:
    seen = cluster(home(level), *app("shop", "web"), *app("shop", "cart"))

    (hit,) = hits("pod-security", seen)

    assert hit.subject == "Namespace shop"
    assert hit.said == {"level": level, "count": 2}
    assert hit.nodes == ("shop/cart", "shop/web")


def test_warnings_and_wider_levels_refuse_nothing() -> None:
    warned = home("restricted", "pod-security.kubernetes.io/warn")

    assert said("pod-security", cluster(home("privileged"), *app("shop", "web"))) == {}
    assert said("pod-security", cluster(warned, *app("shop", "web"))) == {}
    assert said("pod-security", cluster(home("restricted"))) == {}


@pytest.mark.parametrize(
    "image", ["docker.io/istio/install-cni:1.31.1", "cr.l5d.io/linkerd/cni-plugin:v1.6.2"]
)
def test_with_a_meshs_network_plugin_no_capabilities_are_needed(image: str) -> None:
    plugin = workload("mesh-cni", "plugin", kind="DaemonSet", image=image)

    assert said("pod-security", cluster(home("baseline"), *app("shop", "web"), plugin)) == {}


def test_an_installed_mesh_is_in_the_way_of_the_others() -> None:
    seen = cluster(*istio(), *app("shop", "web"))

    assert said("istio-there", seen) == {
        "Deployment istio-system/istio-ingressgateway": {"mesh": "Istio"}
    }
    assert said("linkerd-there", seen) == said("mesh-there", seen) == {}


def test_linkerd_and_others_are_told_likewise() -> None:
    kuma = workload("kuma-system", "kuma-control-plane", image="docker.io/kumahq/kuma-cp:2.11.0")
    linkerd = webhook("linkerd-proxy-injector-webhook-config")
    linkerd["webhooks"] = [hook("linkerd-proxy-injector.linkerd.io", "pods", policy="Ignore")]
    seen = cluster(kuma, linkerd, *app("shop", "web"))

    assert said("mesh-there", seen) == {
        "Deployment kuma-system/kuma-control-plane": {"mesh": "Kuma"}
    }
    assert said("linkerd-there", seen) == {
        "MutatingWebhookConfiguration linkerd-proxy-injector-webhook-config": {"mesh": "Linkerd"}
    }


def test_definitions_and_labels_alone_are_no_mesh() -> None:
    wished = namespace("shop", istio_injection="enabled")
    seen = cluster(wished, definition("virtualservices.networking.istio.io"), *app("shop", "web"))

    assert said("istio-there", seen) == {}


def test_hooks_on_pods_that_fail_closed_are_listed_by_configuration() -> None:
    seen = cluster(
        webhook(
            "vault-agent-injector",
            hook("vault.hashicorp.com", "pods"),
            hook("other.hashicorp.com", "secrets", "pods", policy=None),
            hook("lenient.hashicorp.com", "pods", policy="Ignore"),
        ),
        webhook("cert-manager-webhook", hook("webhook.cert-manager.io", "certificates")),
    )

    assert said("webhook-fails-closed", seen) == {
        "MutatingWebhookConfiguration vault-agent-injector": {
            "hooks": "vault.hashicorp.com, other.hashicorp.com"
        }
    }


def test_a_meshs_own_hook_is_not_held_against_it() -> None:
    own = webhook("istio-sidecar-injector", hook("rev.sidecar-injector.istio.io", "pods"))

    assert said("webhook-fails-closed", cluster(own)) == {}


@pytest.mark.parametrize(
    ("name", "engine"),
    [
        ("constrainttemplates.templates.gatekeeper.sh", "Gatekeeper"),
        ("clusterpolicies.kyverno.io", "Kyverno"),
        ("securitycontextconstraints.security.openshift.io", "OpenShift SCC"),
    ],
)
def test_a_policy_engine_is_told_of(name: str, engine: str) -> None:
    assert said("policy-engine", cluster(definition(name), *app("shop", "web"))) == {
        f"CustomResourceDefinition {name}": {"engine": engine}
    }


def test_without_applications_or_an_engine_there_is_nothing_to_tell() -> None:
    assert said("policy-engine", cluster(definition("clusterpolicies.kyverno.io"))) == {}
    assert (
        said("policy-engine", cluster(definition("policies.acme.example"), *app("shop", "web")))
        == {}
    )
