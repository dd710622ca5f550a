import base64
import json
import ssl
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import requests
import trustme
from hypothesis import given, settings
from hypothesis import strategies as st

from mesh_probe.collect.prometheus import Answer, Prometheus
from mesh_probe.collect.prometheus_http import prometheus_answer
from mesh_probe.collect.query_error import Busy, QueryError, TooExpensive, Unusable
from mesh_probe.collect.traces import TraceStore
from mesh_probe.errors import UsageError
from mesh_probe.source import Sample, quoted
from mesh_probe.text import message
from tests.kube import KubeServer
from tests.prometheus.faults import Faulty, Reply, faulty, vector

AT = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
ONE = Reply(vector(({"a": "b"}, "1")))


def soon(seconds: float = 60.0) -> float:
    return time.monotonic() + seconds


def ask(server: Faulty, *, query_seconds: float = 20.0, seconds: float = 60.0) -> Answer:
    prometheus = Prometheus(server.url, query_seconds=query_seconds)
    return prometheus.query("up", AT, soon(seconds))


def refusal(reply: Reply, *, query_seconds: float = 20.0, seconds: float = 60.0) -> QueryError:
    with faulty(reply) as server, pytest.raises(QueryError) as caught:
        ask(server, query_seconds=query_seconds, seconds=seconds)
    return caught.value


def said(error: QueryError) -> tuple[type, str]:
    return type(error), error.reason.id


def test_a_query_is_sent_with_the_time_and_a_limit() -> None:
    with faulty(ONE) as server:
        answer = ask(server)

    assert answer == Answer((Sample({"a": "b"}, 1.0),), 1)
    assert [(a.path, a.params) for a in server.asked] == [
        ("/api/v1/query", {"query": "up", "time": "1772452800.000", "timeout": "20s"})
    ]


@pytest.mark.parametrize(
    ("reply", "kind", "reason"),
    [
        (Reply(b"no", 401), Unusable, "gap.prometheus-denied"),
        (Reply(b"no", 403), Unusable, "gap.prometheus-denied"),
        (Reply(b"404 page not found", 404), Unusable, "gap.prometheus-not-one"),
        (Reply(b"<html>Welcome</html>"), Unusable, "gap.prometheus-not-one"),
        (Reply(b""), Unusable, "gap.prometheus-not-one"),
        (Reply([]), Unusable, "gap.prometheus-not-one"),
        (Reply({"status": "success"}), Unusable, "gap.prometheus-not-one"),
        (Reply({"status": "success", "data": []}), Unusable, "gap.prometheus-not-one"),
        (
            Reply({"status": "success", "data": {"result": None}}),
            Unusable,
            "gap.prometheus-not-one",
        ),
        (Reply({"status": "success", "data": {"result": [1]}}), Unusable, "gap.prometheus-not-one"),
        (Reply(vector(({}, "many"))), Unusable, "gap.prometheus-not-one"),
        (
            Reply(b"", 302, {"Location": "https://login.example.com/?token=secret"}),
            Unusable,
            "gap.prometheus-redirect",
        ),
        (
            Reply({"status": "error", "errorType": "bad_data", "error": "parse error"}, 400),
            QueryError,
            "gap.prometheus-refused",
        ),
        (
            Reply({"status": "error", "errorType": "execution", "error": "out of order"}),
            QueryError,
            "gap.prometheus-refused",
        ),
        (
            Reply(
                {
                    "status": "error",
                    "errorType": "execution",
                    "error": "query processing would load too many samples into memory",
                },
                422,
            ),
            TooExpensive,
            "gap.prometheus-too-expensive",
        ),
        (
            Reply({"status": "error", "errorType": "timeout", "error": "query timed out"}, 503),
            TooExpensive,
            "gap.prometheus-too-expensive",
        ),
        (Reply(json.dumps(vector()).encode(), cut_at=10), QueryError, "gap.prometheus-broken-off"),
    ],
)
def test_each_trouble_has_its_error(reply: Reply, kind: type, reason: str) -> None:
    assert said(refusal(reply)) == (kind, reason)


def test_a_redirect_is_not_followed_and_its_query_not_shown() -> None:
    error = refusal(Reply(b"", 302, {"Location": "https://me:pw@login.example.com/in?t=secret"}))

    assert error.reason.parameters["target"] == "https://login.example.com/in"


@pytest.mark.parametrize("status", [429, 502, 503, 504])
def test_a_busy_server_is_asked_again(status: int) -> None:
    with faulty(Reply(b"later", status, {"Retry-After": "0"}), ONE) as server:
        answer = ask(server)

    assert answer.samples == (Sample({"a": "b"}, 1.0),)
    assert len(server.asked) == 2


def test_a_server_that_stays_busy_is_left_alone() -> None:
    with faulty(Reply(b"later", 429, {"Retry-After": "0"})) as server, pytest.raises(Busy):
        ask(server)

    assert len(server.asked) == 3


def test_a_pause_that_does_not_fit_before_the_deadline_is_not_made() -> None:
    with faulty(Reply(b"later", 429, {"Retry-After": "3600"})) as server, pytest.raises(Busy):
        ask(server)

    assert len(server.asked) == 1


def test_a_server_that_hangs_is_too_slow() -> None:
    error = refusal(Reply(hangs=True), query_seconds=0.05)

    assert said(error) == (TooExpensive, "gap.prometheus-too-slow")


def test_a_server_that_stops_in_the_middle_of_an_answer_is_too_slow() -> None:
    reply = Reply(vector(({"a": "b"}, "1")), hangs=True, cut_at=10)

    assert said(refusal(reply, query_seconds=0.1)) == (TooExpensive, "gap.prometheus-too-slow")


def test_when_time_runs_out_the_server_is_not_blamed() -> None:
    assert said(refusal(Reply(hangs=True), seconds=0.05)) == (Unusable, "gap.time")


def test_after_the_deadline_nothing_is_sent() -> None:
    with faulty(ONE) as server, pytest.raises(Unusable):
        ask(server, seconds=-1.0)

    assert server.asked == []


def test_a_closed_port_is_unreachable_and_the_reason_names_no_address_of_ours() -> None:
    with faulty(ONE) as server:
        url = server.url

    with pytest.raises(Unusable) as caught:
        Prometheus(f"{url}/?token=secret").query("up", AT, soon())

    assert caught.value.reason == message(
        "gap.prometheus-closed", server=url, detail="Connection refused"
    )
    assert caught.value.hint == message("hint.prometheus-closed")


def test_a_host_name_that_is_not_known_is_said_in_words() -> None:
    with pytest.raises(Unusable) as caught:
        Prometheus("http://no-such-host.invalid").query("up", AT, soon())

    assert caught.value.reason.id == "gap.prometheus-no-name"


def test_a_server_without_tls_is_told_from_one_that_is_not_trusted() -> None:
    with faulty(ONE) as server, pytest.raises(Unusable) as plain:
        Prometheus(server.url.replace("http:", "https:")).query("up", AT, soon())
    with KubeServer() as secure, pytest.raises(Unusable) as untrusted:
        Prometheus(secure.url).query("up", AT, soon())

    assert plain.value.reason.id == "gap.prometheus-no-tls"
    assert untrusted.value.reason.id == "gap.prometheus-untrusted"
    assert untrusted.value.hint == message("hint.prometheus-untrusted")


def test_numbers_that_are_none_are_left_out() -> None:
    rows = [({"a": value}, value) for value in ("NaN", "+Inf", "-Inf", "1e3")]
    with faulty(Reply(vector(*rows))) as server:
        answer = ask(server)

    assert answer.samples == (Sample({"a": "1e3"}, 1000.0),)


def test_native_histograms_are_counted_apart() -> None:
    """As documented: https://prometheus.io/docs/prometheus/latest/querying/api/#histograms ."""
    native = {"metric": {"a": "b"}, "histogram": [0, {"count": "1", "sum": "2", "buckets": []}]}
    body = {"status": "success", "data": {"resultType": "vector", "result": [native]}}
    with faulty(Reply(body)) as server:
        answer = ask(server)

    assert answer == Answer((), 1, (), 1)


def test_warnings_are_kept_and_doubts_about_the_query_are_not() -> None:
    with faulty(Reply(vector(warnings=["partial response"], infos=["not a counter"]))) as server:
        answer = ask(server)

    assert answer == Answer((), 0, ("partial response",))


def test_an_answer_beyond_the_limit_is_too_large(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mesh_probe.collect.prometheus_http.MOST_BYTES", 100_000)

    error = refusal(Reply(vector(({"a": "b" * 1_000_000}, "1"))))

    assert said(error) == (TooExpensive, "gap.prometheus-too-large")


def test_credentials_in_the_address_become_basic_auth_and_disappear() -> None:
    with faulty(ONE) as server:
        url = server.url.replace("http://", "http://me:p%40ss@")
        prometheus = Prometheus(f"{url}/?extra_label=cluster%3Da")
        prometheus.query("up", AT, soon())

    assert prometheus.name == server.url
    basic = base64.b64encode(b"me:p@ss").decode()
    assert server.asked[0].headers["Authorization"] == f"Basic {basic}"
    assert server.asked[0].params["extra_label"] == "cluster=a"


def test_headers_are_asked_for_with_each_request() -> None:
    tokens = iter(["one", "two"])

    def headers() -> dict[str, str]:
        return {"Authorization": f"Bearer {next(tokens)}", "X-Scope-OrgID": "team"}

    with faulty(ONE) as server:
        prometheus = Prometheus(server.url, headers=headers)
        for _ in range(2):
            prometheus.query("up", AT, soon())

    assert [(a.headers["Authorization"], a.headers["X-Scope-OrgID"]) for a in server.asked] == [
        ("Bearer one", "team"),
        ("Bearer two", "team"),
    ]


def test_credentials_for_other_programs_are_not_sent(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Left to itself, requests sends what ~/.netrc has for the host, in place of our token."""
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login me password secret", encoding="utf-8")
    monkeypatch.setenv("NETRC", str(netrc))
    with faulty(ONE) as server:
        Prometheus(server.url).query("up", AT, soon())

    assert "Authorization" not in server.asked[0].headers


@pytest.mark.parametrize(
    ("given", "path"),
    [
        ("/", "/api/v1/query"),
        ("/prometheus/", "/prometheus/api/v1/query"),
        ("/api/v1", "/api/v1/query"),
        ("/prom/graph", "/prom/api/v1/query"),
        ("/select/0/prometheus", "/select/0/prometheus/api/v1/query"),
        ("/api/prom/push", "/api/prom/api/v1/query"),
        ("/workspaces/ws-1/api/v1/remote_write", "/workspaces/ws-1/api/v1/query"),
        (
            "/v1/projects/p/location/global/prometheus/api/v1/query_range",
            "/v1/projects/p/location/global/prometheus/api/v1/query",
        ),
    ],
)
def test_the_path_of_the_address_is_kept(given: str, path: str) -> None:
    with faulty(ONE) as server:
        Prometheus(server.url + given).query("up", AT, soon())

    assert [a.path for a in server.asked] == [path]


@pytest.mark.parametrize(
    "url",
    ["", "prometheus:9090", "ftp://a", "http://", "http://a:port", "http://a..b", "http://a\ufffd"],
)
def test_what_is_no_address_is_wrong_usage(url: str) -> None:
    with pytest.raises(UsageError):
        Prometheus(url)


def test_a_wrong_address_is_shown_without_its_password() -> None:
    with pytest.raises(UsageError) as caught:
        Prometheus("ftp://me:secret@host/x?token=secret")

    assert caught.value.said.parameters == {"address": "ftp://host/x"}


def test_what_it_cost_is_counted() -> None:
    body = json.dumps(vector()).encode()
    with faulty(Reply(body)) as server:
        prometheus = Prometheus(server.url)
        for _ in range(3):
            prometheus.query("up", AT, soon())

    assert (prometheus.queries, prometheus.bytes) == (3, 3 * len(body))


def test_the_proof_wants_the_answer_one() -> None:
    with faulty(Reply(vector())) as server, pytest.raises(Unusable) as caught:
        Prometheus(server.url).prove(AT, soon())

    assert caught.value.reason.id == "gap.prometheus-not-one"


def test_metric_names_come_from_the_index() -> None:
    with faulty(Reply({"status": "success", "data": ["a_total", "b_total"]})) as server:
        names = Prometheus(server.url).metric_names('a"|b', AT, AT, soon())

    assert names == {"a_total", "b_total"}
    assert [(a.path, a.params["match[]"]) for a in server.asked] == [
        ("/api/v1/label/__name__/values", '{__name__=~"a\\"|b"}')
    ]


@pytest.fixture
def tls() -> Callable[[str], tuple[trustme.CA, ssl.SSLContext]]:
    def make(name: str) -> tuple[trustme.CA, ssl.SSLContext]:
        authority = trustme.CA()
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        authority.issue_cert(name).configure_cert(context)
        return authority, context

    return make


def test_an_unknown_certificate_is_refused_with_its_reason(
    tls: Callable[[str], tuple[trustme.CA, ssl.SSLContext]],
) -> None:
    _, context = tls("127.0.0.1")
    with faulty(ONE, tls=context) as server, pytest.raises(Unusable) as caught:
        ask(server)

    assert caught.value.reason.parameters["detail"] == "unable to get local issuer certificate"


def test_a_given_authority_is_trusted_for_the_name_in_its_certificate(
    tls: Callable[[str], tuple[trustme.CA, ssl.SSLContext]], tmp_path: Path
) -> None:
    authority, context = tls("prometheus.internal")
    authority.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    with faulty(ONE, tls=context) as server:
        prometheus = Prometheus(
            server.url, verify=str(tmp_path / "ca.pem"), server_name="prometheus.internal"
        )
        answer = prometheus.query("up", AT, soon())

    assert answer.samples == (Sample({"a": "b"}, 1.0),)


def test_a_given_authority_is_trusted_whatever_the_environment_trusts(
    tls: Callable[[str], tuple[trustme.CA, ssl.SSLContext]],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    authority, context = tls("127.0.0.1")
    for name, one in (("ca.pem", authority), ("other.pem", trustme.CA())):
        one.cert_pem.write_to_path(str(tmp_path / name))
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(tmp_path / "other.pem"))
    rules = {"groups": [{"rules": [{"type": "alerting", "name": "CartDown"}]}]}
    traces = {"data": ["cart"]}
    with faulty(
        ONE, Reply({"status": "success", "data": rules}), Reply(traces), tls=context
    ) as server:
        prometheus = Prometheus(server.url, verify=str(tmp_path / "ca.pem"))
        answer = prometheus.query("up", AT, soon())
        known = prometheus.alerting_rules(soon())
        store = TraceStore(server.url, verify=str(tmp_path / "ca.pem"))
        found = store.get("/api/services", {}, soon())

    assert answer.samples == (Sample({"a": "b"}, 1.0),)
    assert [rule.alert for rule in known] == ["CartDown"]
    assert found == traces


def test_a_client_certificate_is_shown(
    tls: Callable[[str], tuple[trustme.CA, ssl.SSLContext]], tmp_path: Path
) -> None:
    authority, context = tls("127.0.0.1")
    context.verify_mode = ssl.CERT_REQUIRED
    authority.configure_trust(context)
    authority.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    mine = authority.issue_cert("me@example.com")
    mine.private_key_pem.write_to_path(str(tmp_path / "key.pem"))
    mine.cert_chain_pems[0].write_to_path(str(tmp_path / "cert.pem"))
    with faulty(ONE, tls=context) as server:
        prometheus = Prometheus(
            server.url,
            verify=str(tmp_path / "ca.pem"),
            cert=(str(tmp_path / "cert.pem"), str(tmp_path / "key.pem")),
        )
        answer = prometheus.query("up", AT, soon())

    assert answer.samples == (Sample({"a": "b"}, 1.0),)


def test_an_answer_about_timeouts_is_an_answer() -> None:
    with faulty(Reply(vector(({"error_type": "timeout"}, "2")))) as server:
        found = Prometheus(server.url).query("x", AT, time.monotonic() + 60)

    assert [row.labels for row in found.samples] == [{"error_type": "timeout"}]


def test_native_histograms_have_their_buckets_where_those_are_asked_for() -> None:
    """As documented: https://prometheus.io/docs/prometheus/latest/querying/api/#histograms ."""
    histogram = {
        "count": "10",
        "sum": "3",
        "buckets": [[0, "0.1", "0.2", "4"], [0, "0.2", "0.4", "6"]],
    }
    native = {"metric": {"a": "b"}, "histogram": [0, histogram]}
    body = {"status": "success", "data": {"resultType": "vector", "result": [native]}}
    with faulty(Reply(body)) as server:
        found = Prometheus(server.url).query("x", AT, time.monotonic() + 60, fold_buckets=True)

    assert found.samples == (Sample({"a": "b"}, 10.0, {"0.1...0.2": 4.0, "0.2...0.4": 6.0}),)
    assert found.histograms == 0


@pytest.mark.parametrize(
    ("url", "hint"),
    [
        ("https://aps-workspaces.eu-west-1.amazonaws.com/workspaces/ws-1", "aws"),
        ("https://monitoring.googleapis.com/v1/projects/p/location/global/prometheus", "google"),
        ("https://team-a1b2.westeurope.prometheus.monitor.azure.com", "azure"),
        ("https://prometheus-prod-01-eu-west-0.grafana.net/api/prom", "grafana"),
        (
            "https://A1.gr7.eu-west-1.eks.amazonaws.com/api/v1/namespaces/m/proxy",
            "denied",
        ),
        ("https://prometheus.example.com", "denied"),
    ],
)
@pytest.mark.parametrize("status", [401, 403])
def test_each_managed_service_says_how_it_lets_somebody_in(
    url: str, hint: str, status: int
) -> None:
    answer = requests.Response()
    answer.status_code = status
    with pytest.raises(Unusable) as caught:
        prometheus_answer(url, answer, b'{"message": "Missing Authentication Token"}')

    assert caught.value.reason.parameters["detail"] == "Missing Authentication Token"
    assert caught.value.hint == message(f"hint.prometheus-{hint}")


def test_several_times_are_asked_for_in_one_request() -> None:
    matrix = {
        "status": "success",
        "data": {
            "resultType": "matrix",
            "result": [
                {"metric": {"a": "x"}, "values": [[1772366400, "1"], [1772452800, "2"]]},
                {"metric": {"a": "y"}, "values": [[1772452800, "NaN"]]},
            ],
        },
    }
    with faulty(Reply(matrix)) as server:
        answers = Prometheus(server.url).query_at(
            "up", [AT - timedelta(days=day) for day in (2, 1, 0)], soon()
        )

    assert answers == (
        Answer((), 0),
        Answer((Sample({"a": "x"}, 1.0),), 1),
        Answer((Sample({"a": "x"}, 2.0),), 2),
    )
    assert [asked.params for asked in server.asked] == [
        {
            "query": "up",
            "start": "1772280000",
            "end": "1772452800",
            "step": "86400",
            "timeout": "20s",
        }
    ]


@settings(max_examples=25)
@given(st.text('{}"\\ab,= ', max_size=30))
def test_a_matcher_is_put_into_each_selector_and_into_no_text(text: str) -> None:
    """Names of labels and metrics hold no braces; texts may hold anything."""
    asked: list[str] = []
    promql = f'sum(rate(a{{b={quoted(text)}}}[5m])) / count({{__name__=~"x{{1}}"}} offset 1d)'
    with faulty(ONE) as server:
        prometheus = Prometheus(server.url)
        prometheus.only("cluster", 'p"r}od')
        prometheus.query(promql, AT, soon())
        asked = [each.params["query"] for each in server.asked]

    ours = 'cluster="p\\"r}od"'
    assert asked == [
        f"sum(rate(a{{{ours},b={quoted(text)}}}[5m]))"
        f' / count({{{ours},__name__=~"x{{1}}"}} offset 1d)'
    ]
