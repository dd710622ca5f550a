"""Manifest files to the inventory."""

import io
import json
from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from mesh_probe.collect import manifests
from mesh_probe.collect.manifests import ManifestRead
from mesh_probe.errors import FileError
from mesh_probe.inventory import Inventory
from mesh_probe.kinds import KINDS
from mesh_probe.model import Gap, KindRead, Objects
from mesh_probe.text import message
from tests.inventory.raw_objects import Raw, config_map, deployment, env, filled, meta, service
from tests.inventory.test_privacy import planted

DEPLOYMENT = """\
apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  template:
    spec:
      containers:
      - name: app
        env: [{name: CART_HOST, value: cart}]
"""
SERVICE = "apiVersion: v1\nkind: Service\nmetadata: {name: cart}\nspec: {ports: [{port: 80}]}\n"


def read(*paths: object, stdin: bytes = b"") -> tuple[ManifestRead, Inventory]:
    inventory = Inventory()
    found = manifests.read([str(path) for path in paths], inventory, io.BytesIO(stdin))
    return found, inventory


def names(inventory: Inventory) -> list[str]:
    objects = inventory.objects()
    return [*(s.name for s in objects.services), *(w.name for w in objects.workloads)]


def test_files_folders_and_standard_input_are_read(tmp_path: Path) -> None:
    (tmp_path / "deep" / "er").mkdir(parents=True)
    (tmp_path / "deep" / "er" / "web.yml").write_text(DEPLOYMENT)
    (tmp_path / "deep" / "notes.txt").write_text("a: [")
    (tmp_path / "cart.json").write_text(json.dumps(yaml.safe_load(SERVICE)))

    found, inventory = read(
        tmp_path / "deep", tmp_path / "cart.json", "-", stdin=SERVICE.replace("cart", "b").encode()
    )

    assert found == ManifestRead(file_count=3, object_count=3, other_count=0)
    assert names(inventory) == ["b", "cart", "web"]


def test_services_are_known_before_the_strings_that_name_them_are_read() -> None:
    _, inventory = read("-", stdin=f"{DEPLOYMENT}---\n{SERVICE}".encode())

    assert [r.host for r in inventory.objects().workloads[0].references] == ["cart"]


def test_a_document_without_a_namespace_is_in_the_default_one() -> None:
    _, inventory = read("-", stdin=SERVICE.encode())

    assert [s.namespace for s in inventory.objects().services] == ["default"]


def test_a_broken_document_is_a_gap_that_says_where(tmp_path: Path) -> None:
    file = tmp_path / "shop.yaml"
    file.write_text(f"{SERVICE}---\nkind: [\n---\n{DEPLOYMENT}")

    found, inventory = read(file)

    assert names(inventory) == ["cart", "web"]
    assert found.gaps == (
        Gap(
            str(file),
            message(
                "gap.document-unreadable",
                number=2,
                line=7,
                detail="did not find expected node content",
            ),
        ),
    )


def test_an_object_that_is_not_shaped_as_its_kind_names_its_file() -> None:
    _, inventory = read("-", stdin=b"apiVersion: v1\nkind: Service\nmetadata: {name: 7}\n")

    assert [g.subject for g in inventory.gaps] == ["Service stdin, document 1"]


def test_templates_that_are_not_filled_in_say_so() -> None:
    structure = "{{- if .Values.on }}\nkind: Service\n{{- end }}\n"
    name = 'apiVersion: v1\nkind: Service\nmetadata: {name: "{{ .Release.Name }}"}\n'
    rule = 'apiVersion: v1\nkind: Service\nmetadata: {name: a, annotations: {x: "{{ $y }}"}}\n'

    found, inventory = read("-", stdin=f"{structure}---\n{name}---\n{rule}".encode())

    assert names(inventory) == ["a"]
    assert [(g.reason.id, g.reason.parameters["number"]) for g in found.gaps] == [
        ("gap.document-template", 1),
        ("gap.document-template", 2),
    ]


def test_lists_are_unpacked() -> None:
    listed = {
        "apiVersion": "v1",
        "kind": "List",
        "items": [
            yaml.safe_load(SERVICE),
            {"apiVersion": "apps/v1", "kind": "DeploymentList", "items": [deployment("web")]},
            None,
        ],
    }

    found, inventory = read("-", stdin=json.dumps([listed]).encode())

    assert names(inventory) == ["cart", "web"]
    assert (found.object_count, found.other_count) == (2, 1)


def test_secrets_and_other_documents_are_only_counted() -> None:
    text = (
        "apiVersion: v1\nkind: Secret\nmetadata: {name: s}\nstringData: {a: hunter2}\n"
        "---\nreplicaCount: 1\n---\njust text\n---\nkind: 7\napiVersion: v1\n"
    )

    found, inventory = read("-", stdin=text.encode())

    assert found == ManifestRead(file_count=1, object_count=0, other_count=4)
    assert inventory.gaps == ()


def test_kinds_that_are_in_no_file_are_not_given() -> None:
    _, inventory = read("-", stdin=SERVICE.encode())

    kinds = inventory.objects().kinds

    assert len(kinds) == len(KINDS)
    assert [k for k in kinds if k.state == "read"] == [KindRead("Service", "", "read", 1)]
    assert {k.state for k in kinds if k.kind != "Service"} == {"not-given"}


def test_a_namespace_that_does_not_occur_is_a_gap_with_what_may_be_meant() -> None:
    text = SERVICE.replace("name: cart", "name: cart, namespace: shop").encode()
    inventory = Inventory(namespaces=frozenset({"shpo", "shop"}))
    wanted = ("shpo", "shop", "elsewhere")

    found = manifests.read(["-"], inventory, io.BytesIO(text), namespaces=wanted)

    assert [(gap.subject, gap.reason.id, gap.hint) for gap in found.gaps] == [
        ("Namespace shpo", "gap.no-such-namespace", message("hint.meant", names="shop")),
        ("Namespace elsewhere", "gap.no-such-namespace", message("hint.no-such-namespace")),
    ]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_files_written_by_powershell_are_read(tmp_path: Path, encoding: str) -> None:
    file = tmp_path / "a.yaml"
    file.write_bytes(SERVICE.replace("\n", "\r\n").encode(encoding))

    assert names(read(file)[1]) == ["cart"]


def test_a_file_that_is_no_text_is_a_gap(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_bytes(b"\xff\xfe\xfd" * 3)
    (tmp_path / "b.yaml").write_text(SERVICE)

    found, inventory = read(tmp_path)

    assert names(inventory) == ["cart"]
    assert [g.reason.id for g in found.gaps] == ["gap.file-encoding"]


def test_a_folder_without_manifests_is_a_gap(tmp_path: Path) -> None:
    found, _ = read(tmp_path)

    assert [(g.subject, g.reason.id) for g in found.gaps] == [(str(tmp_path), "gap.no-manifests")]


@pytest.mark.parametrize("name", ["missing.yaml", "a\0b"])
def test_a_path_that_is_not_there_ends_the_run(tmp_path: Path, name: str) -> None:
    with pytest.raises(FileError) as caught:
        read(tmp_path / name)

    assert caught.value.exit_code == 4
    assert caught.value.said.id == "error.file-unreadable"


@given(st.binary(max_size=200))
def test_no_bytes_make_it_fail(data: bytes) -> None:
    read("-", stdin=data)


# --- the same objects, the same snapshot ----------------------------------------------------------


def rich() -> dict[str, list[Raw]]:
    """Objects of every kind, with references, owners and odd corners."""
    objects = planted("postgres://u:p@cart:5432/x?sslmode=require")
    objects["Service"].append(service("legacy", "data", clusterIP="None"))
    objects["ConfigMap"].append(config_map("m", CART_ADDR="cart:80", app__yml="a: {timeout: 5s}"))
    objects["Deployment"].append(
        deployment("api", env=env(CART_URL="http://cart:80", RETRIES="3"), args=["--x=redis:6379"])
    )
    objects["ReplicaSet"] = [
        {
            "metadata": meta(
                "api-1", ownerReferences=[{"kind": "Deployment", "name": "api", "controller": True}]
            ),
            "spec": {"template": {}},
        }
    ]
    for each in KINDS:
        objects.setdefault(each.name, [{"metadata": meta("x" if each.namespaced else "y")}])
    for each in KINDS:
        if not each.namespaced:
            for item in objects[each.name]:
                item["metadata"] = {k: v for k, v in item["metadata"].items() if k != "namespace"}
    return objects


def documents(pages: dict[str, list[Raw]]) -> list[Raw]:
    return [
        {"apiVersion": f"{kind.group}/v1" if kind.group else "v1", "kind": kind.name, **item}
        for kind in KINDS
        for item in pages[kind.name]
    ]


@pytest.mark.parametrize("form", ["json-list", "yaml-list", "yaml-documents"])
def test_the_same_objects_give_the_same_inventory_as_from_the_api(form: str) -> None:
    from_api = filled(rich())
    items = documents(rich())
    listed = {"apiVersion": "v1", "kind": "List", "items": items}
    text = {
        "json-list": json.dumps(listed),
        "yaml-list": yaml.safe_dump(listed),
        "yaml-documents": yaml.safe_dump_all(reversed(items)),
    }[form]

    _, from_files = read("-", stdin=text.encode())

    assert from_files.objects() == from_api.objects()
    assert from_files.gaps == from_api.gaps
    assert from_files.objects() != Objects()
