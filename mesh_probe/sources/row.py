"""What a row of the table of sources is: the metrics of one program, and what their labels mean.

A row holds data only, so that users can write rows of their own in a file (`--mapping`); it is the
same type. Label names are written as OpenTelemetry or Prometheus has them: `server.address` also
stands for `server_address`, whichever the server uses.
"""

import re
from typing import Literal

import msgspec

from mesh_probe.model import Noun
from mesh_probe.source import Tier

Words = str | tuple[str, ...]
"""One text, or several of which the first that fits counts."""


class Side(Noun, forbid_unknown_fields=True):
    """Which labels tell one side of a call.

    Each field holds names of labels; of several the first that has a value counts.
    """

    workload: Words = ()
    """Name of a Deployment, StatefulSet …; of which kind is told by a label `…statefulset…`."""
    kind: Words = ()
    """Kind of the workload. "Service", "Pod" and "external" say what the name is, too."""
    namespace: Words = ()
    pod: Words = ()
    service: Words = ()
    """Name of a Kubernetes Service."""
    service_namespace: Words = ()
    """Where it differs from `namespace`."""
    name: Words = ()
    """A name that the program gave itself, such as OpenTelemetry's service.name."""
    host: Words = ()
    """A host with or without port, a URL or a gRPC target."""
    port: Words = ()
    dialled: Words = ()
    """What the client asked for, where `host` is what that was translated to."""
    job: Words = ()
    """A scrape job or `[namespace/]name`, which may be the name of a program."""
    joined: Words = ()
    """"namespace-service-port"."""
    api: Words = ()
    """A gRPC service, served by whoever has `Row.offers` with the same label."""
    patterns: dict[str, Words] = {}
    """By label, regular expressions whose named groups are fields of this type with what is there;
    further groups: `route` and `route_kind`. They are matched whole; the first that fits counts."""
    nobody: str = ""
    """A regular expression of values that stand for nothing known."""
    outside: str = ""
    """One of values that stand for whatever is outside the cluster, or not instrumented."""
    scraped: bool = False
    """It is the program whose metrics these are: known by the labels of its scrape target and by
    OpenTelemetry's resource attributes, also those on `target_info`."""
    gateway: bool = False
    """It passes on what comes from outside."""
    absent: Literal["unnamed", "outside"] = "unnamed"
    """What a row means in which this side has no label with a value."""

    def labels(self) -> tuple[str, ...]:
        """All labels that it is told by."""
        fields = (words(getattr(self, field)) for field in NAMING)
        return (*(label for field in fields for label in field), *self.patterns)


NAMING = (
    *("workload", "kind", "namespace", "pod", "service", "service_namespace", "name", "host"),
    *("port", "dialled", "job", "joined", "api"),
)
"""The fields of a side that hold labels."""


class Reporter(Noun, forbid_unknown_fields=True):
    """A label that tells which of several observers of one call counted it."""

    label: str
    client: Words = ()
    """Its values for those at the client, whose times are the client's; best first."""
    server: Words = ()
    """Its values for those at the server. They count only where no client's does."""
    unlabelled: Literal["unknown", "client"] = "unknown"
    """What a row without the label is: it may count calls twice, or it is the only one."""


class Encryption(Noun, forbid_unknown_fields=True):
    """A label that tells whether connections are encrypted."""

    label: str
    encrypted: str
    """A regular expression of its values."""
    plain: str
    never_from: Words = ()
    """Reporters that do not know it."""


class Row(Noun, forbid_unknown_fields=True):
    """Metrics that tell of calls between programs."""

    source: str
    """Whose they are: the id that reports call the source by."""
    client: Side
    server: Side
    requests: Words = ()
    """Regular expressions of names of counters; they count the same in several versions of the
    program, so of each edge the one that counts most is taken. Without any, `durations` count."""
    durations: Words = ()
    """The same of histograms, without `_bucket`."""
    beside: bool = False
    """Names that begin alike (the first group of the expressions) belong together, and a counter
    counts only beside a histogram, unless it begins with `lone`: for names that many programs'
    metrics end with."""
    lone: str = ""
    unit: Literal["s", "ms"] | None = None
    """Of the histograms; None: as their names say, or their bounds."""
    failures: Words = ()
    """Counters of only the calls that failed, with the same labels."""
    tier: Tier = "client"
    counts: Literal["requests", "connections"] = "requests"
    """Connections, packets and bytes show that there is a call, and no rate."""
    part: str = ""
    """What of the source it is, where it has several: "v1", "policy"."""
    only: dict[str, str] = {}
    """By label, a regular expression that its value must match whole."""
    never: dict[str, str] = {}
    """One that it must not match."""
    needs: str = ""
    """A regular expression of a metric without which the row does not apply."""
    unless: str = ""
    """One of a metric with which it does not."""
    reporter: Reporter | None = None
    status: dict[str, str] = {}
    """By label, a regular expression of the values with which a call has failed."""
    only_failures_have_status: bool = False
    """Calls that succeed have none of these labels."""
    protocol: str | None = None
    protocol_label: Words = ()
    encryption: Encryption | None = None
    sampled: bool = False
    """It counts sampled traces, so its figures are lower bounds."""
    oriented: bool = True
    """False where replies are reported like calls."""
    generic: bool = False
    """Other programs have metrics of these names, too: without a fitting series it is not there."""
    view: Literal["client", "server"] = "client"
    """Whose times the histogram has where no reporter tells."""
    addresses: bool = False
    """Its hosts are addresses. Of pods that are gone kube-state-metrics knows whose they were, and
    of hosts outside Coroot's agent knows names."""
    offers: Words = ()
    """Counters of the servers by `server.api`."""
    split_by: str = ""
    """The label by whose values queries are split when they are too large; default: the first of
    the server's."""
    hint: str = ""
    """Id of the advice for series that do not tell both sides; default: a general one."""

    def applies(self, names: frozenset[str]) -> bool:
        """Whether the program is there in the version that the row is for."""
        return (not self.needs or any_of(self.needs, names)) and not (
            self.unless and any_of(self.unless, names)
        )


class Symptom(Noun):
    """Metrics that show that a program is there though it tells of no calls, and why."""

    there: str
    """A regular expression of names of which one is there."""
    missing: str
    """One of names of which none is there."""
    text: str
    """The gap is `gap.<text>`, the setting to change `hint.<text>`."""


def words(given: Words) -> tuple[str, ...]:
    """The texts, however many there are."""
    return (given,) if isinstance(given, str) and given else tuple(given)


def any_of(pattern: str, names: frozenset[str]) -> bool:
    """Whether one of the names matches a regular expression whole."""
    compiled = re.compile(pattern)
    return any(compiled.fullmatch(name) for name in names)


def replaced(row: Row, **changes: object) -> Row:
    """The row with some of its fields changed."""
    return msgspec.structs.replace(row, **changes)
