"""What a source tree says of its programs, their images and their libraries."""

import pytest

from mesh_probe.model import Build
from mesh_probe.references import projects


def test_a_compose_file_tells_which_folder_becomes_which_service() -> None:
    text = """
services:
  cart: {build: ./src/cart, image: "example/shop-cart:1"}
  web: {build: {context: .., dockerfile: web/Dockerfile}}
  db: {image: postgres}
  far: {build: ../../elsewhere}
  else: {build: "${WHERE}"}
"""
    assert list(projects.builds("deploy/docker-compose.yml", text)) == [
        Build("deploy/src/cart", "cart"),
        Build("deploy/src/cart", "example/shop-cart:1"),
        Build("web", "web"),
    ]


def test_a_skaffold_file_tells_which_folder_becomes_which_image() -> None:
    text = "build:\n  artifacts:\n  - {image: cart, context: src/cart}\n  - {image: all}\n  - 1\n"

    assert list(projects.builds("skaffold.yaml", text)) == [
        Build("src/cart", "cart"),
        Build("", "all"),
    ]


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("web/Makefile", "build:\n\tdocker build -t hub.example/shop-web:$(TAG) ."),
        ("web/Makefile", "IMAGE ?= $(REGISTRY)/shop-web\nRELEASE_IMG=\n"),
        ("build.sh", "docker buildx build \\\n  --tag=shop-web:1 -f web/Dockerfile . && true"),
        ("cloudbuild.yaml", "steps: [{args: [build, -t, 'gcr.io/$PROJECT_ID/shop-web', web]}]"),
    ],
)
def test_a_build_command_tells_which_folder_becomes_which_image(path: str, text: str) -> None:
    assert list(projects.builds(path, text)) == [Build("web", "shop-web")]


@pytest.mark.parametrize(
    "command",
    [
        "docker build -t $(IMAGE) .",
        "docker build -t web $(TEMP_DIR)",
        "docker build",
        "docker build -t web -",
        "docker builder prune",
        "docker build -t web https://example.com/web.git",
    ],
)
def test_a_build_command_with_unknown_parts_tells_nothing(command: str) -> None:
    assert list(projects.builds("build.sh", command)) == []


@pytest.mark.parametrize(
    "text",
    [
        "[",
        "services: 3",
        "services: {a: 1, b: {build: 3}}",
        "a\n---\n{",
        "build: {artifacts: x}",
    ],
)
def test_a_file_of_another_shape_tells_nothing(text: str) -> None:
    assert list(projects.builds("compose.yaml", text)) == []


@pytest.mark.parametrize(
    ("path", "text", "name", "purpose"),
    [
        ("a/package.json", '{"launchdarkly-node-server-sdk": "1"}', "LaunchDarkly", "flag"),
        ("go.mod", "require github.com/open-feature/go-sdk v1.0.0", "OpenFeature", "flag"),
        ("pom.xml", "<artifactId>resilience4j-core<", "Resilience4j", "resilience"),
        ("requirements.txt", "flask\ntenacity==8", "tenacity", "resilience"),
    ],
)  # fmt: skip
def test_a_package_list_tells_libraries(path: str, text: str, name: str, purpose: str) -> None:
    assert [(v.file, v.name, v.purpose) for v in projects.libraries(path, text)] == [
        (path, name, purpose)
    ]


def test_words_in_other_files_are_no_libraries() -> None:
    assert list(projects.libraries("readme.py", "launchdarkly")) == []
    assert list(projects.libraries("package.json", '{"name": "polly-shop"}')) == []
