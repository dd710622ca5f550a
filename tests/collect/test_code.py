"""Source trees: which files are read, and what is kept of them."""

import errno
import math
import os
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from mesh_probe.collect import code
from mesh_probe.errors import FileError
from mesh_probe.model import (
    Branch,
    Build,
    CodeTree,
    ConfigMap,
    Gap,
    KeyUse,
    Library,
    Objects,
    Reference,
    Service,
    Workload,
)
from mesh_probe.text import Message, message

OBJECTS = Objects(
    services=(Service("shop", "cart"), Service("shop", "orders-db")),
    config_maps=(
        ConfigMap(
            "shop",
            "addresses",
            references=(Reference("cart", "CART_ADDR", "CART_ADDR", "host-port", 80),),
        ),
    ),
)


def tree(root: Path, files: dict[str, str | bytes]) -> Path:
    for name, content in files.items():
        file = root / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content.encode() if isinstance(content, str) else content)
    return root


def read(*folders: Path, deadline: float = math.inf) -> code.CodeRead:
    return code.read([str(f) for f in folders], OBJECTS, deadline=deadline, tell=lambda _: None)


def test_a_tree_tells_references_variables_programs_images_and_libraries(tmp_path: Path) -> None:
    root = tree(
        tmp_path / "shop",
        {
            "compose.yaml": "services: {web: {build: src/web}}",
            "src/web/package.json": '{"dependencies": {"unleash-client": "6"}}',
            "src/web/app.js": "get('http://cart/a')\nget('http://cart/b')\n",
            "src/web/lib/db.js": "open('orders-db:5432')\nread(process.env.CART_ADDR)\n",
            "src/web/new.js": "\nif (Math.random() < canaryPercent) {",
            "README.md": "http://cart",
        },
    )

    assert read(root) == code.CodeRead(
        (
            CodeTree(
                "shop",
                file_count=5,
                projects=("src/web",),
                builds=(Build("src/web", "web"),),
                libraries=(Library("src/web/package.json", "Unleash", "flag"),),
                references=(
                    Reference("cart", "", "src/web/app.js:1", "url", None, "http", False),
                    Reference("orders-db", "", "src/web/lib/db.js:1", "host-port", 5432),
                ),
                keys=(KeyUse("CART_ADDR", "src/web/lib/db.js:2"),),
                branches=(Branch("src/web/new.js:2", "share"),),
            ),
        ),
        (),
    )


def test_code_below_shared_settings_uses_the_addresses_whose_keys_it_names(tmp_path: Path) -> None:
    root = tree(
        tmp_path,
        {
            "shop/config/all.json": '{"cartAddress": "cart:80", "dbAddress": "orders-db:5432"}',
            "shop/web/main.go": 'dial(result["cartAddress"])',
            "else/main.go": 'dial(result["cartAddress"])',
        },
    )

    assert [(r.host, r.port, r.found_in) for r in read(root).trees[0].references] == [
        ("cart", 80, "shop/config/all.json"),
        ("orders-db", 5432, "shop/config/all.json"),
        ("cart", 80, "shop/web/main.go:1"),
    ]


def test_a_variable_that_the_cluster_sets_leads_to_its_service(tmp_path: Path) -> None:
    root = tree(tmp_path, {"a.php": "$at = getenv('ORDERS_DB_SERVICE_HOST');"})

    assert read(root).trees[0].references == (
        Reference("orders-db", "ORDERS_DB_SERVICE_HOST", "a.php:1", "pair"),
    )


def test_a_name_in_a_registry_is_that_of_the_service(tmp_path: Path) -> None:
    root = tree(tmp_path, {"a.go": 'init("srv-cart")'})

    assert read(root).trees[0].references == (Reference("cart", "srv-cart", "a.go:1", "word"),)


def test_a_program_that_dapr_calls_by_its_id_is_known(tmp_path: Path) -> None:
    worker = Workload("Deployment", "shop", "w", annotations={"dapr.io/app-id": "order-worker"})
    objects = replace(OBJECTS, workloads=(worker,))
    root = tree(tmp_path, {"A.cs": 'Invoke(HttpMethod.Get, "order-worker", "x")'})

    (found,) = code.read([str(root)], objects, deadline=math.inf, tell=lambda _: None).trees
    assert found.references == (Reference("order-worker", "", "A.cs:1", "word", scheme="dapr"),)


def test_a_path_is_kept_as_one_printable_line_that_ends_before_the_colon(tmp_path: Path) -> None:
    root = tree(tmp_path, {"a\n\x1b[31m:b.py": '"http://cart"'})

    (found,) = read(root).trees[0].references
    assert found.found_in == r"a\n\x1b[31m\x3ab.py:1"


def test_words_are_found_between_dashes_and_capitals(tmp_path: Path) -> None:
    root = tree(tmp_path, {"run.sh": "wait --for=cart:80\nserve --at--orders-db:5432\n"})

    assert {r.host for r in read(root).trees[0].references} == {"cart"}


@pytest.mark.parametrize(
    "path",
    [
        "node_modules/x/a.js",
        "src/vendor/a.go",
        "src/test/java/A.java",
        ".git/a.py",
        "k8s/a.yaml",
        "web_test.go",
        "a.test.js",
        "CartTest.java",
        "a.min.js",
        "cart.pb.go",
        "photo.png",
    ],
)
def test_what_people_do_not_write_or_programs_do_not_run_is_skipped(
    tmp_path: Path, path: str
) -> None:
    root = tree(tmp_path, {path: '"http://cart"', "main.py": ""})

    assert read(root).trees[0].references == ()


def test_binaries_and_huge_files_are_skipped(tmp_path: Path) -> None:
    huge = b"#" * code.LARGEST_FILE + b'\n"http://cart"'
    root = tree(tmp_path, {"a.py": b'\0"http://cart"', "b.py": huge, "c.py": ""})

    assert read(root).trees[0] == CodeTree(tmp_path.name, file_count=1)


def test_links_are_not_followed(tmp_path: Path) -> None:
    tree(tmp_path / "outside", {"a.py": '"http://cart"'})
    root = tree(tmp_path / "in", {"b.py": ""})
    (root / "a.py").symlink_to(tmp_path / "outside" / "a.py")
    (root / "more").symlink_to(tmp_path / "outside")
    (root / "again").symlink_to(root)

    assert read(root).trees[0] == CodeTree("in", file_count=1)


def test_of_an_unpacked_image_the_distribution_is_skipped(tmp_path: Path) -> None:
    root = tree(
        tmp_path / "web",
        {
            "etc/nginx/nginx.conf": "proxy_pass http://cart;",
            "usr/lib/x/a.py": '"http://orders-db"',
            "usr/share/a.py": '"http://orders-db"',
            "app/a.py": '"http://orders-db"',
        },
    )

    assert [r.found_in for r in read(root).trees[0].references] == [
        "app/a.py:1",
        "etc/nginx/nginx.conf:1",
    ]


def test_no_line_of_code_is_kept(tmp_path: Path) -> None:
    root = tree(
        tmp_path, {"a.py": 'top_secret = get("http://me:word@cart/private?x=1", "orders-db")'}
    )

    kept = str(read(root))

    assert "cart" in kept
    assert not any(word in kept for word in ("top_secret", "word@", "private", "x=1"))


def test_a_folder_that_is_not_there_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(FileError) as raised:
        read(tmp_path / "gone")

    assert raised.value.said == message("error.no-code", folder=str(tmp_path / "gone"))


def test_time_that_runs_out_is_a_gap(tmp_path: Path) -> None:
    root = tree(tmp_path / "shop", {"a.py": '"http://cart"'})

    assert read(root, deadline=-math.inf) == code.CodeRead(
        (CodeTree("shop"),), (Gap("code shop", message("gap.code-cut"), message("hint.time")),)
    )


def test_a_tree_without_code_is_a_gap(tmp_path: Path) -> None:
    assert read(tmp_path).gaps == (
        Gap(f"code {tmp_path.name}", message("gap.code-empty"), message("hint.code-empty")),
    )


def test_a_file_that_may_not_be_read_is_a_gap(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = tree(tmp_path / "shop", {"a.py": '"http://cart"', "b.py": ""})
    opened = Path.open

    def open_unless_forbidden(self: Path, *args: Any) -> Any:
        if self.name == "a.py":
            raise PermissionError(errno.EACCES, "Permission denied", str(self))
        return opened(self, *args)

    monkeypatch.setattr(Path, "open", open_unless_forbidden)

    assert read(root).gaps == (
        Gap("code shop", message("gap.code-unreadable", count=1, files="a.py")),
    )


def test_names_that_are_no_text_are_written_out(tmp_path: Path) -> None:
    tree(tmp_path, {os.fsdecode(b"caf\xe9/a.py"): '"http://cart"'})

    assert [r.found_in for r in read(tmp_path).trees[0].references] == ["caf\\xe9/a.py:1"]


def test_it_tells_how_far_it_is(tmp_path: Path) -> None:
    tree(tmp_path, {"a.py": ""})
    told: list[Message] = []

    code.read([str(tmp_path)], OBJECTS, deadline=math.inf, tell=told.append)

    assert told == [message("progress.code", folder=str(tmp_path), count=1)]
