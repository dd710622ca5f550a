"""What is kept of how a team works: releases, spreading, labels of its own, keys that tell."""

from datetime import UTC, datetime

import pytest

from mesh_probe.inventory.owners import MOST_RELEASES
from mesh_probe.model import Fact, Setting
from tests.inventory.raw_objects import Raw, deployment, filled, meta, owned_by


def replica_set(number: int, created: str, owner: str = "cart") -> Raw:
    of = owned_by("Deployment", owner)
    return {
        "metadata": meta(f"cart-{number}", ownerReferences=of, creationTimestamp=created),
    }


def test_the_releases_of_a_workload_are_those_of_its_replica_sets() -> None:
    times = ("2026-03-02T10:00:00Z", "2026-03-01T10:00:00+01:00", "soon", "2026-03-01T10:00:00")
    sets = [replica_set(n, at) for n, at in enumerate(times)]
    sets.append(replica_set(9, "2026-03-03T10:00:00Z", "other"))

    (workload,) = (
        filled({"Deployment": [deployment("cart")], "ReplicaSet": sets}).objects().workloads
    )

    assert workload.released_at == (
        datetime(2026, 3, 1, 9, tzinfo=UTC),
        datetime(2026, 3, 2, 10, tzinfo=UTC),
    )


def test_of_very_many_releases_the_last_are_kept() -> None:
    sets = [replica_set(n, f"2026-03-01T10:{n:02}:00Z") for n in range(MOST_RELEASES + 5)]

    (workload,) = (
        filled({"Deployment": [deployment("cart")], "ReplicaSet": sets}).objects().workloads
    )

    assert len(workload.released_at) == MOST_RELEASES
    assert workload.released_at[0] == datetime(2026, 3, 1, 10, 5, tzinfo=UTC)


@pytest.mark.parametrize(
    ("pod", "spread"),
    [
        ({"topologySpreadConstraints": [{"maxSkew": 1}]}, True),
        ({"affinity": {"podAntiAffinity": {}}}, True),
        ({"affinity": {"nodeAffinity": {}}}, False),
        ({"topologySpreadConstraints": []}, False),
        ({}, False),
    ],
)
def test_whether_pods_are_kept_apart(pod: Raw, *, spread: bool) -> None:
    (workload,) = filled({"Deployment": [deployment("cart", pod=pod)]}).objects().workloads

    assert workload.spread is spread


def test_labels_that_people_invent_lose_the_domain_before_them() -> None:
    labels = {
        "acme.example/team": "web",
        "acme.example/pci-scope": "true",
        "acme.example/cost": "7",
    }
    (namespace,) = (
        filled({"Namespace": [{"metadata": meta("shop", None, labels=labels)}]})
        .objects()
        .namespaces
    )

    assert namespace.labels == {"team": "web", "pci-scope": "true"}


@pytest.mark.parametrize(
    ("variable", "subject"),
    [
        ("JWT_SIGNING_KEY", "auth"),
        ("spring.security.oauth2.jwk-set-uri", "auth"),
        ("WEBHOOK_HMAC", "auth"),
        ("SPIFFE_ENDPOINT_SOCKET", "auth"),
        ("INTERNAL_API_KEY", "auth"),
        ("SERVICE_TOKEN", "auth"),
        ("LAUNCHDARKLY_SDK_KEY", "flag"),
        ("UNLEASH_URL", "flag"),
    ],
)
def test_some_keys_tell_by_being_there_and_their_values_stay(variable: str, subject: str) -> None:
    secret = {"secretKeyRef": {"name": "tokens", "key": "hunter2"}}
    raw = deployment("cart", env=[{"name": variable, "valueFrom": secret}])

    (workload,) = filled({"Deployment": [raw]}).objects().workloads

    assert workload.settings == (Setting(variable, True, "env", subject),)  # type: ignore[arg-type]


def test_a_secret_of_tokens_that_is_mounted_tells_by_its_name() -> None:
    volumes = [{"name": "keys", "secret": {"secretName": "jwt-key"}}]

    (workload,) = (
        filled({"Deployment": [deployment("cart", pod={"volumes": volumes})]}).objects().workloads
    )

    assert workload.settings == (Setting("jwt-key", True, "secret", "auth"),)
    assert workload.secrets == ("jwt-key",)


def test_a_volume_of_spiffe_is_a_sign_of_identities() -> None:
    volumes = [{"name": "spiffe", "csi": {"driver": "csi.spiffe.io", "readOnly": True}}]

    (workload,) = (
        filled({"Deployment": [deployment("cart", pod={"volumes": volumes})]}).objects().workloads
    )

    assert workload.settings == (Setting("csi.spiffe.io", True, "volume", "auth"),)


def test_when_alert_rules_were_made_is_kept() -> None:
    made = meta("rules", creationTimestamp="2025-06-01T09:00:00Z")
    (rule,) = filled({"PrometheusRule": [{"metadata": made}]}).objects().outlines

    assert rule.facts == (Fact("metadata.creationTimestamp", "2025-06-01T09:00:00Z"),)


def test_slos_of_nobl9_are_read_as_those_of_openslo() -> None:
    inventory = filled({})
    document = {
        "apiVersion": "n9/v1alpha",
        "kind": "SLO",
        "metadata": {"name": "web", "project": "shop"},
        "spec": {"objectives": [{"target": 0.99}]},
    }

    assert inventory.add(document, "slo.yaml")
    (slo,) = inventory.objects().outlines
    assert (slo.kind, slo.facts) == ("SLO", (Fact("spec.objectives[0].target", 0.99),))
