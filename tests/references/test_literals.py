"""Hosts in source code: what is an address, and what is only a word in quotes."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mesh_probe.model import KeyUse, Reference
from mesh_probe.references import literals
from mesh_probe.references.known import Known

PORTS: frozenset[str] = frozenset()
NAMES = {"cart", "orders-db", "payment"}
KNOWN = Known(dict.fromkeys(NAMES, PORTS), {"cart.shop": PORTS})


def found(path: str, text: str) -> list[tuple[str, int | str | None, str, str, str]]:
    names = NAMES.intersection(literals.WORD.findall(text))
    return [
        (r.host, r.port, r.form, r.key, r.found_in) for r in literals.find(path, text, names, KNOWN)
    ]


@pytest.mark.parametrize(
    ("path", "line", "expected"),
    [
        ("a.py", 'requests.get("http://cart:8080/items")', ("cart", 8080, "url", "")),
        ("a.js", "const at = `http://cart${domain}/items`", ("cart", None, "url", "")),
        ("a.js", 'util.format("http://cart%s", domain)', ("cart", None, "url", "")),
        ("a.py", 'f"http://cart:{port}/items"', ("cart", None, "url", "")),
        ("a.go", 'f("d", "u:p@tcp(orders-db:3306)/x")', ("orders-db", 3306, "host-port", "")),
        ("A.java", '@Value("${cart-id://cart}")', ("cart", None, "word", "")),
        ("A.java", '@Value("${cart.url:http://cart:80}")', ("cart", 80, "url", "")),
        ("a.js", "host = process.env.CART_HOST || 'cart'", ("cart", None, "word", "host")),
        ("a.py", 'os.getenv("CART_URL", "cart")', ("cart", None, "word", "CART_URL")),
        ("A.java", '@FeignClient(name = "payment")', ("payment", None, "word", "FeignClient:host")),
        ("a.cpp", 'config["orders-db"]["port"]', ("orders-db", None, "word", "")),
        ("a.rb", 'connect("cart.shop.svc")', ("cart.shop.svc", None, "fqdn", "")),
        ("a.py", "f\"{getenv('AT', 'cart')}:80\"", ("cart", None, "word", "")),
        ("a.go", 'Sprintf("http://%s:%d", "cart", 80)', ("cart", None, "word", "url")),
        ("a.go", 'amqp.Dial("cart")', ("cart", None, "word", "Dial:host")),
        ("Caddyfile", "reverse_proxy cart:80", ("cart", 80, "host-port", "")),
        ("haproxy.cfg", "  server s1 cart:80 check", ("cart", 80, "host-port", "")),
        ("appsettings.json", '{ "Cart": "http://cart:80", }', ("cart", 80, "url", "")),
        ("nginx.conf", "proxy_pass http://cart:80/;", ("cart", 80, "url", "proxy_pass")),
        ("run.sh", "wait-for cart:80 -- start", ("cart", 80, "host-port", "")),
    ],
)  # fmt: skip
def test_an_address_in_code_is_found_with_its_line(
    path: str, line: str, expected: tuple[str, int | None, str, str]
) -> None:
    assert found(path, f"first\n{line}\n") == [(*expected, f"{path}:2")]


@pytest.mark.parametrize(
    "line",
    [
        '# see "http://cart/items"',
        '  // "http://cart"',
        'log.info("asking the cart for items")',
        "cart = payment.cart",
        'get("/cart")',
        'password = "http://u:cart@x"',
        '"http://cart.example.com"',
        '"http://{}/cart"',
        f'x = "{"y" * literals.LONGEST_LINE} http://cart"',
    ],
)
def test_what_only_looks_like_an_address_is_none(line: str) -> None:
    assert found("a.py", line) == []


def test_settings_beside_the_code_are_read_as_documents() -> None:
    text = "cart:\n  url: ${CART_URL:http://cart:80}\nspring:\n  datasource:\n    host: orders-db\n"

    assert found("src/application.yml", text) == [
        ("cart", 80, "url", "cart.url", "src/application.yml"),
        ("orders-db", None, "word", "spring.datasource.host", "src/application.yml"),
    ]


def test_variables_of_one_environment_are_settings() -> None:
    assert found(".env.production", "API=http://cart:80\n") == [
        ("cart", 80, "url", "API", ".env.production")
    ]


def test_a_manifest_beside_the_code_is_not_what_the_program_reads() -> None:
    text = "apiVersion: v1\nkind: ConfigMap\ndata:\n  CART_URL: http://cart\n"

    assert found("cart.yaml", text) == []


def test_a_dockerfile_tells_its_variables_and_command() -> None:
    text = (
        "FROM x\n# ENV A=http://payment\nENV CART_HOST=cart \\\n    CART_PORT=80\n"
        "ENV DB_HOST orders-db\nRUN curl http://payment\nCMD serve --payment http://payment\n"
    )

    assert found("Dockerfile", text) == [
        ("cart", 80, "pair", "CART_HOST", "Dockerfile"),
        ("orders-db", None, "word", "DB_HOST", "Dockerfile"),
        ("payment", None, "url", "--payment", "Dockerfile"),
    ]


def test_a_variable_is_found_where_code_names_it() -> None:
    text = 'import os\n# CART_ADDR\nat = os.environ["CART_ADDR"] or CART_ADDRESS\n'

    assert list(literals.uses("a.py", text, {"CART_ADDR"})) == [KeyUse("CART_ADDR", "a.py:3")]


@given(
    before=st.text(alphabet=st.characters(blacklist_characters="\"'`\\\n\r\x0b\x0c\x1c\x1d\x1e\x85\u2028\u2029")),
    quote=st.sampled_from("\"'`"),
    suffix=st.sampled_from(["a.py", "A.java", "a.ts", "a.go", "a.cs"]),
)  # fmt: skip
def test_a_url_in_quotes_is_found_whatever_stands_before_it(
    before: str, quote: str, suffix: str
) -> None:
    text = f"x {before} {quote}http://cart:80/{quote}"

    assert list(literals.find(suffix, text, {"cart"}, KNOWN)) == [
        Reference("cart", "", f"{suffix}:1", "url", 80, "http", False)
    ]


@given(st.text(), st.sampled_from(["a.py", "nginx.conf", "application.yml", "Dockerfile", "x.env"]))
def test_any_text_is_read(text: str, path: str) -> None:
    names = NAMES.intersection(literals.WORD.findall(text))

    assert all(
        reference.host in ("cart", "orders-db", "payment", "cart.shop")
        for reference in literals.find(path, text, names, KNOWN)
    )


@pytest.mark.parametrize(
    "line",
    [
        'new ApiResource("orders-db", "Orders")',
        'log = getLogger("orders-db")',
        'topic: "orders-db"',
        "{username: 'cart', addresses: [url]}",
        "router.href('cart')",
        "const redis = require('cart')",
        "import { url } from 'cart'",
        f"url = 1; {'x' * 120} f('cart')",
    ],
)
def test_what_a_word_is_given_as_or_far_from_tells_no_address(line: str) -> None:
    assert [r for r in found("a.js", line) if r[3] or "-" in r[0]] == []


def test_names_of_registries_are_those_of_services() -> None:
    assert literals.aliases({"geo", "svc-geo"}) == {
        "srv-geo": "geo",
        "geo-srv": "geo",
        "geo-svc": "geo",
        "geo-service": "geo",
        "srv-svc-geo": "svc-geo",
        "svc-svc-geo": "svc-geo",
        "svc-geo-srv": "svc-geo",
        "svc-geo-svc": "svc-geo",
        "svc-geo-service": "svc-geo",
    }


@pytest.mark.parametrize(
    ("key", "form", "expected"),
    [
        ("GeoMongoAddress", "host-port", "GeoMongoAddress"),
        ("mongo.cartUrl", "word", "cartUrl"),
        ("cart.url", "url", None),
        ("menu.myCart", "word", None),
    ],
)
def test_a_key_tells_by_itself_whose_address_it_is(
    key: str, form: str, expected: str | None
) -> None:
    reference = Reference("cart", key, "config.json", form)  # type: ignore[arg-type]

    assert literals.telling_key(reference) == expected
