import pytest

from tests.blockers.found import cluster, said
from tests.scenarios.world import Doc, config_map


def cilium(**switches: str) -> Doc:
    config = {key.replace("_", "-"): value for key, value in switches.items()}
    return config_map("kube-system", "cilium-config", **config)


@pytest.mark.parametrize(
    ("check_id", "there", "solved"),
    [
        ("cilium-exclusive", {"cni_exclusive": "true"}, {"cni_exclusive": "false"}),
        (
            "cilium-masquerade",
            {"enable_bpf_masquerade": "true"},
            {"enable_bpf_masquerade": "false"},
        ),
        (
            "cilium-socket-balancing",
            {"kube_proxy_replacement": "true"},
            {"kube_proxy_replacement": "true", "bpf_lb_sock_hostns_only": "true"},
        ),
        (
            "cilium-socket-balancing",
            {"kube_proxy_replacement": "false", "bpf_lb_sock": "true"},
            {"kube_proxy_replacement": "false", "bpf_lb_sock": "false"},
        ),
    ],
)
def test_a_switch_of_cilium_is_in_the_way_until_it_is_set(
    check_id: str, there: dict[str, str], solved: dict[str, str]
) -> None:
    other = config_map("shop", "settings", cni_mode="true")

    assert said(check_id, cluster(cilium(**there))) == {"cluster": {}}
    assert said(check_id, cluster(cilium(**solved))) == {}
    assert said(check_id, cluster(other)) == {}


def test_cilium_without_the_switch_keeps_its_folder_to_itself() -> None:
    assert said("cilium-exclusive", cluster(cilium(kube_proxy_replacement="false"))) == {
        "cluster": {}
    }
