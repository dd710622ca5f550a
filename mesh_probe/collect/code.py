"""Source trees and unpacked images to the hosts that they name.

Many programs keep the addresses that they call in their code, where no manifest shows them. Only
text that people write is read: no binaries, no dependencies, no tests, no manifests.
"""

import os
import re
import stat
import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import repeat
from pathlib import Path

from msgspec.structs import replace

from mesh_probe.errors import FileError
from mesh_probe.model import (
    Branch,
    Build,
    CodeTree,
    Gap,
    KeyUse,
    Library,
    Noun,
    Objects,
    Reference,
)
from mesh_probe.references import branches, literals, projects
from mesh_probe.references.known import Known
from mesh_probe.text import Message, message

LARGEST_FILE = 1_000_000
"""Bytes; what people write by hand is smaller."""


def _set(text: str) -> frozenset[str]:
    return frozenset(text.split())


_SUFFIXES = _set("""
    .bash .c .cc .cfg .cjs .clj .conf .config .cpp .cs .cxx .dart .env .erl .ex .exs .fs .go .groovy
    .h .hpp .hs .ini .java .js .json .jsx .kt .kts .lua .mjs .ml .php .pl .properties .py .rb .rs
    .scala .sh .svelte .swift .template .tmpl .toml .ts .tsx .vb .vue .xml .yaml .yml
""")
_SKIPPED_FOLDERS = _set("""
    node_modules bower_components jspm_packages vendor third_party thirdparty site-packages
    dist-packages __pycache__ venv target obj coverage
    test tests testing __tests__ __mocks__ spec specs testdata fixtures mocks e2e
    doc docs k8s kubernetes kubernetes-manifests manifests helm helm-chart charts kustomize
    openshift istio istio-manifests terraform ansible
""")
_OF_A_SYSTEM = _set("""
    boot dev lib lib32 lib64 media mnt proc run sbin sys tmp usr/include usr/lib usr/lib64 usr/sbin
    usr/share usr/local/include usr/local/share var/cache var/lib var/log
""")
"""Folders of an unpacked image that belong to the distribution."""
_SKIPPED_FILES = re.compile(
    r".*(?:[._-]tests?|[._-]spec|[._-]mock)\.\w+|tests?[._-].*|conftest\.py|.*Tests?\.\w+"
    r"|.*\.(?:min\.js|pb\.go|pb\.cc|pb\.h|lock)|.*_pb2(?:_grpc)?\.py|.*-lock\.\w+|go\.sum"
)
_BINARY_LOOK = 4_096

_VARIABLE = re.compile(literals.VARIABLE.pattern.encode())
_LINK_ENDING = b"_SERVICE_HOST"
_KEY = re.compile(literals.KEY.pattern.encode())
_NAME_BYTES = frozenset(b"abcdefghijklmnopqrstuvwxyz0123456789-")
_ONLY_NAMES = bytes(byte if byte in _NAME_BYTES else ord(" ") for byte in range(256))
_OF_SETTINGS = _set("conf config configs configuration settings")
"""Folders that hold settings for the programs beside them."""


class CodeRead(Noun):
    """The trees, and what of them could not be read."""

    trees: tuple[CodeTree, ...]
    gaps: tuple[Gap, ...]


def read(
    folders: Sequence[str],
    objects: Objects,
    *,
    deadline: float,
    tell: Callable[[Message], None],
) -> CodeRead:
    """Read the trees, for names of Services and of variables that lead to them.

    Raises: FileError when a folder is not there.
    """
    known = _Known(objects)
    trees: list[CodeTree] = []
    gaps: list[Gap] = []
    for folder in sorted(dict.fromkeys(folders)):
        root = Path(folder)
        if not root.is_dir():
            raise FileError(message("error.no-code", folder=folder), message("hint.no-code"))
        reader = _Reader(root.resolve(), known, deadline)
        trees.append(reader.tree())
        gaps += reader.gaps()
        tell(message("progress.code", folder=folder, count=trees[-1].file_count))
    return CodeRead(tuple(trees), tuple(gaps))


class _Known:
    """What is looked for: Services, and variables in which ConfigMaps have addresses.

    Services go by name, whatever their namespace: code does not say where it will run. Programs
    that Dapr runs beside are called by its ids. Variables are also those in which the cluster
    itself tells where Services are.
    """

    def __init__(self, objects: Objects) -> None:
        services = objects.services
        ports = {s.name: frozenset(p.name for p in s.ports if p.name) for s in services}
        self._dapr_ids = {
            app_id
            for workload in objects.workloads
            if (app_id := workload.annotations.get("dapr.io/app-id")) and app_id not in ports
        }
        ports |= dict.fromkeys(self._dapr_ids, frozenset())
        self._aliases = literals.aliases(ports.keys())
        at_home = ports | {alias: ports[name] for alias, name in self._aliases.items()}
        self.services = Known(at_home, {f"{s.name}.{s.namespace}": ports[s.name] for s in services})
        self.linked = {f"{s.name.upper().replace('-', '_')}_SERVICE_HOST": s.name for s in services}
        variables = frozenset(
            reference.key
            for config_map in objects.config_maps
            for reference in config_map.references
            if literals.VARIABLE.fullmatch(reference.key)
        )
        self._has_variables = bool(variables)
        self._names = {name.encode(): name for name in at_home}
        self._variables = {name.encode(): name for name in variables | self.linked.keys()}

    def names_in(self, data: bytes) -> frozenset[str]:
        words = set(data.translate(_ONLY_NAMES).split())
        return _said(self._names, map(bytes.strip, words, repeat(b"-")))

    def variables_in(self, data: bytes) -> frozenset[str]:
        if not self._has_variables and _LINK_ENDING not in data:
            return frozenset()
        return _said(self._variables, _VARIABLE.findall(data))

    def service(self, reference: Reference) -> Reference:
        """The reference by the Service's own name."""
        if reference.host in self._dapr_ids:
            return replace(reference, scheme="dapr")
        name = self._aliases.get(reference.host)
        if name is None:
            return reference
        return replace(reference, host=name, key=reference.key or reference.host)


class _Settings:
    """Addresses in files of settings that several programs share, by their keys.

    Such a file says what the addresses are; the code that names a key says who uses it.
    """

    def __init__(self) -> None:
        self._by_key: dict[str, list[tuple[str, Reference]]] = defaultdict(list)
        self._names: dict[bytes, str] = {}

    def add(self, folder: str, reference: Reference) -> None:
        """Remember what a file in this folder says."""
        key = literals.telling_key(reference)
        if key is not None:
            above, _, last = folder.rpartition("/")
            self._by_key[key].append((above if last in _OF_SETTINGS else folder, reference))
            self._names[key.encode()] = key

    def keys_in(self, data: bytes) -> frozenset[str]:
        return _said(self._names, _KEY.findall(data)) if self._names else frozenset()

    def used(self, folder: str, use: KeyUse) -> Iterator[Reference]:
        """What a program below the settings gets by one of their keys."""
        for above, reference in self._by_key[use.key]:
            if not above or f"{folder}/".startswith(f"{above}/"):
                yield replace(reference, found_in=use.found_in)


def _said(known: Mapping[bytes, str], words: Iterable[bytes]) -> frozenset[str]:
    return frozenset(known[word] for word in known.keys() & words)


class _Reader:
    def __init__(self, root: Path, known: _Known, deadline: float) -> None:
        self._root = root
        self._known = known
        self._deadline = deadline
        self._is_system = (root / "etc").is_dir() and (root / "usr").is_dir()
        self._file_count = 0
        self._unreadable: list[str] = []
        self._cut = False
        self._projects: set[str] = set()
        self._builds: list[Build] = []
        self._libraries: list[Library] = []
        # What a folder names again and again is kept once, with the place where it is first named.
        self._references: dict[Reference, Reference] = {}
        self._keys: dict[KeyUse, KeyUse] = {}
        self._branches: list[Branch] = []
        self._settings = _Settings()

    def tree(self) -> CodeTree:
        for path in sorted(self._files(), key=lambda p: not literals.is_settings(_file_name(p))):
            if self._is_late():
                break
            self._read(path)
        return CodeTree(
            name=self._root.name,
            file_count=self._file_count,
            projects=tuple(sorted(self._projects)),
            builds=tuple(dict.fromkeys(self._builds)),
            libraries=tuple(dict.fromkeys(self._libraries)),
            references=tuple(self._references.values()),
            keys=tuple(self._keys.values()),
            branches=tuple(self._branches),
        )

    def _is_late(self) -> bool:
        self._cut = self._cut or time.monotonic() > self._deadline
        return self._cut

    def gaps(self) -> Iterator[Gap]:
        subject = f"code {self._root.name}"
        if self._cut:
            yield Gap(subject, message("gap.code-cut"), message("hint.time"))
        if self._unreadable:
            files, count = ", ".join(self._unreadable[:3]), len(self._unreadable)
            yield Gap(subject, message("gap.code-unreadable", count=count, files=files))
        if not self._cut and not self._file_count:
            yield Gap(subject, message("gap.code-empty"), message("hint.code-empty"))

    def _files(self) -> Iterator[str]:
        """Paths below the tree that are worth a look, in a stable order; links are not followed."""
        for folder, below, files in os.walk(self._root, onerror=self._cannot_list):
            if self._is_late():
                return
            here = os.path.relpath(folder, self._root).replace(os.sep, "/").removeprefix(".")
            prefix = f"{here.strip('/')}/" if here.strip("/") else ""
            below[:] = sorted(name for name in below if self._enters(prefix, name))
            for name in sorted(files):
                if projects.is_mark(name):
                    self._projects.add(prefix.rstrip("/"))
                if _is_read(name):
                    yield prefix + name

    def _enters(self, prefix: str, name: str) -> bool:
        if self._is_system and prefix + name in _OF_A_SYSTEM:
            return False
        return name.lower() not in _SKIPPED_FOLDERS and not name.startswith(".")

    def _read(self, path: str) -> None:
        file = self._root / path
        try:
            if not stat.S_ISREG(file.lstat().st_mode):
                return
            with file.open("rb") as stream:
                data = stream.read(LARGEST_FILE + 1)
        except OSError:
            self._unreadable.append(_shown(path))
            return
        if len(data) > LARGEST_FILE or b"\0" in data[:_BINARY_LOOK]:
            return
        self._file_count += 1
        name, shown = _file_name(path), _shown(path)
        names, variables = self._known.names_in(data), self._known.variables_in(data)
        keys = frozenset() if literals.is_settings(name) else self._settings.keys_in(data)
        says_builds = projects.says_builds(name, data)
        may_branch = branches.may_hold(path, data)
        if not (names or variables or keys or says_builds or may_branch or projects.is_mark(name)):
            return
        text = data.decode("utf-8", "replace")
        if may_branch:
            self._branches += branches.find(shown, text)
        self._libraries += projects.libraries(shown, text)
        if says_builds:
            self._builds += projects.builds(shown, text)
        if not projects.is_build_list(name):
            self._look(shown, text, names, variables | keys)

    def _look(self, path: str, text: str, names: frozenset[str], keys: frozenset[str]) -> None:
        folder = path.rpartition("/")[0]
        for found in literals.find(path, text, names, self._known.services) if names else ():
            reference = self._known.service(found)
            self._references.setdefault(replace(reference, found_in=folder), reference)
            if literals.is_settings(_file_name(path)):
                self._settings.add(folder, reference)
        for use in literals.uses(path, text, keys) if keys else ():
            self._keys.setdefault(replace(use, found_in=folder), use)
            references = [*self._settings.used(folder, use)]
            if linked := self._known.linked.get(use.key):
                references.append(Reference(linked, use.key, use.found_in, "pair"))
            for reference in references:
                self._references.setdefault(replace(reference, found_in=folder), reference)

    def _cannot_list(self, err: OSError) -> None:
        self._unreadable.append(_shown(os.path.relpath(err.filename or "", self._root)))


def _is_read(name: str) -> bool:
    if _SKIPPED_FILES.fullmatch(name):
        return False
    return (
        name[name.rfind(".") :].lower() in _SUFFIXES
        or projects.is_mark(name)
        or name.startswith(".env")
        or name in ("Caddyfile", "Makefile")
    )


def _file_name(path: str) -> str:
    return path.rpartition("/")[2]


def _shown(path: str) -> str:
    """A path as text of one line, without ":", which stands before the number of a line."""
    text = os.fsencode(path).decode("utf-8", "backslashreplace")
    if text.isprintable() and ":" not in text:
        return text
    return "".join(
        c
        if c.isprintable() and c != ":"
        else c.encode("unicode_escape").decode().replace(":", r"\x3a")
        for c in text
    )
