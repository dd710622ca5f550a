from typing import Any

import pytest

from tests.blockers.found import cluster, container, hits, policy, said
from tests.scenarios.world import Doc, app, config_map, thing, workload

WEB = {"matchLabels": {"app": "web"}}
FROM_FRONT = [{"podSelector": {"matchLabels": {"app": "front"}}}]


def lets_in(name: str = "web", *rules: dict[str, Any], selects: Any = WEB) -> Doc:
    return policy("shop", name, podSelector=selects, policyTypes=["Ingress"], ingress=[*rules])


def lets_out(name: str, *rules: dict[str, Any], selects: Any = WEB) -> Doc:
    return policy("shop", name, podSelector=selects, policyTypes=["Egress"], egress=[*rules])


def cilium(**switches: str) -> Doc:
    config = {key.replace("_", "-"): value for key, value in switches.items()}
    return config_map("kube-system", "cilium-config", **config)


@pytest.mark.parametrize(
    ("check_id", "port"), [("policy-shuts-ambient", 15008), ("policy-shuts-linkerd", 4143)]
)
class TestIngress:
    def test_a_policy_by_port_shuts_the_meshs_port(self, check_id: str, port: int) -> None:
        rule = {"from": FROM_FRONT, "ports": [{"port": 8080}, {"port": "grpc"}]}
        seen = cluster(*app("shop", "web"), *app("shop", "cart"), lets_in("web", rule))

        (hit,) = hits(check_id, seen)

        assert hit.subject == "NetworkPolicy shop/web"
        assert hit.said == {"ports": "8080, grpc", "count": 1}
        assert hit.nodes == ("shop/web",)
        assert hit.check == "kubectl -n shop get networkpolicy web -o yaml"

    @pytest.mark.parametrize("span", [{"port": 4000, "endPort": 16000}, {"protocol": "TCP"}, {}])
    def test_a_span_or_an_entry_without_port_holds_it(
        self, check_id: str, port: int, span: dict[str, Any]
    ) -> None:
        rule = {"from": FROM_FRONT, "ports": [{"port": 80}, span]}

        assert said(check_id, cluster(*app("shop", "web"), lets_in("web", rule))) == {}

    def test_the_port_may_be_in_the_rule_or_in_another_policys(
        self, check_id: str, port: int
    ) -> None:
        narrow = {"ports": [{"port": 8080}]}
        same = {"ports": [{"port": 8080}, {"port": port}]}
        everybody = lets_in("mesh", {"ports": [{"port": port}]}, selects={})

        assert said(check_id, cluster(*app("shop", "web"), lets_in("web", same))) == {}
        assert said(check_id, cluster(*app("shop", "web"), lets_in("web", narrow), everybody)) == {}

    def test_an_empty_rule_lets_everything_in(self, check_id: str, port: int) -> None:
        seen = cluster(*app("shop", "web"), lets_in("web", {"ports": [{"port": 8080}]}, {}))

        assert said(check_id, seen) == {}

    def test_a_rule_for_others_opens_it_for_these_only(self, check_id: str, port: int) -> None:
        watchers = {"from": [{"namespaceSelector": {"matchLabels": {"team": "ops"}}}]}
        narrow = {"from": FROM_FRONT, "ports": [{"port": 8080}]}

        seen = cluster(*app("shop", "web"), lets_in("web", watchers, narrow))

        assert list(said(check_id, seen)) == ["NetworkPolicy shop/web"]

    def test_by_callers_or_to_nobody_no_port_is_shut(self, check_id: str, port: int) -> None:
        by_caller = cluster(*app("shop", "web"), lets_in("web", {"from": FROM_FRONT}))
        nobody = cluster(*app("shop", "web"), lets_in("deny", selects={}))

        assert said(check_id, by_caller) == said(check_id, nobody) == {}

    def test_who_watches_comes_from_outside_anyway(self, check_id: str, port: int) -> None:
        watched = [{"containerPort": 8080}, {"containerPort": 9090, "name": "metrics"}]
        web, front = app("shop", "web", pod_annotations={"prometheus.io/port": "8081"})
        container(web, ports=[*watched, {"containerPort": 8081}])
        scraped = [{"port": 9090}, {"port": "metrics"}, {"port": 8081}]

        assert said(check_id, cluster(web, front, lets_in("scrape", {"ports": scraped}))) == {}
        both = lets_in("web", {"ports": [*scraped, {"port": 8080}]})
        assert said(check_id, cluster(web, front, both)) == {
            "NetworkPolicy shop/web": {"ports": "8080", "count": 1}
        }

    def test_a_programs_only_port_is_for_more_than_watching(self, check_id: str, port: int) -> None:
        web, front = app("shop", "web", pod_annotations={"prometheus.io/port": "8080"})

        seen = cluster(web, front, lets_in("web", {"ports": [{"port": 8080}]}))

        assert list(said(check_id, seen)) == ["NetworkPolicy shop/web"]

    def test_policies_for_nothing_a_mesh_takes_in_are_passed_over(
        self, check_id: str, port: int
    ) -> None:
        rule = {"ports": [{"port": 9090}]}
        elsewhere = policy("monitoring", "prometheus", policyTypes=["Ingress"], ingress=[rule])
        by_expression = lets_in(
            "some", rule, selects={"matchExpressions": [{"key": "tier", "operator": "Exists"}]}
        )
        seen = cluster(
            *app("shop", "web"), workload("monitoring", "prometheus"), elsewhere, by_expression
        )

        assert said(check_id, seen) == {}

    def test_a_policy_of_what_goes_out_says_nothing_of_what_comes_in(
        self, check_id: str, port: int
    ) -> None:
        seen = cluster(*app("shop", "web"), lets_out("dns", {"ports": [{"port": 53}]}))

        assert said(check_id, seen) == {}


@pytest.mark.parametrize(
    ("check_id", "port"), [("policy-shuts-istiod", 15012), ("policy-shuts-linkerd-control", 8086)]
)
class TestEgress:
    def test_pods_that_may_call_nothing_there_get_no_proxy_going(
        self, check_id: str, port: int
    ) -> None:
        deny = lets_out("deny", selects={})
        dns = lets_out("dns", {"ports": [{"port": 53, "protocol": "UDP"}]})
        seen = cluster(*app("shop", "web"), *app("shop", "cart"), deny, dns)

        (hit,) = hits(check_id, seen)

        assert hit.subject == "Namespace shop"
        assert hit.said == {"policies": "deny", "count": 2}
        assert hit.nodes == ("shop/cart", "shop/web")

    def test_a_way_out_is_enough(self, check_id: str, port: int) -> None:
        deny = lets_out("deny", selects={})
        by_port = lets_out("mesh", {"ports": [{"port": port}]}, selects={})
        by_peer = lets_out("mesh", {"to": [{"namespaceSelector": {}}]}, selects={})

        assert said(check_id, cluster(*app("shop", "web"), deny, by_port)) == {}
        assert said(check_id, cluster(*app("shop", "web"), deny, by_peer)) == {}

    def test_a_way_out_for_some_leaves_the_others(self, check_id: str, port: int) -> None:
        deny = lets_out("deny", selects={})
        some = lets_out("mesh", {"ports": [{"port": port}]})
        seen = cluster(*app("shop", "web"), *app("shop", "cart"), deny, some)

        assert said(check_id, seen) == {"Namespace shop": {"policies": "deny", "count": 1}}

    def test_without_types_egress_rules_make_it_one_for_both_ways(
        self, check_id: str, port: int
    ) -> None:
        both = policy("shop", "both", egress=[{"ports": [{"port": 443}]}])
        inward = policy("shop", "inward", ingress=[{"ports": [{"port": 443}]}])

        assert list(said(check_id, cluster(*app("shop", "web"), both))) == ["Namespace shop"]
        assert said(check_id, cluster(*app("shop", "web"), inward)) == {}


def test_policies_on_cilium_refuse_the_probes_of_ambient_mode() -> None:
    deny = policy("shop", "deny", policyTypes=["Ingress"])
    switches = cilium(cni_exclusive="false")

    seen = cluster(*app("shop", "web"), deny, switches)

    assert said("cilium-denies-probes", seen) == {
        "cluster": {"count": 1, "source": "169.254.7.127/32"}
    }


def test_on_other_networks_or_without_policies_they_come_through() -> None:
    deny = policy("shop", "deny", policyTypes=["Ingress"])
    outward = policy("shop", "out", policyTypes=["Egress"])
    switches = cilium(cni_exclusive="false")

    assert said("cilium-denies-probes", cluster(*app("shop", "web"), deny)) == {}
    assert said("cilium-denies-probes", cluster(*app("shop", "web"), outward, switches)) == {}


def test_probes_that_were_let_in_already_come_through_as_well() -> None:
    deny = policy("shop", "deny", policyTypes=["Ingress"])
    kind, name = "CiliumClusterwideNetworkPolicy", "allow-ambient-hostprobes"
    let_in = thing("cilium.io/v2", kind, name, spec={"endpointSelector": {}})
    seen = cluster(*app("shop", "web"), deny, cilium(cni_exclusive="false"), let_in)

    assert said("cilium-denies-probes", seen) == {}
