"""What the workflows may do, and that what they name is there."""

import re
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).parent.parent
WORKFLOWS = sorted((ROOT / ".github/workflows").glob("*.yml"))
PINNED = re.compile(r"uses: [\w./-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$")
WRITES = {("release", "index"): {"id-token"}, ("release", "image"): {"packages"}}
"""Jobs that may do more than read, and what."""

each_workflow = pytest.mark.parametrize("file", WORKFLOWS, ids=lambda file: file.stem)


def content(file: Path) -> Mapping[Any, Any]:
    # YAML 1.1 takes the key "on" for true.
    found: Mapping[Any, Any] = yaml.safe_load(file.read_text("utf-8"))
    return found


def steps() -> Iterator[Mapping[str, Any]]:
    for file in WORKFLOWS:
        for job in content(file)["jobs"].values():
            yield from job.get("steps", ())


def test_there_are_three() -> None:
    assert [file.stem for file in WORKFLOWS] == ["ci", "kind", "release"]


@each_workflow
def test_every_action_is_pinned_by_hash_and_says_its_version(file: Path) -> None:
    used = [line.strip() for line in file.read_text("utf-8").splitlines() if "uses: " in line]

    assert used
    assert [
        line
        for line in used
        if not PINNED.search(line) and line != "uses: ./.github/workflows/ci.yml"
    ] == []


@each_workflow
def test_nothing_is_allowed_that_is_not_needed(file: Path) -> None:
    workflow = content(file)

    assert workflow["permissions"] == {}
    for name, job in workflow["jobs"].items():
        writes = {scope for scope, right in job["permissions"].items() if right != "read"}
        assert writes == WRITES.get((file.stem, name), set())


@each_workflow
def test_every_job_ends_and_does_not_run_twice(file: Path) -> None:
    workflow = content(file)

    assert workflow["concurrency"]["group"]
    assert [
        name
        for name, job in workflow["jobs"].items()
        if "timeout-minutes" not in job and "uses" not in job
    ] == []


def test_no_workflow_gives_strangers_our_rights() -> None:
    assert [file.stem for file in WORKFLOWS if "pull_request_target" in content(file)[True]] == []


def test_a_checkout_keeps_no_credentials() -> None:
    kept = [
        step
        for step in steps()
        if step.get("uses", "").startswith("actions/checkout@")
        and step["with"]["persist-credentials"] is not False
    ]

    assert kept == []


def test_nothing_that_others_write_becomes_a_command() -> None:
    """Expressions in scripts are pasted in: values belong into the environment."""
    assert [step["run"] for step in steps() if "${{" in step.get("run", "")] == []


def test_tests_run_on_every_python_from_the_first() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    matrix = content(ROOT / ".github/workflows/ci.yml")["jobs"]["test"]["strategy"]["matrix"]

    assert matrix["python"] == ["3.11", "3.12", "3.13", "3.14"]
    assert project["requires-python"] == f">={matrix['python'][0]}"


def test_the_demo_runs_on_every_kubernetes_that_it_offers() -> None:
    script = (ROOT / "examples/kind/demo.sh").read_text("utf-8")
    jobs = content(ROOT / ".github/workflows/kind.yml")["jobs"]
    run = {each["kubernetes"] for each in jobs["demo"]["strategy"]["matrix"]["include"]}

    assert run == set(re.findall(r"kindest/node:v([\d.]+)@sha256:[0-9a-f]{64} ;;", script))
    assert len(run) == 3


def test_every_make_target_in_a_workflow_is_there() -> None:
    named = {
        target
        for step in steps()
        for targets in re.findall(r"^make (.+)$", step.get("run", ""), re.MULTILINE)
        for target in targets.split()
    }
    makefile = (ROOT / "Makefile").read_text("utf-8").replace("$(VENV)", ".venv")

    assert named
    assert [t for t in named if not re.search(rf"^{re.escape(t)}:", makefile, re.MULTILINE)] == []
