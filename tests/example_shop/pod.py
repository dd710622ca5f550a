"""Runs the example shop's program as a pod would: Services have names and ports of their own.

PLACES names a file of JSON, the port on this machine by "service:port". It is read when a name is
looked up first, so that it may be written once all processes listen.
"""

import functools
import json
import os
import runpy
import socket
from collections.abc import Callable
from pathlib import Path
from typing import Any

PROGRAM = Path(__file__).parents[2] / "examples/shop/shop.py"


@functools.cache
def places() -> dict[str, int]:
    """The port on this machine of each Service."""
    found: dict[str, int] = json.loads(Path(os.environ["PLACES"]).read_text("utf-8"))
    return found


def cluster_dns(look_up: Callable[..., Any]) -> Callable[..., Any]:
    """What the cluster's DNS and Service addresses do: a name and port lead to a process."""

    def found(host: str | None, port: int | str | None, *args: Any, **more: Any) -> Any:
        if host in (None, "", "127.0.0.1"):
            return look_up(host, port, *args, **more)
        return look_up("127.0.0.1", places()[f"{host}:{port}"], *args, **more)

    return found


if __name__ == "__main__":
    socket.getaddrinfo = cluster_dns(socket.getaddrinfo)
    runpy.run_path(str(PROGRAM), run_name="__main__")
