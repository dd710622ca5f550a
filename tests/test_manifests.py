"""The YAML that runs in a cluster: what it says, and that the chart says the same."""

import os
import re
import shutil
import subprocess
import sys
from collections import defaultdict
from collections.abc import Iterator, Sequence
from itertools import chain
from pathlib import Path
from typing import Any

import kubernetes_validate  # type: ignore[import-untyped]
import pytest
import yaml

from mesh_probe import __version__
from mesh_probe.cli import main
from mesh_probe.cli.manifests import EXTRAS as OFFERED
from mesh_probe.collect.find_prometheus import PORTS
from mesh_probe.deliver import parse_all
from mesh_probe.kinds import KINDS
from mesh_probe.manifests import EXTRAS, manifests
from tests import rights

ROOT = Path(__file__).parent.parent
CHART = ROOT / "examples/helm/mesh-probe"
KUBERNETES = ("1.28", "1.31", "1.34", "1.36")

Document = dict[str, Any]
Key = tuple[str, str | None, str]


def documents(text: str) -> dict[Key, Document]:
    found = [document for document in yaml.safe_load_all(text) if document]
    return {(d["kind"], d["metadata"].get("namespace"), d["metadata"]["name"]): d for d in found}


EVERYTHING = documents(manifests(EXTRAS))


def pod(found: dict[Key, Document]) -> Document:
    job = found["CronJob", "mesh-probe", "mesh-probe"]["spec"]["jobTemplate"]["spec"]
    spec: Document = job["template"]["spec"]
    return spec


def allowed(role: Document) -> set[tuple[str, str, str]]:
    return {
        (group, resource, verb)
        for rule in role["rules"]
        for group in rule["apiGroups"]
        for resource in rule["resources"]
        for verb in rule["verbs"]
    }


READ = {(kind.group, kind.plural, verb) for kind in KINDS for verb in ("get", "list")}


@pytest.mark.parametrize("file", rights.FILES, ids=lambda file: str(file.relative_to(ROOT)))
def test_every_cluster_role_is_the_one_that_the_table_of_kinds_gives(file: Path) -> None:
    """`python -m tests.rights` writes them."""
    text = file.read_text("utf-8")

    assert rights.with_rules(text) == text


def test_it_may_get_and_list_what_is_read_and_nothing_else() -> None:
    role = EVERYTHING["ClusterRole", None, "mesh-probe"]

    assert allowed(role) == READ
    assert not any("/" in plural or plural == "secrets" for _, plural, _ in READ)
    assert not any("*" in part for entry in READ for part in entry)


def test_of_its_own_namespace_it_may_patch_one_config_map() -> None:
    role = EVERYTHING["Role", "mesh-probe", "mesh-probe-report"]

    assert allowed(role) == {("", "configmaps", "patch")}
    assert [rule["resourceNames"] for rule in role["rules"]] == [["mesh-probe-report"]]


def test_without_extras_it_writes_nowhere() -> None:
    kinds = {kind for kind, _, _ in documents(manifests())}

    assert kinds == {
        "Namespace",
        "ServiceAccount",
        "ClusterRole",
        "ClusterRoleBinding",
        "NetworkPolicy",
        "CronJob",
    }


def test_every_extra_is_in_the_yaml_and_offered() -> None:
    text = (ROOT / "mesh_probe/manifests/mesh-probe.yaml").read_text("utf-8")

    assert OFFERED == EXTRAS
    assert set(re.findall(r"#\+ (\S+)", text)) == set(EXTRAS)


@pytest.mark.parametrize("version", KUBERNETES)
@pytest.mark.parametrize("extras", [(), *((extra,) for extra in EXTRAS), EXTRAS])
def test_kubernetes_knows_every_field(extras: Sequence[str], version: str) -> None:
    for document in documents(manifests(extras)).values():
        kubernetes_validate.validate(document, version, strict=True)


def test_the_pod_is_as_restricted_as_pod_security_asks() -> None:
    """https://kubernetes.io/docs/concepts/security/pod-security-standards/"""
    spec = pod(EVERYTHING)
    (container,) = spec["containers"]

    assert spec["securityContext"]["runAsNonRoot"] is True
    assert spec["securityContext"]["runAsUser"] != 0
    assert spec["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
    assert container["securityContext"] == {
        "allowPrivilegeEscalation": False,
        "readOnlyRootFilesystem": True,
        "capabilities": {"drop": ["ALL"]},
    }
    assert not {"hostNetwork", "hostPID", "hostIPC"} & spec.keys()
    assert {key for volume in spec["volumes"] for key in volume} <= {
        "name",
        "emptyDir",
        "persistentVolumeClaim",
        "configMap",
    }


def test_runs_do_not_overlap_and_end() -> None:
    cron = EVERYTHING["CronJob", "mesh-probe", "mesh-probe"]["spec"]
    job = cron["jobTemplate"]["spec"]

    assert cron["concurrencyPolicy"] == "Forbid"
    assert job["activeDeadlineSeconds"] > 600 + 60
    assert job["ttlSecondsAfterFinished"] > 86_400


def test_the_arguments_are_those_of_this_version() -> None:
    (container,) = pod(EVERYTHING)["containers"]
    command, *arguments = container["args"]
    known = {name for option in main.commands[command].params for name in option.opts}
    delivered = [a.partition("=")[2] for a in arguments if a.startswith("--deliver=")]

    assert {argument.partition("=")[0] for argument in arguments} <= known
    assert len(parse_all(delivered)) == 2
    assert container["image"] == f"mesh-probe:{__version__}"


def test_answers_are_read_where_their_config_map_is_mounted() -> None:
    spec = pod(EVERYTHING)
    (container,) = spec["containers"]
    mounts = {mount["name"]: mount["mountPath"] for mount in container["volumeMounts"]}
    sources = {volume["name"]: volume.get("configMap") for volume in spec["volumes"]}

    assert f"--answers={mounts['answers']}/answers.yaml" in container["args"]
    assert sources["answers"] == {"name": "mesh-probe-answers"}
    assert "mesh-probe-answers" not in manifests(("configmap", "volume"))


def test_the_image_can_be_another() -> None:
    changed = documents(manifests(image="registry.example/tools/mesh-probe:2"))

    assert pod(changed)["containers"][0]["image"] == "registry.example/tools/mesh-probe:2"


def test_prometheus_can_be_reached_on_all_ports_that_it_is_looked_for_on() -> None:
    egress = EVERYTHING["NetworkPolicy", "mesh-probe", "mesh-probe"]["spec"]["egress"]
    ports = {port["port"] for rule in egress for port in rule["ports"]}

    assert ports >= set(PORTS)


# --- the chart ------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def helm() -> str:
    found = shutil.which("helm", path=f"{Path(sys.prefix) / 'bin'}{os.pathsep}{os.defpath}")
    found = found or shutil.which("helm")
    if found is None:
        pytest.skip("helm is neither on PATH nor fetched by `make helm`")
    return found


def rendered(helm: str, *settings: str) -> str:
    options = chain.from_iterable(("--set-json", setting) for setting in settings)
    command = [helm, "template", "mesh-probe", str(CHART), "--namespace", "mesh-probe", *options]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


SWITCHES = {
    "configmap": "configMap.enabled=true",
    "volume": "volume.enabled=true",
    "answers": "answers.enabled=true",
}


@pytest.mark.parametrize("extras", [(), *((extra,) for extra in EXTRAS), EXTRAS])
def test_the_chart_says_what_the_yaml_says(helm: str, extras: Sequence[str]) -> None:
    switches = (SWITCHES[extra] for extra in extras)

    assert documents(rendered(helm, "namespace.create=true", *switches)) == documents(
        manifests(extras)
    )


VALUES = {
    "suspend=true": {"suspend: true"},
    'schedule="5 4 * * 1"': {"schedule: 5 4 * * 1"},
    'timeout="20m"': {"- --timeout=20m"},
    'extraArgs=["--prometheus=none"]': {"- --prometheus=none"},
    'deliver=["s3://reports/prod#keep=30"]': {"- --deliver=s3://reports/prod#keep=30"},
    'env=[{"name":"A","value":"b"}]': {"name: A"},
    'image.repository="registry.example/x"': {f"image: registry.example/x:{__version__}"},
    'image.tag="7"': {"image: mesh-probe:7"},
    'image.pullPolicy="Always"': {"imagePullPolicy: Always"},
    'imagePullSecrets=[{"name":"pull"}]': {"name: pull"},
    'volume={"enabled":true,"storageClassName":"fast"}': {"storageClassName: fast"},
    'volume={"enabled":true,"size":"2Gi"}': {"storage: 2Gi"},
    'volume={"enabled":true,"keep":7}': {"- --deliver=/reports#keep=7"},
    'configMap={"enabled":true,"keep":7}': {"- --deliver=configmap:mesh-probe-report#keep=7"},
    'serviceAccount.annotations={"role":"x"}': {"role: x"},
    'resources={"limits":{"memory":"2Gi"}}': {"memory: 2Gi"},
    'nodeSelector={"disk":"ssd"}': {"disk: ssd"},
    'tolerations=[{"key":"spot","operator":"Exists"}]': {"key: spot"},
    'affinity={"podAffinity":{}}': {"podAffinity: {}"},
    'priorityClassName="low"': {"priorityClassName: low"},
    'podAnnotations={"note":"x"}': {"note: x"},
}


def leaves(value: object, path: str = "") -> Iterator[str]:
    """The settings of the values file."""
    if isinstance(value, dict) and value and path != "resources":
        for key, under in value.items():
            yield from leaves(under, f"{path}.{key}".lstrip("."))
    else:
        yield path


def test_every_value_of_the_chart_is_tried() -> None:
    values = yaml.safe_load((CHART / "values.yaml").read_text("utf-8"))
    tried = " ".join([*VALUES, *SWITCHES.values(), "namespace.create", "networkPolicy.enabled"])

    for leaf in leaves(values):
        top, _, last = leaf.partition(".")
        assert leaf in tried or (f"{top}={{" in tried and f'"{last}"' in tried), leaf


@pytest.mark.parametrize("setting", VALUES)
def test_every_value_reaches_the_yaml_and_kubernetes_knows_it(helm: str, setting: str) -> None:
    found = documents(rendered(helm, setting))
    lines = {
        line.strip()
        for document in found.values()
        for line in yaml.safe_dump(document, width=1000).replace("'", "").splitlines()
    }

    for wanted in VALUES[setting]:
        assert any(wanted in line for line in lines), wanted
    for document in found.values():
        kubernetes_validate.validate(document, KUBERNETES[-1], strict=True)


def test_without_its_network_policy_the_rest_stays(helm: str) -> None:
    kinds = {kind for kind, _, _ in documents(rendered(helm, "networkPolicy.enabled=false"))}

    assert kinds == {"ServiceAccount", "ClusterRole", "ClusterRoleBinding", "CronJob"}


def test_helm_finds_no_fault_with_the_chart(helm: str) -> None:
    subprocess.run([helm, "lint", "--strict", str(CHART)], check=True, capture_output=True)


def test_the_chart_is_of_this_version() -> None:
    chart = yaml.safe_load((CHART / "Chart.yaml").read_text("utf-8"))

    assert (chart["version"], chart["appVersion"]) == (__version__, __version__)
    grouped: dict[str, int] = defaultdict(int)
    for kind, _, _ in EVERYTHING:
        grouped[kind] += 1
    assert grouped["CronJob"] == 1


# --- the examples ---------------------------------------------------------------------------------

FLEET = documents((ROOT / "examples/fleet/fleet.yaml").read_text("utf-8"))


@pytest.mark.parametrize("version", KUBERNETES)
def test_kubernetes_knows_every_field_of_the_examples(version: str) -> None:
    proxy = documents((ROOT / "examples/rbac/prometheus-proxy.yaml").read_text("utf-8"))

    for document in (*FLEET.values(), *proxy.values()):
        kubernetes_validate.validate(document, version, strict=True)


def test_the_shards_of_the_fleet_cover_it_and_their_reports_are_what_is_merged() -> None:
    shards, merge = (
        FLEET["CronJob", "mesh-probe", name]["spec"]["jobTemplate"]["spec"]
        for name in ("mesh-probe-shards", "mesh-probe-fleet")
    )
    writer, reader = (job["template"]["spec"]["containers"][0]["args"] for job in (shards, merge))
    known = {name for option in main.commands["fleet"].params for name in option.opts}

    assert f"--shard=$(JOB_COMPLETION_INDEX)/{shards['completions']}" in writer
    assert "--deliver=s3://reports/shards/$(JOB_COMPLETION_INDEX).json" in writer
    assert "s3://reports/shards" in reader
    for arguments in (writer, reader):
        assert arguments[0] == "fleet"
        assert {a.partition("=")[0] for a in arguments if a.startswith("--")} <= known
