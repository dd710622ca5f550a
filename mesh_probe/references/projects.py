"""What a source tree says about itself: where programs are, what images they become, what they use.

File names and keys are those of the tools: Docker Compose, Skaffold, and the build files and
package lists of the languages.
"""

import re
from collections import defaultdict
from collections.abc import Iterator
from itertools import pairwise
from pathlib import PurePosixPath
from typing import Any

from mesh_probe import documents
from mesh_probe.model import Build, Library
from mesh_probe.references import literals

_MARKS = frozenset(
    [
        "build.gradle",
        "build.gradle.kts",
        "cargo.toml",
        "cmakelists.txt",
        "composer.json",
        "gemfile",
        "go.mod",
        "mix.exs",
        "package.json",
        "pipfile",
        "pom.xml",
        "pyproject.toml",
        "requirements.txt",
        "setup.py",
    ]
)
_MARK_SUFFIXES = (".csproj", ".fsproj", ".vbproj", ".sbt")

_COMPOSE = re.compile(r"(?:docker-)?compose[\w.-]*\.ya?ml")
_CLOUD_BUILD = re.compile(r"cloudbuild[\w.-]*\.ya?ml")
_SCRIPT = re.compile(r"Makefile|.*\.(?:mk|sh|bash)|Jenkinsfile")
_SKAFFOLD = re.compile(r"skaffold[\w.-]*\.ya?ml")
_BUILD_COMMAND = re.compile(
    r"\b(?:docker|podman|nerdctl|buildah)[ \t]+(?:buildx[ \t]+|image[ \t]+)?(?:build|bud)\b"
    r"([^\n;&|]{1,600})"
)
_IMAGE_VARIABLE = re.compile(
    r"^(?:export[ \t]+)?[A-Z_]{0,40}(?:IMAGE|IMG)(?:_NAME)?[ \t]{0,8}[:?]{0,2}=[ \t]{0,8}[\"']?"
    r"[^\s\"'#]{0,200}/([a-z0-9._-]{1,100})(?::[^\s\"']{0,100})?[\"']?[ \t]{0,8}$",
    re.MULTILINE,
)
_CONTINUED = re.compile(r"\\\r?\n")
_LAST_OF_IMAGE = re.compile(r"[a-z0-9]+(?:[._-]+[a-z0-9]+)*")

# Packages by which programs ask for feature flags, by parts of their names:
# https://openfeature.dev/ecosystem lists the vendors and their packages.
_LIBRARIES: tuple[tuple[str, str, re.Pattern[str]], ...] = tuple(
    (purpose, name, re.compile(pattern, re.MULTILINE))
    for purpose, name, pattern in (
        ("flag", "LaunchDarkly", r"launchdarkly|ldclient"),
        ("flag", "Unleash", r"unleash-(?:client|server|proxy)|unleash\.client|unleashclient"),
        ("flag", "OpenFeature", r"open-?feature"),
        ("flag", "Flagsmith", r"flagsmith"),
        ("flag", "Flipt", r"flipt-(?:io|client)|go\.flipt\.io|\bflipt\b"),
        ("flag", "GrowthBook", r"growthbook"),
        ("flag", "ConfigCat", r"configcat"),
        ("flag", "Split", r"splitio|split-?software"),
        ("flag", "Togglz", r"togglz"),
        ("flag", "FF4J", r"\bff4j"),
        ("flag", "Flipper", r"[\"']flipper[\"'-]"),
        ("flag", "Microsoft.FeatureManagement", r"microsoft\.featuremanagement"),
        ("flag", "GO Feature Flag", r"go-feature-flag"),
        ("resilience", "Resilience4j", r"resilience4j"),
        ("resilience", "Hystrix", r"hystrix"),
        (
            "resilience",
            "Polly",
            r"[\"']polly[\w.]*[\"']|microsoft\.extensions\.http\.(?:polly|res)",
        ),
        ("resilience", "Sentinel", r"alibaba[\w.-]*sentinel|sentinel-golang"),
        ("resilience", "failsafe", r"dev\.failsafe|failsafe-go"),
        ("resilience", "gobreaker", r"gobreaker"),
        ("resilience", "opossum", r"[\"']opossum[\"']"),
        ("resilience", "tenacity", r"^\s*[\"']?tenacity"),
        ("resilience", "pybreaker", r"pybreaker|circuitbreaker"),
    )
)

LIBRARY_NAMES = frozenset(name for _, name, _ in _LIBRARIES)


def is_mark(name: str) -> bool:
    """Whether a file of this name stands where a program of its own is built."""
    lowered = name.lower()
    return lowered in _MARKS or lowered.endswith(_MARK_SUFFIXES) or literals.is_dockerfile(lowered)


def libraries(path: str, text: str) -> Iterator[Library]:
    """What a package list takes in of the libraries that matter here."""
    if not is_mark(PurePosixPath(path).name):
        return
    lowered = text.lower()
    for purpose, name, pattern in _LIBRARIES:
        if pattern.search(lowered):
            yield Library(path, name, "flag" if purpose == "flag" else "resilience")


def is_build_list(name: str) -> bool:
    """Whether a file of this name may say which folders become which images."""
    return any(kind.fullmatch(name) for kind in (_COMPOSE, _SKAFFOLD, _CLOUD_BUILD))


def says_builds(name: str, data: bytes) -> bool:
    """Whether a file says which folders become which images: a list, or a script that builds."""
    return is_build_list(name) or (_SCRIPT.fullmatch(name) is not None and b" build" in data)


def builds(path: str, text: str) -> Iterator[Build]:
    """The folders and images of a Compose, Skaffold or Cloud Build file, or of a script.

    https://docs.docker.com/reference/compose-file/build/, https://skaffold.dev/docs/builders/ and
    https://cloud.google.com/build/docs/build-config-file-schema
    """
    folder = PurePosixPath(path).parent
    if not is_build_list(PurePosixPath(path).name):
        for image in _IMAGE_VARIABLE.finditer(text):
            yield Build("/".join(folder.parts), image[1])
        for command in _BUILD_COMMAND.finditer(_CONTINUED.sub(" ", text)):
            yield from _built(folder, command[1].split())
        return
    for document in documents.each(text):
        value = document.value if isinstance(document.value, dict) else {}
        for name, context in (*_composed(value), *_skaffolded(value)):
            where = _joined(folder, context)
            if where is not None:
                yield Build(where, name)
        for arguments in _cloud_built(value):
            yield from _built(folder, arguments)


def _cloud_built(value: dict[Any, Any]) -> Iterator[list[str]]:
    steps = value.get("steps")
    for step in steps if isinstance(steps, list) else ():
        arguments = step.get("args") if isinstance(step, dict) else None
        if isinstance(arguments, list) and arguments[:1] == ["build"]:
            yield [str(argument) for argument in arguments[1:]]


def _built(folder: PurePosixPath, arguments: list[str]) -> Iterator[Build]:
    """What one command of `docker build` makes: https://docs.docker.com/reference/cli/docker/."""
    values: dict[str, list[str]] = defaultdict(list)
    for before, argument in pairwise(["", *(a.strip("\"'") for a in arguments)]):
        if before in ("-t", "--tag", "-f", "--file"):
            values[before.strip("-")[0]].append(argument)
        elif argument.startswith(("--tag=", "--file=")):
            flag, _, said = argument.strip("-").partition("=")
            values[flag[0]].append(said)
    context = arguments[-1].strip("\"'") if arguments else ""
    if not context or context.startswith("-"):
        return
    below = PurePosixPath(values["f"][0]).parent if values["f"] else PurePosixPath(context)
    where = _joined(folder, str(below if values["f"] else context))
    for image in values["t"]:
        name = image.rpartition("/")[2].partition(":")[0]
        if where is not None and _LAST_OF_IMAGE.fullmatch(name):
            yield Build(where, name)


def _composed(value: dict[Any, Any]) -> Iterator[tuple[str, str]]:
    services = value.get("services")
    for name, service in services.items() if isinstance(services, dict) else ():
        build = service.get("build") if isinstance(service, dict) else None
        context = build.get("context", ".") if isinstance(build, dict) else build
        if isinstance(build, dict) and isinstance(build.get("dockerfile"), str):
            # Of a common context the Dockerfile's folder tells the parts apart.
            below = str(PurePosixPath(build["dockerfile"]).parent)
            context = f"{context}/{below}" if below != "." else context
        if isinstance(name, str) and isinstance(context, str):
            yield name, context
            if isinstance(service.get("image"), str):
                yield service["image"], context


def _skaffolded(value: dict[Any, Any]) -> Iterator[tuple[str, str]]:
    build = value.get("build")
    artifacts = build.get("artifacts") if isinstance(build, dict) else None
    for artifact in artifacts if isinstance(artifacts, list) else ():
        if isinstance(artifact, dict) and isinstance(artifact.get("image"), str):
            context = artifact.get("context", ".")
            if isinstance(context, str):
                yield artifact["image"], context


def _joined(folder: PurePosixPath, context: str) -> str | None:
    """A folder inside the tree; None for one that lies outside, or behind a variable."""
    if "$" in context or "://" in context or context.startswith("/"):
        return None
    parts: list[str] = list(folder.parts)
    for part in PurePosixPath(context).parts:
        if part == "..":
            if not parts:
                return None
            parts.pop()
        elif part != ".":
            parts.append(part)
    return "/".join(parts)
