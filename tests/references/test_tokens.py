"""Every way to write a host that `tokens.find` knows, and what must not be taken for one."""

import string
import time

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from mesh_probe.model import Reference
from mesh_probe.references import tokens
from mesh_probe.references.known import Known

KNOWN = Known(
    {"b": frozenset({"http"}), "redis": frozenset(), "checkout": frozenset()},
    {"b.d": frozenset({"http"})},
)


def found(text: str, key: str = "X", found_in: str = "env") -> list[tuple[str, object, str]]:
    return [(r.host, r.port, r.form) for r in tokens.find(text, key, found_in, KNOWN)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("http://b:80", [("b", 80, "url")]),
        ("http://b", [("b", None, "url")]),
        ("b:80", [("b", 80, "host-port")]),
        ("b:http", [("b", "http", "host-port")]),
        ("http://b.d.svc:80", [("b.d.svc", 80, "url")]),
        ("b.d.svc.cluster.local", [("b.d.svc.cluster.local", None, "fqdn")]),
        ("b.d.svc.cluster.local.:80", [("b.d.svc.cluster.local", 80, "host-port")]),
        ("b.d.svc.corp.example", [("b.d.svc.corp.example", None, "fqdn")]),
        ("b.d", [("b.d", None, "fqdn")]),
        ("b", [("b", None, "word")]),
        ("u:p@tcp(b:80)/db", [("b", 80, "host-port")]),
        ("u:p@tcp(b:80)/db?tls=true", [("b", 80, "host-port")]),
        ("b:80,zz.d:90", [("b", 80, "host-port"), ("zz.d", 90, "host-port")]),
        ("zz.d:90;b:80", [("zz.d", 90, "host-port"), ("b", 80, "host-port")]),
        ("b:80 redis:90", [("b", 80, "host-port"), ("redis", 90, "host-port")]),
        ('{"a": {"url": "http://b:80"}}', [("b", 80, "url")]),
        ("dns:///b:80", [("b", 80, "url")]),
        ("dns://8.8.8.8/b:80", [("b", 80, "url")]),
        ("xds:///b:80", [("b", 80, "url")]),
        ("dns:b:80", [("b", 80, "host-port")]),
        ("b-0.b.d.svc.cluster.local:80", [("b-0.b.d.svc.cluster.local", 80, "host-port")]),
        ("_http._tcp.b.d.svc", [("_http._tcp.b.d.svc", None, "fqdn")]),
        ("jdbc:postgresql://b:5432/x?user=u&password=p", [("b", 5432, "url")]),
        ("jdbc:sqlserver://b:1433;databaseName=x;user=sa;password=p:1", [("b", 1433, "url")]),
        ("jdbc:oracle:thin:scott/tiger@//b:1521/orcl", [("b", 1521, "url")]),
        ("jdbc:oracle:thin:@b:1521:sid", [("b", 1521, "url")]),
        ("Server=tcp:b,1433;User Id=redis;Password=redis", [("b", 1433, "host-port")]),
        ("Server=b;Port=3306;Uid=redis;Pwd=redis", [("b", 3306, "pair")]),
        ("host=b port=5432 user=redis password=redis", [("b", 5432, "pair")]),
        ("mysql:host=b;port=3306;dbname=redis", [("b", 3306, "pair")]),
        ("redis:6379,password=b,ssl=true", [("redis", 6379, "host-port")]),
        ("mongodb+srv://u:p@db.example.net/x", [("db.example.net", None, "url")]),
        (
            "mongodb://u:p@b:1,redis:2,zz:3/x?replicaSet=r",
            [("b", 1, "url"), ("redis", 2, "url"), ("zz", 3, "url")],
        ),
        ("amqp://u:p@b:1,u:p@zz:2", [("b", 1, "url"), ("zz", 2, "url")]),
        ("kafka://b:1,kafka://zz:2", [("b", 1, "url"), ("zz", 2, "url")]),
        ("http://[fd00::1]:80/x", [("fd00::1", 80, "url")]),
        ("[fd00::1]:80", [("fd00::1", 80, "host-port")]),
        ("u:p@b:80/path", [("b", 80, "host-port")]),
        ("b:80/path?x=1", [("b", 80, "host-port")]),
        ("http://b:80/x?next=http://c:90", [("b", 80, "url")]),
        ("http://localhost:3500/v1.0/invoke/b/method/x", [("b", None, "url")]),
        ("jdbc:mysql://address=(host=b)(port=3306)/x", [("b", 3306, "pair")]),
        ("(ADDRESS=(PROTOCOL=TCP)(HOST=b)(PORT=1521))", [("b", 1521, "pair")]),
        ("nats://b:4222,nats://redis:4222", [("b", 4222, "url"), ("redis", 4222, "url")]),
        ("redis-sentinel://b:1,redis:2/main", [("b", 1, "url"), ("redis", 2, "url")]),
        ("[b:80, redis:81]", [("b", 80, "host-port"), ("redis", 81, "host-port")]),
        ("dns+b:80", [("b", 80, "host-port")]),
        ("dnssrv+_http._tcp.b.d.svc", [("_http._tcp.b.d.svc", None, "fqdn")]),
        ("//b:80/x", [("b", 80, "host-port")]),
        ("http://b:$PORT/x", [("b", None, "url")]),
        ("${HOST:b}:${PORT:80}", [("b", 80, "host-port")]),
        ("b.", [("b", None, "word")]),
        ("lb://b", [("b", None, "url")]),
        ("Endpoint=sb://b.d/;SharedAccessKey=x", [("b.d", None, "url")]),
        ("--etcd=http://b:2379,http://redis:2379", [("b", 2379, "url"), ("redis", 2379, "url")]),
    ],
)
def test_every_form_of_a_host_is_found(text: str, expected: list[tuple[str, object, str]]) -> None:
    assert found(text) == expected


@pytest.mark.parametrize(
    ("key", "text"),
    [
        ("CACHE_KIND", "redis"),
        ("OTEL_SERVICE_NAME", "checkout"),
        ("DB_NAME", "redis"),
        ("DB_USER", "redis"),
        ("POSTGRES_DB", "redis"),
        ("IMAGE", "redis:7"),
        ("IMAGE_TAG", "b:80"),
        ("TOKEN", "http://b:80"),
        ("DB_PASSWORD", "redis"),
        ("X", "password=http://b:80"),
        ("X", "redis:latest"),
        ("X", "12:30"),
        ("X", "1.2.3"),
        ("X", "/var/run/b.sock"),
        ("X", "unix:///var/run/b.sock"),
        ("X", "file:///b/c"),
        ("X", "com.example.Main"),
        ("X", "application.properties"),
        ("X", "someone@example.com"),
        ("X", "localhost:80"),
        ("X", "http://127.0.0.1:80"),
        ("X", "0.0.0.0:8080"),
        ("X", "http://169.254.169.254/latest"),
        ("X", "::"),
        ("X", ":8080"),
        ("X", "b:99999"),
        ("X", "b:nothing"),
        ("X", "http://www.w3.org/2001/XMLSchema"),
        ("API_URL", "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJl"),
        ("API_URL", "aHR0cDovL2I6ODA="),
        ("X", "the cart asks redis for it"),
        ("X", "http://$(UNKNOWN):80"),
        ("NO_PROXY", "b,b.d,.svc,redis"),
        ("KAFKA_ADVERTISED_LISTENERS", "PLAINTEXT://b:9092"),
        ("CORS_ALLOWED_ORIGINS", "http://b:80"),
        ("OAUTH_REDIRECT_URL", "http://b:80/done"),
        ("x.conf:resolver", "kube-dns.kube-system.svc.cluster.local"),
    ],
)
def test_what_only_looks_like_a_host_is_not_kept(key: str, text: str) -> None:
    assert found(text, key) == []


def test_an_unknown_host_is_kept_where_an_address_is_asked_for() -> None:
    assert found("nobody:80", "CART_ADDR") == [("nobody", 80, "host-port")]
    assert found("nobody:80", "CART_LEVEL") == []
    assert found("api.example.com", "PAYMENT_HOST") == [("api.example.com", None, "fqdn")]
    assert found("api.example.com", "PAYMENT_TEXT") == []


def test_flags_are_the_keys_of_arguments() -> None:
    text = "serve\n--cart-addr=b:80\n--cache\nredis\n-psecret\nb:81\nsh -c 'curl http://b.d:82/x'"

    references = tokens.find(text, "", "args", KNOWN)

    assert {(r.key, r.host, r.port) for r in references} == {
        ("--cart-addr", "b", 80),
        ("--cache", "redis", None),
        ("", "b", 81),
        ("", "b.d", 82),
    }


def test_host_and_port_flags_are_joined() -> None:
    text = "--db-host b --db-port 5432 --cache.host=redis --cache.port=6379"

    assert tokens.find(text, "", "args", KNOWN) == (
        Reference("b", "--db-host", "args", "pair", 5432),
        Reference("redis", "--cache.host", "args", "pair", 6379),
    )


@pytest.mark.parametrize(
    ("text", "tls"),
    [
        ("https://b", True),
        ("http://b", False),
        ("rediss://b", True),
        ("redis://b", False),
        ("amqps://b", True),
        ("mongodb+srv://b.d", True),
        ("SASL_SSL://b:9093", True),
        ("postgres://b/x", None),
        ("postgres://b/x?sslmode=verify-full", True),
        ("postgres://b/x?sslmode=disable", False),
        ("postgres://b/x?sslmode=prefer", None),
        ("jdbc:mysql://b/x?useSSL=true", True),
        ("host=b port=1 sslmode=require", True),
        ("u:p@tcp(b:80)/db?tls=true", True),
        ("redis:6379,ssl=False", False),
        ("b:80", None),
    ],
)
def test_tls_is_said_by_scheme_or_parameter(text: str, tls: bool | None) -> None:
    assert [r.tls for r in tokens.find(text, "X", "env", KNOWN)] == [tls]


def test_the_scheme_is_kept_without_the_rest() -> None:
    (reference,) = tokens.find("jdbc:postgresql://u:p@b:5432/db?x=y#z", "URL", "env", KNOWN)

    assert reference == Reference("b", "URL", "env", "url", 5432, "jdbc:postgresql")


# --- laws -----------------------------------------------------------------------------------------

URL_PUNCTUATION = "!$%&'()*+,;=:@/?#-._~^|\\\"{}[]<>`"


@given(st.text(), st.sampled_from(["X", "CART_ADDR", "DB_NAME", "", "--host"]))
@example("[", "X")
@example("://", "X")
@example("a://@", "CART_ADDR")
@example("[::%1]:80", "CART_ADDR")
@example("²:²", "CART_ADDR")
@example("tcp(", "X")
def test_no_text_makes_it_fail_and_all_it_keeps_stands_in_the_text(text: str, key: str) -> None:
    for reference in tokens.find(text, key, "env", KNOWN):
        assert reference.host in text
        assert str(reference.port or "") in text


@given(
    st.text(string.ascii_letters + string.digits + URL_PUNCTUATION, min_size=1),
    st.sampled_from(["postgres", "http", "amqp", "mongodb", "jdbc:mysql", "kafka"]),
)
def test_user_info_is_never_kept(noise: str, scheme: str) -> None:
    secret = f"hunter2{noise}hunter2"
    for text in (
        f"{scheme}://{secret}:{secret}@b:80/{secret}?q={secret}#{secret}",
        f"{secret}:{secret}@tcp(b:80)/{secret}",
        f"{secret}:{secret}@b:80",
    ):
        assert "hunter2" not in str(tokens.find(text, "CART_URL", "env", KNOWN)), text


@given(
    st.sampled_from(["b", "redis", "b.d", "x.y.svc.cluster.local", "10.1.2.3"]),
    st.integers(1, 65_535),
    st.sampled_from(
        ["{}", "http://{}", "http://{}/p", "a.b:1,{}", '["{}"]', "x=1 url={}", "--addr={}", "<{}>"]
    ),
)
def test_what_is_embedded_is_found_again(host: str, port: int, around: str) -> None:
    text = around.format(f"{host}:{port}")

    assert (host, port) in [(r.host, r.port) for r in tokens.find(text, "X_ADDR", "env", KNOWN)]


URLS = st.tuples(
    st.sampled_from(["", "http://", "jdbc:mysql://", "dns:///", "dns://", "unix://", "S3://"]),
    st.sampled_from(["", "u@", "u:p%20x@", ":p@", "@"]),
    st.sampled_from(["b", "b.", "B.d", "x.y", "localhost", "10.0.0.1", "127.0.0.1", "a..b", ""]),
    st.sampled_from(["", ":80", ":0", ":99999", ":http", ":"]),
    st.sampled_from(["", "/", "/x?a=b&tls=true", "?sslmode=require", "/v1.0/invoke/b/method/x"]),
).map("".join)


@settings(max_examples=500)
@given(URLS, st.sampled_from(["X", "CART_ADDR", "DB_NAME", "IMAGE", "NO_PROXY"]))
def test_one_address_alone_is_read_as_it_is_among_others(text: str, key: str) -> None:
    """The short way for what most values are finds what the long one does."""
    assert tokens.find(text, key, "env", KNOWN) == tokens.find(f"{text} ", key, "env", KNOWN)


UNITS = (
    *("a", "://", "a.", "b:80,", "tcp(", "=", "@", "x=1;", "[", "a-", "--", "${a:", "${a:}"),
    *("host b\n", "server a b ", "<a>b", "upstream ", "(host=", "\\\n", "b 80 ", "a: ", "\n"),
    *("'", "=>", "'a':'b' "),
)


def seconds(text: str) -> float:
    """The least time of three that reading takes."""
    taken = []
    for _ in range(3):
        start = time.process_time()
        tokens.find(text, "X_ADDR", "x.conf", KNOWN)
        taken.append(time.process_time() - start)
    return min(taken)


@pytest.mark.parametrize("unit", UNITS)
def test_the_work_grows_with_the_length_and_no_faster(unit: str) -> None:
    """Eight times the text takes a quadratic step 64 times as long, a linear one eight times."""
    short = seconds(unit * (16_384 // len(unit)))
    long = seconds(unit * (131_072 // len(unit)))

    assert long < 32 * short + 0.01


@settings(max_examples=50, deadline=None)
@given(st.text(st.sampled_from("ab.:/@=,;()[]{}<>'\"$\\- \n8"), min_size=1, max_size=12))
def test_no_repeated_text_takes_more_than_linear_time(unit: str) -> None:
    short, long = (unit * (size // len(unit)) for size in (2_048, 32_768))

    assert seconds(long) < 64 * seconds(short) + 0.02
