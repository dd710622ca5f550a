"""What tests share."""

import os
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path

import fsspec  # type: ignore[import-untyped]
import pytest
from hypothesis import settings

from tests.kube import KubeServer, RealKubeServer
from tests.kube.real import assets
from tests.kube.shop import OBJECTS, USERS

# No test may depend on how fast the machine is.
settings.register_profile("steady", deadline=None)
settings.load_profile("steady")

# Tests talk to loopback only, and say themselves what they want from the environment.
for _name in list(os.environ):
    if _name.lower().endswith("_proxy") or _name.startswith("MESH_PROBE_"):
        del os.environ[_name]

GOLDEN = Path(__file__).parent / "golden"


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--update-golden", action="store_true", help="write the expected outputs")


@pytest.fixture
def golden(request: pytest.FixtureRequest) -> Callable[[str, str], None]:
    """Compares a text with a file of tests/golden, or writes that file with --update-golden."""

    def compare(name: str, text: str) -> None:
        if request.config.getoption("--update-golden"):
            (GOLDEN / name).write_bytes(text.encode())
        assert text == (GOLDEN / name).read_bytes().decode()

    return compare


@pytest.fixture(scope="session")
def real_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RealKubeServer]:
    """A real kube-apiserver that holds `OBJECTS`."""
    programs = assets()
    if programs is None:
        pytest.skip("KUBEBUILDER_ASSETS names no folder with kube-apiserver and etcd")
    server = RealKubeServer(programs, tmp_path_factory.mktemp("kube"), OBJECTS, USERS)
    yield server
    server.close()


@pytest.fixture(params=["double", "real"])
def api_server(request: pytest.FixtureRequest) -> Iterator[KubeServer | RealKubeServer]:
    """A server that holds `OBJECTS`: once the double, once the real one."""
    if request.param == "real":
        yield request.getfixturevalue("real_server")
    else:
        with KubeServer(OBJECTS, users=USERS) as double:
            yield double


@pytest.fixture(scope="session")
def s3_url() -> Iterator[str]:
    """An S3 server."""
    from moto.server import ThreadedMotoServer  # noqa: PLC0415  # it takes a second to import

    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


@pytest.fixture
def bucket(s3_url: str, monkeypatch: pytest.MonkeyPatch) -> str:
    """The name of an empty bucket that this process can reach, by its environment."""
    settings = {
        "AWS_ACCESS_KEY_ID": "someone",
        "AWS_SECRET_ACCESS_KEY": "anything",
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_ENDPOINT_URL": s3_url,
    }
    for name, value in settings.items():
        monkeypatch.setenv(name, value)
    found = f"reports-{uuid.uuid4()}"
    fsspec.filesystem("s3", skip_instance_cache=True).mkdir(found)
    return found
