"""What the demo on kind would run, in which order, with stand-ins for all programs."""

import base64
import gzip
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.example_shop.shop import STORIES

ROOT = Path(__file__).parents[2]
SCRIPT = ROOT / "examples/kind/demo.sh"
STAND_IN = (Path(__file__).parent / "stand_in.py").read_text("utf-8")
TRANSCRIPTS = Path(__file__).parent / "transcripts"
PROGRAMS = ("docker", "kind", "kubectl", "helm", "mesh-probe", "sleep", "xdg-open")
TOOLS = ("bash", "dirname", "grep", "mkdir", "base64", "gunzip", "gzip", "cat")
"""What every machine has."""
REPORT = "Plain Kubernetes is enough.\n"
PACKED = base64.b64encode(gzip.compress(REPORT.encode())).decode()

Answers = Sequence[Mapping[str, Any]]


@dataclass(frozen=True)
class Ran:
    """How a run of the script ended, and what it called."""

    exit_code: int
    stdout: str
    stderr: str
    calls: Sequence[Sequence[str]]
    folder: Path

    def transcript(self) -> str:
        """The calls, one a line; folders of this machine by what they are."""
        text = "\n".join(" ".join(call) for call in self.calls)
        return text.replace(str(self.folder), "OUTPUT").replace(str(ROOT), "ROOT") + "\n"


Demo = Callable[..., Ran]


@pytest.fixture
def demo(tmp_path: Path) -> Demo:
    """Runs the script; programs named in `without` are not there."""
    bash = shutil.which("bash")
    assert bash

    def run(*options: str, answers: Answers = (), without: Sequence[str] = ()) -> Ran:
        programs = tmp_path / "-".join(("bin", *without))
        programs.mkdir(exist_ok=True)
        for name in {*PROGRAMS} - {*without}:
            (programs / name).write_text(f"#!{sys.executable}\n{STAND_IN}")
            (programs / name).chmod(0o755)
        for name in TOOLS:
            link = programs / name
            link.unlink(missing_ok=True)
            link.symlink_to(str(shutil.which(name)))
        calls = tmp_path / "calls"
        calls.write_text("")
        said = [{"to": ["kubectl", "--context", "kind-mesh-probe", "get"], "prints": PACKED}]
        done = subprocess.run(
            [bash, SCRIPT, "--output", tmp_path / "out", *options],
            env={
                "PATH": str(programs),
                "HOME": str(tmp_path),
                "MESH_PROBE": "mesh-probe",
                "CALLS": str(calls),
                "ANSWERS": json.dumps([*answers, *said]),
            },
            cwd=tmp_path, check=False, capture_output=True, text=True,
        )  # fmt: skip
        called = [json.loads(line) for line in calls.read_text().splitlines()]
        return Ran(done.returncode, done.stdout, done.stderr, called, tmp_path / "out")

    return run


@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("plain", ()),
        ("with-istio", ("--with-istio",)),
        ("in-cluster", ("--in-cluster", "--keep", "--no-open")),
        ("stories", tuple(word for story in STORIES for word in ("--story", story))),
    ],
)
def test_every_command_and_its_order(demo: Demo, name: str, options: Sequence[str]) -> None:
    ran = demo(*options)

    assert ran.exit_code == 0, ran.stderr
    assert ran.transcript() == (TRANSCRIPTS / f"{name}.txt").read_text("utf-8")


def test_a_dry_run_shows_the_same_commands_and_runs_none(demo: Demo) -> None:
    options = ("--with-istio", "--in-cluster", "--story", "undeclared-call")
    ran = demo(*options)
    dry = demo(*options, "--dry-run")

    looked = (["docker", "info"], ["kind", "get", "clusters"])
    assert dry.exit_code == 0, dry.stderr
    assert dry.calls == []
    assert shown(dry) == [call for call in ran.calls if call not in looked]
    assert shown(ran) == shown(dry)


def shown(ran: Ran) -> list[list[str]]:
    """The commands that the script shows, as a shell reads them."""
    lines = [line[2:] for line in ran.stderr.splitlines() if line.startswith("+ ")]
    script = "\n".join(f"printf '%s\\0' {line.split(' >')[0]}; printf '\\n'" for line in lines)
    read = subprocess.run(["bash", "-c", script], check=True, capture_output=True, text=True)
    return [line.removesuffix("\0").split("\0") for line in read.stdout.splitlines()]


def test_the_report_of_the_cluster_is_unpacked(demo: Demo) -> None:
    ran = demo("--in-cluster")

    assert (ran.folder / "in-cluster.txt").read_text() == REPORT


def test_reports_alone_are_on_stdout(demo: Demo) -> None:
    ran = demo(answers=[{"to": ["mesh-probe", "report"], "prints": REPORT}])

    assert ran.stdout == REPORT


def test_the_kubeconfig_of_the_user_stays_as_it_is(demo: Demo) -> None:
    assert "KUBECONFIG=$output/kubeconfig" in SCRIPT.read_text()
    ran = demo("--keep")

    assert f"export KUBECONFIG={ran.folder}/kubeconfig" in ran.stderr


def test_a_cluster_from_before_is_used_again(demo: Demo) -> None:
    ran = demo(answers=[{"to": ["kind", "get", "clusters"], "prints": "other\nmesh-probe\n"}])

    assert ["kind", "export", "kubeconfig", "--name", "mesh-probe"] in ran.calls
    assert not any(call[:2] == ["kind", "create"] for call in ran.calls)


@pytest.mark.parametrize("program", ["docker", "kind", "kubectl", "mesh-probe"])
def test_a_missing_program_is_named_before_anything_is_done(demo: Demo, program: str) -> None:
    ran = demo(without=[program])

    assert ran.exit_code == 1
    assert f"demo.sh: {program} is needed and not on PATH: " in ran.stderr
    assert ran.calls == []


def test_helm_is_needed_for_istio_only(demo: Demo) -> None:
    assert demo("--with-istio", without=["helm"]).exit_code == 1
    assert demo(without=["helm"]).exit_code == 0


def test_an_engine_that_does_not_answer_is_told(demo: Demo) -> None:
    ran = demo(answers=[{"to": ["docker", "info"], "ends": 1}])

    assert ran.exit_code == 1
    assert ran.stderr == "demo.sh: docker is there, but its engine does not answer: start it\n"
    assert ran.calls == [["docker", "info"]]


def test_what_fails_ends_it_and_leaves_the_cluster(demo: Demo) -> None:
    ran = demo(answers=[{"to": ["docker", "build"], "ends": 3}])

    assert ran.exit_code == 3
    assert ran.calls[-1][:2] == ["docker", "build"]
    assert "demo.sh --delete" in ran.stderr


def test_delete_needs_no_more_than_kind(demo: Demo) -> None:
    ran = demo("--delete", without=["kubectl", "mesh-probe"])

    assert ran.exit_code == 0, ran.stderr
    assert ran.calls[-1] == ["kind", "delete", "cluster", "--name", "mesh-probe"]


@pytest.mark.parametrize(
    ("options", "says"),
    [
        (("--story", "none"), "there is no story none"),
        (("--kubernetes", "1.2.3"), "--kubernetes is 1.37.0, 1.36.4 or 1.35.8, not 1.2.3"),
        (("--watch", "soon"), "--watch is a number of seconds, not soon"),
        (("--story",), "--story wants a value"),
        (("--fast",), "there is no option --fast"),
    ],
)
def test_wrong_options_are_told(demo: Demo, options: Sequence[str], says: str) -> None:
    ran = demo(*options)

    assert ran.exit_code == 2
    assert ran.stderr.startswith(f"demo.sh: {says}\n\nUsage: ")
    assert ran.calls == []


@pytest.mark.parametrize("story", STORIES.values(), ids=STORIES)
def test_a_story_on_kind_is_the_story_of_the_shop(demo: Demo, story: Any) -> None:
    ran = demo("--story", story.id)
    plain = demo()

    told = [call[3:] for call in ran.calls if call not in plain.calls]
    assert told == [
        *(
            ["set", "env", f"deployment/{name}", "--namespace", "shop"]
            + [f"{key}={value}" for key, value in variables.items()]
            for name, variables in story.env.items()
        ),
        *(["apply", "-f", f"{ROOT}/examples/shop/{name}"] for name in story.manifests),
    ]


def test_help_names_every_story_and_version(demo: Demo) -> None:
    ran = demo("--help")

    assert ran.exit_code == 0
    assert [name for name in STORIES if name not in ran.stdout] == []


def test_shellcheck_has_nothing_to_say() -> None:
    if shutil.which("shellcheck") is None:
        if os.environ.get("CI"):
            pytest.fail("shellcheck is not installed: apt-get install shellcheck")
        pytest.skip("shellcheck is not installed: apt-get install shellcheck")
    scripts = list(ROOT.glob("examples/**/*.sh"))
    done = subprocess.run(["shellcheck", *scripts], check=False, capture_output=True, text=True)

    assert done.stdout + done.stderr == ""


def test_every_image_is_pinned_by_its_digest() -> None:
    files = [*ROOT.glob("examples/kind/manifests/*.yaml"), *ROOT.glob("examples/shop/manifests/*")]
    images = {
        container["image"]
        for file in files
        for document in yaml.safe_load_all(file.read_text("utf-8"))
        if document["kind"] in {"Deployment", "StatefulSet"}
        for container in document["spec"]["template"]["spec"]["containers"]
    } - {"mesh-probe-shop:1"}

    assert len(images) == 5
    assert [image for image in images if len(image.partition("@sha256:")[2]) != 64] == []
