"""Nothing that must stay in the cluster gets into a snapshot."""

import base64
import json
import string
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mesh_probe.inventory import Inventory
from mesh_probe.kinds import KINDS
from mesh_probe.snapshot import Snapshot, dumps
from tests.inventory.raw_objects import Raw, filled, meta, service

MARK = "hunter2"
NOON = datetime(2026, 3, 14, 12, 0, tzinfo=UTC)

# Every way to write a secret next to something that is kept, or where a host could stand.
AROUND = (
    "{}",
    "{}:{}",
    "http://{}:{}@cart:80/{}?q={}#{}",
    "postgres://cart:{}@cart:5432/{}?sslmode=require&password={}",
    "jdbc:postgresql://cart:5432/{}?user={}&password={}",
    "jdbc:sqlserver://cart:1433;user={};password={};encrypt=true",
    "jdbc:oracle:thin:{}/{}@//cart:1521/{}",
    "Server=cart,1433;User Id={};Password={};Timeout=5",
    "host=cart port=5432 user={} password={} dbname={}",
    "{}:{}@tcp(cart:3306)/{}?timeout=5s&x={}",
    "amqp://{}:{}@cart:5672,{}:{}@redis:5672/{}",
    "cart:6379,password={},ssl=true,name={}",
    "--password={} --db=cart:5432",
    "--password {} --user {} --addr cart:80",
    "mysql -h cart -u{} -p{} {}",
    "curl -u {}:{} -H 'Authorization: Bearer {}' http://cart/{}",
    '{{"url": "http://cart", "password": "{}", "list": ["{}"], "nested": {{"token": "{}"}}}}',
    "url: http://cart\npassword: {}\nnested:\n  token: '{}'\n",
    "cart.url=http://cart\ncart.password={}\n# {}\nsecret={}\n",
    "[section]\nhost = cart\npassword = {}\n; {}\n",
    "user {};\nlocation / {{ proxy_pass http://cart/{}; proxy_set_header X '{}'; }}",
    "-----BEGIN PRIVATE KEY-----\n{}\n-----END PRIVATE KEY-----",
    "{}==",
    "eyJhbGciOiJIUzI1NiJ9.{}.{}",
    "cart:80 {}",
)


def keeps(inventory: Inventory) -> str:
    snapshot = Snapshot(NOON, tool_version="0", objects=inventory.objects(), gaps=inventory.gaps)
    return dumps(snapshot).decode()


def planted(text: str) -> dict[str, list[Raw]]:
    """Objects of every kind with the text wherever they have free text."""
    notes = {
        "kubectl.kubernetes.io/last-applied-configuration": json.dumps({"spec": text}),
        "kubernetes.io/change-cause": text,
        "example.com/note": text,
    }
    about = meta("web", annotations=notes, labels={"note": text[:60]}, managedFields=[{"x": text}])
    container = {
        "name": "app",
        "image": "web:1",
        "env": [
            {"name": "PLAIN", "value": text},
            {"name": "CART_PASSWORD", "value": text},
            {"name": "CONNECTION", "value": text},
            {"name": "FROM_FIELD", "valueFrom": {"fieldRef": {"fieldPath": "metadata.name"}}},
            {"name": "EXPANDED", "value": "$(PLAIN) $(CART_PASSWORD)"},
        ],
        "args": [text, "--flag", text, f"--other={text}", "$(PLAIN)"],
        "command": ["sh", "-c", text],
        "lifecycle": {"preStop": {"exec": {"command": [text]}}},
        "readinessProbe": {"exec": {"command": [text]}},
        "volumeMounts": [{"mountPath": text}],
    }
    template = {
        "metadata": {"labels": {"app": "web"}, "annotations": notes},
        "spec": {"containers": [container], "initContainers": [container]},
    }
    return {
        "Service": [service("cart"), service("redis")],
        "ConfigMap": [
            {
                "metadata": about,
                "data": {
                    "KEY": text,
                    "a.yaml": text,
                    "a.json": text,
                    "a.properties": text,
                    "a": text,
                },
                "binaryData": {"bin": base64.b64encode(text.encode()).decode()},
            }
        ],
        **{
            kind: [{"metadata": about, "spec": {"template": template}}]
            for kind in ("Deployment", "StatefulSet", "DaemonSet", "Job", "ReplicaSet", "Rollout")
        },
        "CronJob": [{"metadata": about, "spec": {"jobTemplate": {"spec": {"template": template}}}}],
        "Pod": [{**template, "metadata": about, "status": {"phase": "Running", "message": text}}],
        "Namespace": [{"metadata": about}],
        "Node": [{"metadata": about, "status": {"nodeInfo": {"bootID": text}}}],
        "Ingress": [
            {
                "metadata": about,
                "spec": {"tls": [{"secretName": text}], "rules": [{"http": {"paths": []}}]},
            }
        ],
        "HTTPRoute": [
            {"metadata": about, "spec": {"rules": [{"matches": [{"headers": [{"value": text}]}]}]}}
        ],
        "PrometheusRule": [
            {
                "metadata": about,
                "spec": {"groups": [{"rules": [{"expr": text, "annotations": {"summary": text}}]}]},
            }
        ],
        "AlertmanagerConfig": [
            {"metadata": about, "spec": {"receivers": [{"slackConfigs": [{"apiURL": text}]}]}}
        ],
        "Certificate": [{"metadata": about, "spec": {"secretName": text, "keystores": text}}],
        "MutatingWebhookConfiguration": [
            {"metadata": about, "webhooks": [{"clientConfig": {"caBundle": text, "url": text}}]}
        ],
    }


# Here the secret alone is the value: what looks like a host or an assignment then is one.
ALONE = ("{}", "{}:{}", "{}==")


@pytest.mark.parametrize("around", AROUND)
def test_no_secret_is_kept_wherever_it_stands(around: str) -> None:
    text = around.replace("{}", MARK).replace("{{", "{").replace("}}", "}")

    assert MARK not in keeps(filled(planted(text)))


@given(
    st.sampled_from([a for a in AROUND if a not in ALONE]),
    st.text(string.ascii_letters + string.digits + "!$%&*()+-_~^|@/?#:,;", max_size=12).filter(
        lambda noise: "://" not in noise
    ),
)
def test_no_secret_is_kept_whatever_characters_it_has(around: str, noise: str) -> None:
    """But for those that make it an assignment, a host or a URL by its form."""
    secret = f"{MARK}{noise}{MARK}"
    text = around.replace("{}", secret).replace("{{", "{").replace("}}", "}")

    assert MARK not in keeps(filled(planted(text)))


def test_a_secret_is_not_read_from_manifests() -> None:
    inventory = Inventory()
    secret = {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {"name": "s"},
        "stringData": {"a": MARK},
        "data": {"b": MARK},
    }

    assert not inventory.add(secret, "file")
    assert MARK not in keeps(inventory)


def test_an_odd_object_does_not_quote_itself_in_its_gap() -> None:
    inventory = Inventory()
    for kind in KINDS:
        document = {
            "apiVersion": f"{kind.group}/v1" if kind.group else "v1",
            "kind": kind.name,
            "metadata": {"name": "x", "labels": MARK},
            "spec": MARK,
        }
        inventory.add(document, "file")

    assert len(inventory.gaps) == len(KINDS)
    assert MARK not in keeps(inventory)
