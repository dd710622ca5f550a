"""What is kept of a ConfigMap."""

from mesh_probe.inventory import config_maps
from mesh_probe.model import ConfigMap, Gap, Reference, Setting
from mesh_probe.references import nested
from mesh_probe.text import message
from tests.inventory.raw_objects import Raw, config_map, filled, service

YAML = """\
spring:
  datasource:
    url: jdbc:postgresql://u:hunter2@db:5432/x
    password: hunter2
resilience4j.retry.max-attempts: 3
redis: {host: redis, port: 6379}
"""
NGINX = """\
# see http://docs.example.com
upstream shop { server cart:80; }
location / { proxy_pass http://cart:81/api; }
"""


def read(raw: Raw) -> ConfigMap:
    (found,) = filled({"Service": [service("cart")], "ConfigMap": [raw]}).objects().config_maps
    return found


def test_keys_references_and_settings_are_kept_and_values_are_not() -> None:
    raw = config_map("m", CART_ADDR="cart:80", HTTP_TIMEOUT="5s", NOTE="hunter2")
    raw["data"] |= {
        "application.yml": YAML,
        "nginx.conf": NGINX,
        "app.env": "A=1\nCART_URL=http://cart",
    }
    raw["binaryData"] = {"logo.png": "aHVudGVyMg=="}

    assert read(raw) == ConfigMap(
        "shop",
        "m",
        (
            "CART_ADDR",
            "HTTP_TIMEOUT",
            "NOTE",
            "app.env",
            "app.env:A",
            "app.env:CART_URL",
            "application.yml",
            "application.yml:redis.host",
            "application.yml:redis.port",
            "application.yml:resilience4j.retry.max-attempts",
            "application.yml:spring.datasource.password",
            "application.yml:spring.datasource.url",
            "logo.png",
            "nginx.conf",
        ),
        (
            Reference("cart", "app.env:CART_URL", "app.env", "url", None, "http", tls=False),
            Reference(
                "db",
                "application.yml:spring.datasource.url",
                "application.yml",
                "url",
                5432,
                "jdbc:postgresql",
                about="store",
            ),
            Reference(
                "redis",
                "application.yml:redis.host",
                "application.yml",
                "pair",
                6379,
                about="store",
            ),
            Reference("cart", "CART_ADDR", "CART_ADDR", "host-port", 80),
            Reference("cart", "nginx.conf:proxy_pass", "nginx.conf", "url", 81, "http", tls=False),
            Reference("cart", "nginx.conf", "nginx.conf", "host-port", 80),
        ),
        (
            Setting(
                "application.yml:resilience4j.retry.max-attempts",
                3.0,
                "application.yml",
                "retry",
            ),
            Setting("HTTP_TIMEOUT", "5s", "HTTP_TIMEOUT", "timeout"),
        ),
    )


def test_of_a_huge_value_only_a_part_is_read_and_that_is_a_gap() -> None:
    filler = "x" * (config_maps.LONGEST_VALUE - 100)
    raw = config_map(
        "m", one=f"http://cart:80 {filler}\n{filler} http://cart:81", two="http://cart:82"
    )
    inventory = filled({"Service": [service("cart")], "ConfigMap": [raw]})

    (found,) = inventory.objects().config_maps

    assert [r.port for r in found.references] == [80, 82]
    assert inventory.gaps == (
        Gap(
            "ConfigMap shop/m",
            message("gap.config-map-cut", value_kib=256, all_kib=1024, keys=1000),
        ),
    )


def test_of_many_large_values_only_so_many_are_read() -> None:
    count = config_maps.LONGEST_IN_ALL // config_maps.LONGEST_VALUE + 1
    text = "y " * (config_maps.LONGEST_VALUE // 2 - 20) + "http://cart:80"
    raw = config_map("m", **{f"k{n}": text for n in range(count)})
    inventory = filled({"Service": [service("cart")], "ConfigMap": [raw]})

    (found,) = inventory.objects().config_maps

    assert len(found.references) == count - 1
    assert len(inventory.gaps) == 1


def test_of_very_many_keys_only_so_many_are_kept() -> None:
    text = "\n".join(f"k{n}=1" for n in range(nested.LARGEST_PATH_COUNT - 1))
    inventory = filled({"ConfigMap": [config_map("m", x__env=text)]})

    (found,) = inventory.objects().config_maps

    assert len(found.keys) == config_maps.LARGEST_KEY_COUNT
    assert len(inventory.gaps) == 1


def test_values_that_are_no_text_are_passed_over() -> None:
    raw = config_map("m", A="http://cart")
    raw["data"] |= {"B": 7, "C": None, "D": ["http://cart"]}

    found = read(raw)

    assert found.keys == ("A", "B", "C", "D")
    assert [r.key for r in found.references] == ["A"]
