"""The ways to read a cluster that are compared: their commands, and a server to ask."""

import json
import random
import shutil
import ssl
import subprocess
import sys
import urllib.request
from base64 import b64decode
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec

from benchmarks.measure import Run, run, typical
from mesh_probe.kinds import KINDS

PROGRAM = (sys.executable, "-c", "from mesh_probe.cli import run; run()")
"""The command line, of the package that the others use, too."""
METHOD = (sys.executable, "-m", "benchmarks.methods")

SLOW = ("typed", "kubectl")


class Server:
    """A server with a cluster, in a process of its own, for as long as a `with` statement lasts."""

    def __init__(self, folder: Path, *, real: bool) -> None:
        self.folder = folder
        self.kubeconfig = folder / "kubeconfig"
        self._real = real

    @contextmanager
    def holding(self, services: int, pods: int, seed: int) -> Iterator[None]:
        """Serve until the end. Raises: RuntimeError when it does not start."""
        module = "benchmarks.real" if self._real else "benchmarks.server"
        numbers = (str(services), str(pods), str(seed))
        command = [sys.executable, "-m", module, str(self.folder), *numbers]
        with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
            assert process.stdout
            if not process.stdout.readline():
                raise RuntimeError(f"{module} did not start")
            try:
                yield
            finally:
                process.communicate()

    def counts(self) -> tuple[int, int] | None:
        """Requests and bytes that were served so far; None where only the clients know."""
        if self._real:
            return None
        cluster = json.loads(self.kubeconfig.read_text())["clusters"][0]["cluster"]
        authority = b64decode(cluster["certificate-authority-data"]).decode()
        context = ssl.create_default_context(cadata=authority)
        url = f"{cluster['server']}/benchmark/counts"
        with urllib.request.urlopen(url, context=context) as answer:
            found = json.load(answer)
            return found["requests"], found["bytes"]


def measure(server: Server, runs: int, *, slow: bool) -> dict[str, list[Run]]:
    """Every way so often, in turns; the first one to read makes the server write its pages.

    The order of each turn is another one, though the same whenever this is repeated: a way must not
    always be the one that pays for the garbage that another left in the server.

    `slow` adds the client's typed lists, and kubectl where there is one.
    """
    plan = server.folder / "plan.json"
    run([*METHOD, "plan", str(server.kubeconfig), str(plan)])
    commands = _commands(server.kubeconfig, plan)
    taken: dict[str, list[Run]] = {way: [] for way in commands if slow or way not in SLOW}
    chance = random.Random(0)
    for _ in range(runs):
        for way in chance.sample(list(taken), len(taken)):
            taken[way].append(_run(server, commands[way]))
    return taken


def help_seconds(runs: int) -> float:
    """How much longer help takes than an interpreter that does nothing."""
    bare = [run([sys.executable, "-c", "pass"])[0] for _ in range(runs)]
    helped = [run([*PROGRAM, "--help"])[0] for _ in range(runs)]
    return typical(helped).wall_seconds - typical(bare).wall_seconds


def help_imports() -> frozenset[str]:
    """The packages that help loads."""
    python, option, program = PROGRAM
    listing = "import atexit, sys; atexit.register(lambda: print(*sys.modules, sep='\\n'));"
    _, said = run([python, option, listing + program, "--help"])
    return frozenset(line.partition(".")[0] for line in said.splitlines())


def _commands(kubeconfig: Path, plan: Path) -> dict[str, list[str]]:
    """By name, in the order of their turns."""
    config = ["--kubeconfig", str(kubeconfig)]
    scan = ["scan", *config, "--prometheus", "none", "--format", "json", "--timeout", "1h"]
    commands = {
        "plain": [*METHOD, "plain", str(kubeconfig), str(plan)],
        "collect": [*METHOD, "collect", str(kubeconfig)],
        "scan": [*PROGRAM, *scan],
        "typed": [*METHOD, "typed", str(kubeconfig)],
    }
    if kubectl := shutil.which("kubectl"):
        # As with the typed lists, what add-ons serve is left out.
        kinds = ",".join(f"{k.plural}.{k.group}".rstrip(".") for k in KINDS if not k.optional)
        commands["kubectl"] = [kubectl, *config, "get", kinds, "-A", "-o", "json"]
    return commands


def _run(server: Server, command: list[str]) -> Run:
    before = server.counts()
    figures, said = run(command)
    after = server.counts()
    own = json.loads(said) if "benchmarks.methods" in command else {}
    if before and after:
        own = {"requests": after[0] - before[0], "bytes": after[1] - before[1]}
    return msgspec.structs.replace(figures, requests=own.get("requests"), bytes=own.get("bytes"))
