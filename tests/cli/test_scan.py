"""The commands on real input: a cluster behind a kubeconfig, files, a real Prometheus."""

import json
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from click.testing import CliRunner, Result

import mesh_probe
from mesh_probe.cli import main
from tests.kube import KubeServer
from tests.kube.server import Rights
from tests.kube.shop import deployment, document
from tests.prometheus.history import AT, Series, backfill
from tests.prometheus.server import running

SCHEMA = json.loads(
    Path(mesh_probe.__file__).with_name("formats").joinpath("report.schema.json").read_text("utf-8")
)
AT_TEXT = AT.isoformat()


def service(name: str, port: int, **rest: Any) -> dict[str, object]:
    spec = {
        "selector": {"app": name},
        "ports": [{"port": port, "name": "http"}],
        "type": "ClusterIP",
    }
    return document("Service", name, "shop", spec=spec, **rest)


def calling(name: str, **env: str) -> dict[str, object]:
    found = deployment(name, "shop")
    variables = [{"name": key, "value": value} for key, value in env.items()]
    found["spec"]["template"]["spec"]["containers"][0]["env"] = variables
    return found


SHOP = [
    document("Namespace", "shop"),
    calling("web", CART_URL="http://cart:80/api", GREETING="hello"),
    calling("cart"),
    service("web", 80),
    service("cart", 80),
    service("prometheus", 9090, metadata={"labels": {"app": "prometheus-server"}}),
]


def run(*args: str, env: dict[str, str] | None = None, stdin: bytes | None = None) -> Result:
    clean = {"MESH_PROBE_LANG": "en", "NO_COLOR": None, "KUBECONFIG": "/nonexistent"}
    return CliRunner().invoke(main, args, env=clean | (env or {}), input=stdin)


def report_of(result: Result) -> Any:
    assert (result.exit_code, result.stderr) == (0, "")
    report = json.loads(result.stdout)
    jsonschema.validate(report, SCHEMA)
    return report


def manifests(folder: Path, documents: Sequence[object] = SHOP) -> Path:
    file = folder / "shop.json"
    file.write_text(json.dumps({"apiVersion": "v1", "kind": "List", "items": documents}))
    return file


@pytest.fixture(scope="module")
def prometheus(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    labels = {
        "reporter": "source",
        "source_workload": "web",
        "source_workload_namespace": "shop",
        "destination_workload": "cart",
        "destination_workload_namespace": "shop",
        "destination_service_name": "cart",
        "destination_service_namespace": "shop",
        "request_protocol": "http",
        "response_code": "200",
    }
    data = tmp_path_factory.mktemp("prometheus")
    backfill(data, [Series("istio_requests_total", labels, 4.0)])
    with running(data) as url:
        yield url


def test_a_cluster_is_scanned_through_its_kubeconfig(tmp_path: Path, prometheus: str) -> None:
    with KubeServer(SHOP) as server:
        server.forward("shop", "prometheus:9090", prometheus)
        config = server.kubeconfig(tmp_path)
        options = ("--kubeconfig", str(config), "--context", "test", "--format", "json")
        report = report_of(run("scan", *options, "--at", AT_TEXT))

    (edge,) = report["graph"]["edges"]
    assert (edge["client"], edge["server"]) == ("shop/web", "shop/cart")
    assert (edge["declared"], edge["observed"], edge["sources"]) == (True, True, ["istio"])
    assert edge["rate_rps"] == pytest.approx(4.0)
    assert report["cluster"]["services"] == 3
    objects = [request for request in server.requests if "/proxy/" not in request.path]
    assert report["load"]["requests"] == len(objects)
    assert report["load"]["prometheus_queries"] > 0


def test_files_give_the_same_edges_as_the_cluster(tmp_path: Path) -> None:
    with KubeServer(SHOP) as server:
        config = str(server.kubeconfig(tmp_path))
        from_cluster = run("graph", "--kubeconfig", config, "--prometheus", "none")
    from_files = run("graph", "--manifests", str(manifests(tmp_path)))

    assert from_files.exit_code == from_cluster.exit_code == 0
    assert json.loads(from_files.stdout)["edges"] == json.loads(from_cluster.stdout)["edges"]


def test_manifests_come_through_a_pipe() -> None:
    text = "\n---\n".join(json.dumps(part) for part in SHOP).encode()

    report = report_of(run("scan", "--manifests", "-", "--format", "json", stdin=text))

    assert report["cluster"]["workloads"] == 2


def test_source_code_shows_calls_that_no_manifest_does(tmp_path: Path) -> None:
    code = tmp_path / "trees" / "shop"
    (code / "cart").mkdir(parents=True)
    (code / "cart" / "main.go").write_text('package main\n\nvar db = dial("http://web:80/")\n')
    shop = manifests(tmp_path)

    report = report_of(
        run("scan", "--manifests", str(shop), "--code", str(code), "--format", "json")
    )

    (edge,) = (e for e in report["graph"]["edges"] if e["client"] == "shop/cart")
    assert (edge["server"], edge["declared"], edge["confidence"]) == ("shop/web", True, 0.9)
    (piece,) = edge["evidence"]
    assert piece["fact"] == "Declared in code: shop/cart/main.go:3 names web."
    shown = subprocess.run(
        piece["check"], shell=True, cwd=code.parent, capture_output=True, text=True, check=True
    )
    assert shown.stdout == 'var db = dial("http://web:80/")\n'


def test_a_folder_of_code_that_is_not_there_exits_with_4(tmp_path: Path) -> None:
    gone = str(tmp_path / "gone")

    result = run("scan", "--manifests", str(manifests(tmp_path)), "--code", gone)

    assert result.exit_code == 4
    assert result.stderr.splitlines()[0] == f"Error: {gone} is no folder that can be read."


def test_a_saved_scan_gives_the_same_report(tmp_path: Path) -> None:
    kept = tmp_path / "scan.json.gz"
    first = run(
        "scan", "--manifests", str(manifests(tmp_path)), "--format", "markdown", "--save", str(kept)
    )
    again = run("report", str(kept), "--format", "markdown")
    third = run("report", str(kept), "--format", "markdown")

    assert first.exit_code == again.exit_code == 0
    assert kept.read_bytes().startswith(b"\x1f\x8b")
    assert again.stdout == third.stdout
    # Only what the scan cost is not in the snapshot.
    assert set(again.stdout.splitlines()) - set(first.stdout.splitlines()) <= {
        "Made from a saved snapshot; no cluster was asked."
    }


def test_a_forbidden_kind_is_a_gap_and_the_report_is_made(tmp_path: Path) -> None:
    with KubeServer(SHOP, users={"blind": Rights(but=("services",))}) as server:
        config = str(server.kubeconfig(tmp_path, "blind"))
        report = report_of(run("scan", "--kubeconfig", config, "--format", "json"))

    assert "Service" in [gap["subject"] for gap in report["gaps"]]
    assert report["cluster"]["services"] is None
    assert report["answers"][0]["status"] == "unknown"


def test_a_scan_that_runs_out_of_time_reports_what_it_has_and_says_it_is_partial(
    tmp_path: Path,
) -> None:
    with KubeServer(SHOP) as server:
        server.fault("deployments", hang=True)
        config = str(server.kubeconfig(tmp_path))
        options = ("--timeout", "1s", "--prometheus", "none", "--format", "json")
        report = report_of(run("scan", "--kubeconfig", config, *options))

    reasons = {gap["subject"]: gap["reason_id"] for gap in report["gaps"]}
    assert (reasons["scan"], reasons["Deployment"]) == ("gap.partial", "gap.time")
    assert report["cluster"]["services"] == 3


def test_everything_forbidden_is_a_report_full_of_gaps(tmp_path: Path) -> None:
    with KubeServer(SHOP, users={"nobody": Rights(namespaces=())}) as server:
        config = str(server.kubeconfig(tmp_path, "nobody"))
        report = report_of(run("scan", "--kubeconfig", config, "--format", "json"))

    assert {answer["status"] for answer in report["answers"]} == {"unknown"}
    assert report["verdict"]["outcome"] == "undecided"


def test_a_prometheus_that_answers_nonsense_is_a_gap(tmp_path: Path) -> None:
    file = str(manifests(tmp_path))
    with KubeServer() as server:
        url = server.url.replace("https", "http")
        report = report_of(
            run("scan", "--manifests", file, "--prometheus", url, "--format", "json")
        )

    assert "Prometheus" in [gap["subject"] for gap in report["gaps"]]


def test_without_an_api_server_it_says_what_to_do_and_exits_with_3(tmp_path: Path) -> None:
    with KubeServer() as server:
        config = str(server.kubeconfig(tmp_path))
    result = run("scan", "--kubeconfig", config)

    assert result.exit_code == 3
    assert result.stdout == ""
    error, hint = result.stderr.splitlines()
    assert error == f"Error: No Kubernetes API at {server.url}: Connection refused"
    assert hint.startswith("Hint: ")


def test_refused_credentials_exit_with_3(tmp_path: Path) -> None:
    with KubeServer() as server:
        result = run("scan", "--kubeconfig", str(server.kubeconfig(tmp_path, "stranger")))

    assert result.exit_code == 3


def test_a_focused_graph_has_only_what_is_near(tmp_path: Path) -> None:
    file = str(manifests(tmp_path))
    whole = json.loads(run("graph", "--manifests", file).stdout)
    near = json.loads(
        run("graph", "--manifests", file, "--focus", "shop/web", "--depth", "0").stdout
    )
    path = json.loads(run("graph", "--manifests", file, "--path", "shop/web", "shop/cart").stdout)

    assert [node["id"] for node in near["nodes"]] == ["shop/web"]
    assert path["edges"] == whole["edges"]


@pytest.mark.parametrize(
    ("options", "code", "said"),
    [
        (("--focus", "shop/ghost"), 1, "Error: There is no shop/ghost in the graph"),
        (("--path", "shop/cart", "shop/web"), 1, "Error: No chain of calls leads from shop/cart"),
        (
            ("--focus", "shop/web", "--path", "shop/web", "shop/cart"),
            2,
            "Error: --focus and --path",
        ),
    ],
)
def test_a_part_that_is_not_there_is_said(
    tmp_path: Path, options: tuple[str, ...], code: int, said: str
) -> None:
    result = run("graph", "--manifests", str(manifests(tmp_path)), *options)

    assert (result.exit_code, result.stdout) == (code, "")
    assert result.stderr.startswith(said)


def test_the_doctor_tells_what_can_be_read_and_what_was_tried(
    tmp_path: Path, prometheus: str
) -> None:
    with KubeServer(SHOP, users={"blind": Rights(but=("nodes",))}) as server:
        server.forward("shop", "prometheus:9090", prometheus)
        config = str(server.kubeconfig(tmp_path, "blind"))
        result = run("doctor", "--kubeconfig", config, "--at", AT_TEXT)
        lists = [r for r in server.requests if r.query.get("limit") == "1"]

    assert result.exit_code == 0
    assert f"{server.url} runs v1.36.2 (context test)" in result.stdout
    assert "unreadable     Node" in result.stdout
    assert "answers  shop/prometheus:9090  through the API server" in result.stdout
    assert re.search(r"readable +istio +1 client-server pair\n", result.stdout)
    assert len(lists) > 10


def test_the_doctor_lists_an_address_that_was_given_beside_what_it_found(
    tmp_path: Path, prometheus: str
) -> None:
    with KubeServer(SHOP) as server:
        server.forward("shop", "prometheus:9090", prometheus)
        config = str(server.kubeconfig(tmp_path))
        options = ("--prometheus", "auto", "--prometheus", prometheus, "--at", AT_TEXT)
        result = run("doctor", "--kubeconfig", config, *options)

    assert "answers  shop/prometheus:9090  " in result.stdout
    assert f"answers  {prometheus}  " in result.stdout


def test_the_doctor_says_what_did_not_answer(tmp_path: Path) -> None:
    with KubeServer(SHOP) as server:
        result = run("doctor", "--kubeconfig", str(server.kubeconfig(tmp_path)))

    assert result.exit_code == 0
    assert "no answer  shop/prometheus:9090  through the API server" in result.stdout


def test_declared_answers_win_and_are_kept_in_the_snapshot(tmp_path: Path) -> None:
    file, kept = str(manifests(tmp_path)), tmp_path / "scan.json"
    answers = tmp_path / "answers.yaml"
    answers.write_text("answers:\n  diagnosis-time: {answer: yes, note: 48 minutes last quarter}\n")
    options = ("--answers", str(answers), "--save", str(kept), "--format", "json")

    report = report_of(run("scan", "--manifests", file, *options))
    again = report_of(run("report", str(kept), "--format", "json"))

    answer = report["answers"][3]
    assert (answer["status"], answer["basis"]) == ("yes", "declared")
    assert answer["because"] == "Declared: 48 minutes last quarter"
    assert again["answers"] == report["answers"]


def test_an_assumption_beats_a_declaration(tmp_path: Path) -> None:
    file = str(manifests(tmp_path))

    report = report_of(
        run("scan", "--manifests", file, "--assume", "service-count=yes", "--format", "json")
    )

    assert report["answers"][0]["basis"] == "assumed"


def test_it_is_a_plugin_of_kubectl() -> None:
    script = Path(sys.executable).with_name("kubectl-mesh_probe")
    shown = subprocess.run([script, "--help"], capture_output=True, text=True, check=True)

    assert shown.stdout.startswith("Usage: kubectl mesh-probe [OPTIONS] COMMAND")


def test_a_scan_of_some_namespaces_proves_nothing_about_the_others(tmp_path: Path) -> None:
    with KubeServer(SHOP) as server:
        config = str(server.kubeconfig(tmp_path))
        options = ("--prometheus", "none", "--format", "json")
        report = report_of(run("scan", "--kubeconfig", config, "-n", "shop", *options))

    assert "as asked, nothing was read outside of shop" in [gap["reason"] for gap in report["gaps"]]
    assert report["answers"][0]["status"] == "unknown"
    assert report["cluster"]["workloads"] == 2


def test_kinds_that_nobody_gave_are_not_called_unreadable(tmp_path: Path) -> None:
    file = str(manifests(tmp_path, [service("cart", 80), deployment("cart", "shop")]))
    report = report_of(run("scan", "--manifests", file, "--format", "json"))

    (reason,) = [gap["reason"] for gap in report["gaps"] if gap["subject"] == "manifests"]
    assert reason.startswith("Not among the manifests given: Namespace, ConfigMap, Node, ")
    answers = {answer["id"]: answer["because_id"] for answer in report["answers"]}
    signals = {signal["id"]: signal["because_id"] for signal in report["signals"]}
    assert answers["ops-owner"] == "ops-owner.not-given"
    assert signals["no-observability"] == "no-observability.not-given"
    reasons = [rule["because"] for rule in (*report["answers"], *report["signals"])]
    assert not any("could be read" in reason for reason in reasons)


def test_evidence_of_calls_is_shown_again_by_the_command_beside_it(
    tmp_path: Path, prometheus: str
) -> None:
    """By pasting it: the command asks for the same objects and the same moment."""
    lonely = [part for n in "abcdef" for part in (service(n, 80), deployment(n, "shop"))]
    file = str(manifests(tmp_path, [*SHOP, *lonely]))
    secret = prometheus.replace("://", "://user:hush@")
    options = ("--manifests", file, "--prometheus", secret, "--at", AT_TEXT, "--format", "json")
    report = report_of(run("scan", *options))

    pieces = [piece for answer in report["answers"] for piece in answer["evidence"]]
    check = next(p["check"] for p in pieces if p["fact_id"] == "evidence.blind-services")
    program, command, *words = shlex.split(check)
    assert (program, command) == ("mesh-probe", "graph")
    shown = json.loads(run(command, *words).stdout)
    assert [node["id"] for node in shown["nodes"]] == ["shop/a"]
    assert "hush" not in check


def test_what_was_read_of_source_trees_is_asked_for_again(tmp_path: Path) -> None:
    file, tree, kept = str(manifests(tmp_path)), tmp_path / "tree", tmp_path / "kept.json"
    (tree / "src").mkdir(parents=True)
    (tree / "src" / "web.py").write_text('CART = "http://cart:80"', "utf-8")
    given = ["--manifests", file, "--code", str(tree)]
    run("scan", *given, "--save", str(kept))

    assert json.loads(kept.read_text("utf-8"))["asked"] == given


def test_an_input_without_objects_is_a_gap() -> None:
    report = report_of(run("scan", "--manifests", "-", "--format", "json", stdin=b""))

    assert ("-", "gap.no-objects") in [(g["subject"], g["reason_id"]) for g in report["gaps"]]


def test_a_prometheus_without_call_metrics_is_a_gap(tmp_path: Path) -> None:
    with running(tmp_path / "empty") as url:
        options = ("--prometheus", url, "--format", "json")
        report = report_of(run("scan", "--manifests", str(manifests(tmp_path)), *options))

    assert "gap.no-call-metrics" in [gap["reason_id"] for gap in report["gaps"]]


def test_a_kubeconfig_may_come_from_a_pipe(tmp_path: Path) -> None:
    """As in `--kubeconfig <(decrypt config)`: it can be read only once."""
    with KubeServer(SHOP) as server:
        config = server.kubeconfig(tmp_path)
        program = Path(sys.executable).with_name("mesh-probe")
        options = "--prometheus none --format json"
        script = f"{program} scan --kubeconfig <(cat {config}) {options}"
        ended = subprocess.run(["bash", "-c", script], capture_output=True, text=True, check=False)

    assert (ended.returncode, ended.stderr) == (0, "")
    assert json.loads(ended.stdout)["cluster"]["services"] == 3


def test_a_token_that_ends_in_a_line_break_is_accepted(tmp_path: Path) -> None:
    with KubeServer(SHOP) as server:
        config = server.kubeconfig(tmp_path)
        config.write_text(config.read_text().replace("token-of-admin", "token-of-admin\\n"))
        assert "token-of-admin\\n" in config.read_text()
        options = ("--prometheus", "none", "--format", "json")
        report = report_of(run("scan", "--kubeconfig", str(config), *options))

    assert report["cluster"]["services"] == 3


def test_a_token_that_no_header_can_carry_is_never_shown(tmp_path: Path) -> None:
    with KubeServer(SHOP) as server:
        config = server.kubeconfig(tmp_path)
        config.write_text(config.read_text().replace("token-of-admin", "s3cret\\nof-admin"))
        result = run("scan", "--kubeconfig", str(config))

    assert result.exit_code == 3
    assert "s3cret" not in result.stderr


@pytest.mark.parametrize("status", [200, 403])
def test_a_page_that_is_no_text_is_a_gap(tmp_path: Path, status: int) -> None:
    with KubeServer(SHOP) as server:
        server.fault("nodes", status=status, body=b'{"message": "\xff"}')
        options = ("--kubeconfig", str(server.kubeconfig(tmp_path)), "--prometheus", "none")
        report = report_of(run("scan", *options, "--format", "json"))

    assert "Node" in [gap["subject"] for gap in report["gaps"]]


@pytest.mark.parametrize("option", ["--answers", "--output", "--save"])
def test_a_file_that_cannot_be_used_is_said_before_the_scan(tmp_path: Path, option: str) -> None:
    with KubeServer(SHOP) as server:
        config = str(server.kubeconfig(tmp_path))
        result = run("scan", "--kubeconfig", config, option, str(tmp_path / "none" / "file"))

    assert (result.exit_code, server.requests) == (4, [])


def test_a_gap_of_a_later_version_is_shown_by_its_facts(tmp_path: Path) -> None:
    kept = tmp_path / "scan.json"
    run("scan", "--manifests", str(manifests(tmp_path)), "--save", str(kept))
    kept.write_text(kept.read_text().replace("gap.prometheus-not-asked", "gap.from-the-future"))

    assert "gap.from-the-future" in run("report", str(kept)).stdout


@pytest.mark.parametrize("closed", ["<&-", ">&-", "2>&-"])
def test_a_closed_stream_is_no_failure(closed: str) -> None:
    program = Path(sys.executable).with_name("mesh-probe")
    ended = subprocess.run(
        ["sh", "-c", f"{program} demo {closed}"], capture_output=True, text=True, check=False
    )

    assert (ended.returncode, ended.stderr) == (0, "")
