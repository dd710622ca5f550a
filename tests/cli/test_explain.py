import json
from pathlib import Path

import pytest

from tests.cli.test_scan import run


@pytest.fixture(scope="module")
def snapshot(tmp_path_factory: pytest.TempPathFactory) -> str:
    file: Path = tmp_path_factory.mktemp("scan") / "scan.json.gz"
    assert run("demo", "--save", str(file)).exit_code == 0
    return str(file)


@pytest.mark.parametrize(
    ("what", "begins"),
    [
        (("internal-auth",), "Question 5"),
        (("hype",), "Signal 1"),
        (("port-protocol-untold",), "In the way of a mesh: "),
        (("storefront/web", "ordering/cart"), "Calls from storefront/web to ordering/cart"),
    ],
)
def test_questions_signals_and_edges_are_explained(
    snapshot: str, what: tuple[str, ...], begins: str
) -> None:
    result = run("explain", *what, snapshot)

    assert (result.exit_code, result.stderr) == (0, "")
    assert result.stdout.startswith(begins)
    assert "What would change it" in result.stdout


def test_programs_get_a_record(snapshot: str) -> None:
    told = json.loads(run("explain", "ops-owner", snapshot, "--format", "json").stdout)

    assert (told["schema"], told["id"]) == ("mesh-probe/explain/v1", "ops-owner")


def test_manifests_are_explained_without_a_snapshot(tmp_path: Path) -> None:
    (tmp_path / "ns.yaml").write_text("{apiVersion: v1, kind: Namespace, metadata: {name: shop}}")

    assert run("explain", "service-count", "--manifests", str(tmp_path)).exit_code == 0


@pytest.mark.parametrize(
    "what", [("nonsense",), ("service-count", "a", "b"), ("a/b", "c/d", "e", "f")]
)
def test_what_is_not_understood_is_said_with_what_is(what: tuple[str, ...]) -> None:
    result = run("explain", *what)

    assert result.exit_code == 2
    assert "service-count" in result.stderr
    assert "host-network" in result.stderr


@pytest.mark.parametrize(
    ("pair", "said"),
    [
        (("shop/nobody", "ordering/cart"), "shop/nobody"),
        (("ordering/cart", "storefront/web"), "does not call"),
    ],
)
def test_an_edge_that_is_not_there_is_named(
    snapshot: str, pair: tuple[str, str], said: str
) -> None:
    result = run("explain", *pair, snapshot)

    assert result.exit_code == 1
    assert said in result.stderr


def test_an_assumption_is_marked(snapshot: str) -> None:
    result = run("explain", "internal-auth", snapshot, "--assume", "internal-auth=yes")

    assert "Answer: yes, assumed for this report." in result.stdout
    assert "The rule alone says" in result.stdout
