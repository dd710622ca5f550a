"""Kinds of which only listed fields are kept."""

import pytest

from mesh_probe.inventory import outlines
from mesh_probe.kinds import KINDS, Kind
from mesh_probe.model import Fact, Outline
from tests.inventory.raw_objects import Raw, filled, meta


def facts(kind: str, **body: object) -> tuple[Fact, ...]:
    (outline,) = filled({kind: [{"metadata": meta("x"), **body}]}).objects().outlines
    return outline.facts


def test_an_outline_has_its_listed_fields_in_order() -> None:
    rule = {"alert": "CartDown", "for": "5m", "expr": "hunter2", "labels": {"severity": "page"}}
    spec = {"groups": [{"name": "g", "rules": [{"record": "x"}, rule]}, {"rules": None}]}
    raw = {"metadata": meta("rules", labels={"team": "web", "x": "y"}), "spec": spec}

    assert filled({"PrometheusRule": [raw]}).objects().outlines == (
        Outline(
            "PrometheusRule",
            "monitoring.coreos.com",
            "shop",
            "rules",
            {"team": "web"},
            facts=(
                Fact("spec.groups[0].rules[1].alert", "CartDown"),
                Fact("spec.groups[0].rules[1].for", "5m"),
                Fact("spec.groups[0].rules[1].labels.severity", "page"),
            ),
        ),
    )


def test_every_name_of_a_map_can_be_kept() -> None:
    assert facts("ResourceQuota", spec={"hard": {"pods": 10, "limits.cpu": "4"}}) == (
        Fact("spec.hard.limits.cpu", "4"),
        Fact("spec.hard.pods", 10.0),
    )


def test_values_at_the_top_and_in_lists_are_kept() -> None:
    assert facts("PriorityClass", value=1000, globalDefault=False) == (
        Fact("value", 1000.0),
        Fact("globalDefault", value=False),
    )
    assert facts(
        "NetworkPolicy", spec={"policyTypes": ["Ingress", "Egress"], "podSelector": {}}
    ) == (
        Fact("spec.policyTypes[0]", "Ingress"),
        Fact("spec.policyTypes[1]", "Egress"),
    )


@pytest.mark.parametrize("spec", [None, [], "x", {"hard": None}, {"hard": {"pods": {"a": 1}}}])
def test_what_has_another_shape_is_not_there(spec: object) -> None:
    assert facts("ResourceQuota", spec=spec) == ()


def test_an_endless_text_is_no_fact() -> None:
    assert facts("ResourceQuota", spec={"hard": {"pods": "9" * 1000}}) == ()


def test_kinds_of_one_name_in_two_groups_are_told_apart() -> None:
    raw: Raw = {"metadata": meta("x"), "spec": {"action": "DENY", "targetRef": {"name": "t"}}}

    objects = filled({"AuthorizationPolicy": [raw]}).objects()

    assert [(o.group, o.facts) for o in objects.outlines] == [
        ("policy.linkerd.io", (Fact("spec.targetRef.name", "t"),)),
        ("security.istio.io", (Fact("spec.action", "DENY"),)),
    ]


def test_custom_resource_definitions_are_known_by_name_only() -> None:
    raw = {"metadata": meta("gateways.networking.istio.io", None), "spec": {"group": "x"}}

    assert filled({"CustomResourceDefinition": [raw]}).objects().outlines == (
        Outline(
            "CustomResourceDefinition",
            "apiextensions.k8s.io",
            None,
            "gateways.networking.istio.io",
        ),
    )


@pytest.mark.parametrize("kind", [k for k in KINDS if k.keep], ids=lambda k: f"{k.name}.{k.group}")
def test_every_kept_path_can_be_read(kind: Kind) -> None:
    """An object made of nothing but the listed paths shows a fact for each."""
    raw: Raw = {"metadata": meta("x", None)}
    for path in kind.keep:
        place: Raw = raw
        *parents, last = path.replace("*", "any").split(".")
        for step in parents:
            name, many, _ = step.partition("[]")
            below = place.setdefault(name, [{}] if many else {})
            place = below[0] if many else below
        name, many, _ = last.partition("[]")
        of_objects = any(deeper.startswith(f"{path}.") for deeper in kind.keep)
        place[name] = [{} if of_objects else "v"] if many else "v"

    (outline,) = (o for o in filled({kind.name: [raw]}).objects().outlines if o.group == kind.group)

    assert len(outline.facts) == len(kind.keep)
    assert outlines.Item.__struct_fields__[0] == "metadata"


def test_of_an_empty_rule_it_is_kept_that_it_is_there() -> None:
    """Of a NetworkPolicy such a rule lets everything in, and none at all lets nothing in."""
    spec = {"podSelector": {}, "ingress": [{}, {"ports": [{"protocol": "TCP"}]}]}
    raw: Raw = {"metadata": meta("open"), "spec": spec}

    (policy,) = filled({"NetworkPolicy": [raw]}).objects().outlines

    assert policy.facts == (
        Fact("spec.ingress[0]", True),
        Fact("spec.ingress[1]", True),
        Fact("spec.ingress[1].ports[0]", True),
    )
