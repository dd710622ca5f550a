"""Metrics of a run: to a Pushgateway, or to a file for node_exporter's textfile collector.

`pushgateway+https://HOST:PORT` and `textfile:/PATH.prom`. prometheus_client is used here only.
https://prometheus.github.io/client_python/exporting/pushgateway/
"""

from collections.abc import Callable
from http.client import HTTPException
from typing import TYPE_CHECKING
from urllib.error import HTTPError
from urllib.parse import urlsplit

from mesh_probe.deliver.sending import headers_in, refused
from mesh_probe.destination import Address, Destination, Parcel, UndeliveredError
from mesh_probe.errors import UsageError
from mesh_probe.summary import Summary
from mesh_probe.text import message

if TYPE_CHECKING:
    from prometheus_client import CollectorRegistry

TIMEOUT_SECONDS = 15

_JOB = "mesh-probe"
_PUSH = "pushgateway+"
_STATUSES = ("yes", "no", "unknown")
_SEVERITIES = ("error", "warning", "info")


def metrics(summary: Summary) -> "CollectorRegistry":
    """The metrics of a summary. Names and labels are a contract, like those of the JSON report."""
    from prometheus_client import CollectorRegistry, Gauge

    registry = CollectorRegistry()

    def gauge(name: str, help_text: str, *labels: str) -> Gauge:
        return Gauge(f"mesh_probe_{name}", help_text, labels, registry=registry)

    outcome = gauge("outcome", "1 for the outcome of the last run, 0 for the others.", "outcome")
    chance = gauge("outcome_probability_ratio", "Probability of each outcome.", "outcome")
    for name, ratio in sorted(summary.outcomes.items()):
        outcome.labels(name).set(name == summary.outcome)
        chance.labels(name).set(ratio)
    answers = gauge("answers", "Answers to the nine questions by status.", "status")
    for status, count in zip(_STATUSES, (summary.yes, summary.no, summary.unknown), strict=True):
        answers.labels(status).set(count)
    answer = gauge("answer", "1 for the status of each question and signal.", "id", "status")
    for rule_id, known in summary.answers.items():
        for status in _STATUSES:
            answer.labels(rule_id, status).set(status == known)
    score = gauge("score", "Need and readiness, 0 to 100.", "score")
    score.labels("need").set(summary.need)
    score.labels("readiness").set(summary.readiness)
    gauge("services", "Application services in the call graph.").set(summary.services)
    gauge("edges", "Calls in the call graph.").set(summary.edges)
    findings = gauge("findings", "Findings by severity.", "severity")
    for severity in _SEVERITIES:
        findings.labels(severity).set(summary.finding_counts.get(severity, 0))
    if summary.blocker_counts is not None:
        blockers = gauge("blockers", "What stands in the way of a mesh, by severity.", "severity")
        for severity in _SEVERITIES:
            blockers.labels(severity).set(summary.blocker_counts.get(severity, 0))
    gauge("gaps", "Things that could not be seen.").set(summary.gaps)
    known_p99 = [p.p99_high_seconds for p in summary.slowest if p.p99_high_seconds is not None]
    if known_p99:
        name, said = "slowest_path_p99_seconds", "Upper end of the slowest path's p99."
        gauge(name, said).set(max(known_p99))
    taken = gauge("last_snapshot_timestamp_seconds", "When the last snapshot was taken.")
    taken.set(summary.taken_at.timestamp())
    return registry


def _check(address: Address) -> None:
    parts = urlsplit(address.url.removeprefix(_PUSH))
    if not (parts.path if parts.scheme == "textfile" else parts.hostname):
        raise UsageError(message("error.metrics-url", place=address.shown))
    headers_in(address)


def _deliver(address: Address, parcel: Parcel) -> None:
    registry = metrics(parcel.summary)
    if address.url.startswith(_PUSH):
        _push(address, registry, parcel.summary)
    else:
        _write(urlsplit(address.url).path, registry)


def _push(address: Address, registry: "CollectorRegistry", summary: Summary) -> None:
    from prometheus_client import push_to_gateway
    from prometheus_client.exposition import default_handler

    more = list(headers_in(address).items())

    def handler(
        url: str,
        method: str,
        timeout: float | None,
        headers: list[tuple[str, str]],
        data: bytes,
    ) -> Callable[[], None]:
        return default_handler(url, method, timeout, [*headers, *more], data)

    cluster = address.settings.get("cluster") or summary.context
    try:
        push_to_gateway(
            address.url.removeprefix(_PUSH),
            job=address.settings.get("job", _JOB),
            registry=registry,
            grouping_key={"cluster": cluster} if cluster else {},
            timeout=TIMEOUT_SECONDS,
            handler=handler,
        )
    except HTTPError as err:
        with err:
            raise refused(err.code, err.headers.get("Retry-After")) from err
    except TimeoutError as err:
        raise UndeliveredError(message("undelivered.timeout"), again=True) from err
    except (OSError, HTTPException) as err:
        kind = type(getattr(err, "reason", err)).__name__
        raise UndeliveredError(message("undelivered.connection", kind=kind), again=True) from err


def _write(file: str, registry: "CollectorRegistry") -> None:
    from prometheus_client import write_to_textfile

    try:
        write_to_textfile(file, registry)
    except OSError as err:
        detail = err.strerror or str(err)
        raise UndeliveredError(message("undelivered.place", detail=detail)) from err


DESTINATION = Destination(
    "prometheus",
    ("pushgateway+http", "pushgateway+https", "textfile"),
    ("job", "cluster", "header-file"),
    _deliver,
    check=_check,
)
