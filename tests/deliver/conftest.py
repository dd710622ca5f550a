"""Servers that things are delivered to."""

import uuid
from collections.abc import Iterator

import fsspec  # type: ignore[import-untyped]
import pytest
from moto.server import ThreadedMotoServer

CREDENTIALS = {
    "AWS_ACCESS_KEY_ID": "someone",
    "AWS_SECRET_ACCESS_KEY": "secret",  # of a server that asks for none
    "AWS_DEFAULT_REGION": "us-east-1",
    "AWS_EC2_METADATA_DISABLED": "true",
}


@pytest.fixture(scope="session")
def s3_url() -> Iterator[str]:
    """An S3 server."""
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


@pytest.fixture
def bucket(s3_url: str, monkeypatch: pytest.MonkeyPatch) -> str:
    """The name of an empty bucket that this process can reach, by its environment."""
    for name, value in {**CREDENTIALS, "AWS_ENDPOINT_URL": s3_url}.items():
        monkeypatch.setenv(name, value)
    name = f"reports-{uuid.uuid4()}"
    fsspec.filesystem("s3", skip_instance_cache=True).mkdir(name)
    return name
