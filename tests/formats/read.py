"""What example reports were made from."""

from datetime import UTC, datetime, timedelta

from mesh_probe.assessment import Read
from mesh_probe.episodes import IncidentHistory, Moment
from mesh_probe.model import KindRead, Query, SourceRead

SEEN = 'group by (destination_workload) (last_over_time(istio_requests_total{reporter="source"}'


def everything() -> Read:
    """Kinds and sources in each of their states, and one incident that was looked back at."""
    began = datetime(2026, 3, 1, 7, tzinfo=UTC)
    rates = Query("requests", "sum by (code) (rate(istio_requests_total{}[1800s]))", 7)
    silent = Query("requests", "sum(rate(response_total{}[3600s]))", 0)
    return Read(
        kinds=(
            KindRead("ConfigMap", "", "partial", 12),
            KindRead("Deployment", "apps", "read", 18),
            KindRead("Gateway", "gateway.networking.k8s.io", "not-served"),
            KindRead("Gateway", "networking.istio.io", "read", 0),
            KindRead("Node", "", "not-given"),
            KindRead("Secretive", "example.org", "unreadable"),
        ),
        prometheus=("http://prometheus.monitoring:9090",),
        sources=(
            SourceRead(
                "istio",
                "partial",
                (
                    Query("seen", f"{SEEN}[21600s]))", 9),
                    Query("seen", f"{SEEN}[21600s] offset 21600s))", 0),
                    Query("durations", "sum by (le) (rate(istio_request_bucket{}[3600s]))"),
                ),
                ("1.26.0", "v1"),
            ),
            SourceRead("linkerd", "silent", (silent,)),
            SourceRead("hubble", "unreadable"),
            SourceRead("kuma", "absent"),
            SourceRead("osm", "absent"),
        ),
        incidents=IncidentHistory(
            "unproven",
            queries=(Query("alerts", 'ALERTS{alertstate="firing"}', 3),),
            moments=(
                Moment(began, began + timedelta(minutes=30), sources=("istio",), queries=(rates,)),
            ),
        ),
    )


def hostile(names: tuple[str, ...]) -> Read:
    """Each of the names wherever a name can stand."""
    return Read(
        kinds=tuple(KindRead(name, name, "read", 1) for name in names),
        prometheus=names,
        sources=tuple(
            SourceRead(name, "read", (Query(name, f'rate({{x="{name}"}}[5m])', 1),), names)
            for name in names
        ),
        incidents=IncidentHistory("read", queries=tuple(Query(name, name) for name in names)),
    )
