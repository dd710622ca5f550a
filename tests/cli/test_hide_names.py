"""--hide-names: what is shared tells no names."""

import json
from pathlib import Path

import pytest

from mesh_probe.snapshot import loads
from tests.cli.test_scan import manifests, report_of, run


@pytest.fixture
def key(tmp_path: Path) -> str:
    file = tmp_path / "names.key"
    file.write_bytes(b"a key of more than 16 bytes")
    return str(file)


def test_a_scan_saves_and_reports_pseudonyms(tmp_path: Path, key: str) -> None:
    saved = tmp_path / "hidden.json"
    options = ("--format", "json", "--save", str(saved), "--hide-names", key)
    report = report_of(run("scan", "--manifests", str(manifests(tmp_path)), *options))
    ids = [node["id"] for node in report["graph"]["nodes"]]

    assert len(ids) == 2
    assert not {"shop", "web", "cart"} & {part for node in ids for part in node.split("/")}
    assert {w.name for w in loads(saved.read_bytes(), "saved").objects.workloads} == {
        node.split("/")[1] for node in ids
    }
    assert "shop" not in saved.read_text()


def test_a_snapshot_can_be_hidden_later_with_the_same_result(tmp_path: Path, key: str) -> None:
    plain, hidden = (str(tmp_path / name) for name in ("plain.json", "hidden.json"))
    run("demo", "--save", plain)
    at_once = run("demo", "--hide-names", key, "--save", hidden).stdout

    assert run("report", plain, "--hide-names", key).stdout == at_once
    assert run("report", hidden).stdout == at_once


def test_a_node_is_found_by_its_true_name_and_by_its_pseudonym(tmp_path: Path, key: str) -> None:
    saved = str(tmp_path / "plain.json")
    run("demo", "--save", saved)
    command = ("graph", saved, "--hide-names", key, "--depth", "0")
    by_name = run(*command, "--focus", "storefront/web").stdout
    (node,) = json.loads(by_name)["nodes"]
    path = ("storefront/web", "ordering/checkout")

    assert "web" not in node["id"]
    assert run(*command, "--focus", node["id"]).stdout == by_name
    assert len(json.loads(run(*command, "--path", *path).stdout)["edges"]) == 1
    assert run(*command, "--focus", "storefront/nobody").exit_code == 1


@pytest.mark.parametrize("command", [("demo",), ("report", "x"), ("graph", "x"), ("scan",)])
def test_a_key_that_can_be_guessed_is_refused_before_anything_is_read(
    command: tuple[str, ...], tmp_path: Path
) -> None:
    short = tmp_path / "short.key"
    short.write_bytes(b"123456789012345")
    result = run(*command, "--hide-names", str(short))

    assert (result.exit_code, result.stdout) == (4, "")
    assert "15 of at least 16 bytes" in result.stderr
    assert "head -c 32 /dev/urandom" in result.stderr


def test_a_key_file_that_is_not_there_is_named() -> None:
    result = run("demo", "--hide-names", "/nowhere/names.key")

    assert result.exit_code == 4
    assert "/nowhere/names.key" in result.stderr
