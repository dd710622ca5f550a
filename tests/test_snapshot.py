import gzip
from datetime import UTC, datetime

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mesh_probe.errors import FileError
from mesh_probe.model import (
    Declaration,
    Gap,
    Latency,
    Objects,
    ObservedCall,
    Peer,
    Reference,
    Service,
    ServicePort,
    Telemetry,
    Workload,
)
from mesh_probe.snapshot import SCHEMA, Snapshot, dumps, loads
from mesh_probe.text import message

NAMES = st.text(min_size=1, max_size=8).filter(lambda text: text.isprintable())
MAYBE = st.none() | NAMES
FIGURES = st.none() | st.floats(0, 1e9)

REFERENCES = st.builds(
    Reference,
    host=NAMES,
    key=NAMES,
    found_in=NAMES,
    form=st.sampled_from(["url", "host-port", "pair", "fqdn", "word"]),
    port=st.none() | st.integers(1, 65535) | NAMES,
    tls=st.none() | st.booleans(),
)
WORKLOADS = st.builds(
    Workload,
    kind=st.sampled_from(["Deployment", "CronJob"]),
    namespace=NAMES,
    name=NAMES,
    labels=st.dictionaries(NAMES, NAMES, max_size=2),
    replicas=st.none() | st.integers(0, 99),
    references=st.lists(REFERENCES, max_size=2).map(tuple),
)
SERVICES = st.builds(
    Service,
    namespace=NAMES,
    name=NAMES,
    ports=st.lists(
        st.builds(ServicePort, port=st.integers(1, 65535), target=NAMES), max_size=2
    ).map(tuple),
)
PEERS = st.builds(Peer, workload=MAYBE, namespace=MAYBE, host=MAYBE, outside=st.booleans())
CALLS = st.builds(
    ObservedCall,
    source=NAMES,
    client=PEERS,
    server=PEERS,
    rate_rps=FIGURES,
    client_latency=st.none() | st.builds(Latency, p50_seconds=FIGURES, p99_seconds=FIGURES),
)
SNAPSHOTS = st.builds(
    Snapshot,
    taken_at=st.datetimes(timezones=st.just(UTC)),
    tool_version=NAMES,
    context=MAYBE,
    objects=st.builds(
        Objects,
        workloads=st.lists(WORKLOADS, max_size=3).map(tuple),
        services=st.lists(SERVICES, max_size=3).map(tuple),
    ),
    telemetry=st.builds(Telemetry, calls=st.lists(CALLS, max_size=3).map(tuple)),
    declared=st.lists(
        st.builds(Declaration, id=NAMES, status=st.sampled_from(["yes", "no", "unknown"])),
        max_size=2,
    ).map(tuple),
    gaps=st.lists(
        st.builds(Gap, subject=NAMES, reason=NAMES.map(lambda text: message("x", detail=text))),
        max_size=2,
    ).map(tuple),
)


@given(SNAPSHOTS, st.booleans())
def test_what_is_saved_is_what_is_read_back(snapshot: Snapshot, compress: bool) -> None:
    data = dumps(snapshot, compress=compress)

    assert loads(data, "x") == snapshot
    assert dumps(loads(data, "x"), compress=compress) == data


def test_a_snapshot_names_its_schema_first() -> None:
    snapshot = Snapshot(taken_at=datetime(2026, 1, 1, tzinfo=UTC), tool_version="1")

    assert dumps(snapshot).startswith(b'{"schema":"mesh-probe/snapshot/v1",')


def test_fields_that_a_later_version_adds_are_no_harm() -> None:
    snapshot = Snapshot(taken_at=datetime(2026, 1, 1, tzinfo=UTC), tool_version="1")
    document = msgspec.json.decode(dumps(snapshot)) | {"more": [1, 2]}

    assert loads(msgspec.json.encode(document), "x") == snapshot


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"", "error.snapshot-unreadable"),
        (b"hello", "error.snapshot-unreadable"),
        (b"[]", "error.snapshot-unreadable"),
        (b"{}", "error.snapshot-schema"),
        (b'{"schema": "mesh-probe/report/v1"}', "error.snapshot-schema"),
        (b'{"schema": "%s"}' % SCHEMA.encode(), "error.snapshot-unreadable"),
        (gzip.compress(b"{}")[:-3], "error.snapshot-unreadable"),
        (b"\x1f\x8bhello", "error.snapshot-unreadable"),
    ],
)
def test_what_is_no_snapshot_is_refused_with_its_name(data: bytes, said: str) -> None:
    with pytest.raises(FileError) as refused:
        loads(data, "scan.json")

    assert refused.value.said.id == said
    assert refused.value.said.parameters["file"] == "scan.json"


@pytest.mark.parametrize(
    "edited",
    [
        {"window_seconds": 0},
        {"window_seconds": 10**12},
        {
            "objects": {
                "workloads": [{"kind": "Pod", "namespace": "a", "name": "b", "replicas": -1}]
            }
        },
        {"telemetry": {"calls": [{"source": "s", "client": {}, "server": {}, "rate_rps": -5}]}},
    ],
)
def test_figures_that_cannot_be_are_refused(edited: dict[str, object]) -> None:
    snapshot = Snapshot(taken_at=datetime(2026, 1, 1, tzinfo=UTC), tool_version="1")
    document = msgspec.json.decode(dumps(snapshot)) | edited

    with pytest.raises(FileError):
        loads(msgspec.json.encode(document), "x")
