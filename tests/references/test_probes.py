"""Addresses that are only asked whether a program is well are told from those that are called."""

import pytest

from mesh_probe.model import Reference
from mesh_probe.references import scopes, tokens
from mesh_probe.references.known import Known

KNOWN = Known({name: frozenset({"80"}) for name in ("basket", "catalog", "order", "health", "ehr")})


def found(text: str, key: str, found_in: str = "env") -> tuple[Reference, ...]:
    return tokens.find(text, key, found_in, KNOWN)


@pytest.mark.parametrize(
    ("key", "text"),
    [
        ("BasketUrlHC", "http://basket-api/hc"),
        ("HealthChecksUI__HealthChecks__0__Uri", "http://basket/hc"),
        ("HealthChecksUI__HealthChecks__3__Uri", "http://basket/whatever"),
        ("appsettings.json:HealthChecksUI.HealthChecks[].Uri", "http://basket:80/x"),
        ("TARGET_URL", "http://basket/health"),
        ("TARGET_URL", "http://basket:80/healthz?full=1"),
        ("TARGET_URL", "https://user:word@basket:80/health"),
        ("TARGET", "basket:80/readyz"),
        ("endpoints[].url", "http://basket/actuator/health/readiness"),
        ("endpoints[].url", "http://basket/-/ready"),
        ("endpoints[].url", "http://basket:9200/_cluster/health"),
        ("endpoints[].url", "http://basket/api/v1/health/"),
        ("ORDER_SERVICE_HEALTH_URL", "http://basket/health"),
        ("ORDER_HEALTHCHECK_URL", "http://basket:80"),
        ("ORDER_HEALTH_CHECK_URL", "http://basket:80/status"),
        ("order.liveness-url", "http://basket:80/ping"),
    ],
)
def test_what_is_asked_for_health_is_a_probe(key: str, text: str) -> None:
    references = found(text, key)
    assert [reference.about for reference in references] == ["probe"]


@pytest.mark.parametrize(
    ("key", "text"),
    [
        ("BASKET_URL", "http://basket"),
        ("BASKET_URL", "http://basket/"),
        ("BASKET_URL", "http://basket/hcm"),
        ("BASKET_URL", "http://basket/healthcare/patients"),
        ("EHR_URL", "http://ehr/health/records"),
        ("STREAM_URL", "http://basket/live"),
        ("STATUS_URL", "http://basket/status"),
        # Without a path nobody can tell a program's health from a program for health.
        ("MENTAL_HEALTH_URL", "http://ehr:80"),
        ("HEALTH_SERVICE_URL", "http://health:80"),
        ("HEALTH_SERVICE_URL", "http://health:80/api/health"),
        ("HEALTHCHECK_URL", "https://hc-ping.com"),
        ("HEALTHCHECK_URL", "https://basket.example/0a1b2c"),
        ("WAIT_FOR_URL", "http://basket/health"),
    ],
)
def test_what_is_called_is_no_probe(key: str, text: str) -> None:
    assert [reference.about for reference in found(text, key)] == [None]


def test_every_url_of_a_list_is_looked_at_by_itself() -> None:
    listed = found("http://basket/health, http://catalog/items,http://order/hc", "TARGETS")
    assert [(r.host, r.about) for r in listed] == [
        ("basket", "probe"),
        ("catalog", None),
        ("order", "probe"),
    ]


@pytest.mark.parametrize(
    ("text", "found_in"),
    [
        ("until curl -fsS http://basket/health; do sleep 1; done", "args"),
        ("http://basket/health", "command"),
        ("#!/bin/sh\ncheck http basket:80/readyz\n", "wait.sh"),
    ],
)
def test_a_script_that_waits_for_a_program_calls_it_afterwards(text: str, found_in: str) -> None:
    assert [(r.host, r.about) for r in found(text, "", found_in)] == [("basket", None)]


def test_a_flag_for_health_checks_in_a_command_tells() -> None:
    (reference,) = found("--health-check-url=http://basket/ping", "", "args")
    assert (reference.host, reference.about) == ("basket", "probe")


def test_a_host_and_a_port_in_two_values_can_be_a_probe() -> None:
    values = {"BASKET_HEALTHCHECK_HOST": "basket", "BASKET_HEALTHCHECK_PORT": "80"}
    (reference,) = scopes.find(values, "env", KNOWN)
    assert (reference.port, reference.about) == (80, "probe")
