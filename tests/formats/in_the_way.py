"""What stands in the way of a mesh in example reports, and the words for it."""

from collections.abc import Sequence

from mesh_probe.blocker import CLUSTER, MODES, SIDECARS, Blocker, Mode, Severity
from mesh_probe.text import message

TEXTS = {
    "en": {
        "blocker.example-port": "Port {port} is named {name}.",
        "blocker.example-port.title": "Ports with odd names",
        "blocker.example-port.remedy": "Name port {port} after its protocol.",
        "blocker.example-user": "Its pods run as user {user}.",
        "blocker.example-user.title": "Pods that run as the proxy's user",
        "blocker.example-user.remedy": "Run it as another user.",
        "blocker.example-version": "The cluster runs {version}.",
        "blocker.example-version.title": "A cluster that is too old",
        "blocker.example-version.remedy": "Upgrade it first.",
    },
    "ko": {
        "blocker.example-port": "{port} 포트의 이름이 {name}입니다.",
        "blocker.example-port.title": "이름이 맞지 않는 포트",
        "blocker.example-port.remedy": "{port} 포트에 프로토콜에 맞는 이름을 붙입니다.",
        "blocker.example-user": "파드가 {user}번 사용자로 실행됩니다.",
        "blocker.example-user.title": "프록시의 사용자로 실행되는 파드",
        "blocker.example-user.remedy": "다른 사용자로 실행합니다.",
        "blocker.example-version": "클러스터 버전이 {version}입니다.",
        "blocker.example-version.title": "너무 오래된 클러스터",
        "blocker.example-version.remedy": "먼저 업그레이드합니다.",
    },
}


def blocker(
    id_: str,
    severity: Severity,
    subject: str,
    nodes: Sequence[str] = (),
    *,
    modes: tuple[Mode, ...] = MODES,
    share: float | None = None,
    ignored: bool = False,
    **said: str,
) -> Blocker:
    return Blocker(
        id=id_,
        severity=severity,
        mesh_modes=modes,
        subject=subject,
        text=message(f"blocker.{id_}", **said),
        remedy=message(f"blocker.{id_}.remedy", **said),
        reference=f"https://docs.example/{id_}",
        traffic_share=share,
        ignored=ignored,
        check=f"kubectl get {subject.lower()}",
        nodes=tuple(nodes),
    )


def some() -> tuple[Blocker, ...]:
    """Each severity; one of the cluster, one for sidecars alone, one that is ignored."""
    return (
        blocker(
            "example-user",
            "error",
            "Deployment shop/cart",
            ["shop/cart"],
            modes=SIDECARS,
            share=0.62,
            user="1337",
        ),
        blocker("example-version", "warning", CLUSTER, share=1.0, version="1.20"),
        *(
            blocker(
                "example-port",
                "warning",
                f"Service shop/{name}",
                [f"shop/{name}"],
                modes=("istio-sidecar", "istio-ambient"),
                share=share,
                ignored=name == "promotions",
                port="80",
                name=name,
            )
            for name, share in (
                ("cart", 0.62),
                ("web", 0.4),
                ("pricing", 0.13),
                ("promotions", 0.1),
                ("cart-db", None),
            )
        ),
    )


def hostile(names: Sequence[str]) -> tuple[Blocker, ...]:
    """Each name as subject, parameter, node and command, ignored or not."""
    return tuple(
        blocker(
            "example-port",
            "error" if number % 3 else "warning",
            name,
            [f"n/{name}"],
            share=1 / (number + 1),
            ignored=number % 4 == 0,
            port=name,
            name=name,
        )
        for number, name in enumerate(names)
    )
