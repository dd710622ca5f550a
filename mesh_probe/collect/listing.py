"""Every kind, page by page, into the inventory.

What is refused becomes a gap of its kind, and the others go on.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from urllib.parse import urlencode

from mesh_probe.collect import namespaces, templates
from mesh_probe.collect.crew import Answer, Crew, CutShort, Task, Tell, stop_without_entry
from mesh_probe.collect.discovery import Catalogue
from mesh_probe.collect.refusal import BROKEN, FORBIDDEN, GONE, JSON, NOT_FOUND, Refused, broken
from mesh_probe.collect.tally import Tally, gaps, only
from mesh_probe.errors import CollectError
from mesh_probe.inventory import Inventory
from mesh_probe.kinds import KINDS, Kind
from mesh_probe.model import Gap, Noun
from mesh_probe.text import message

ACCEPT_BY_FORM = {
    "full": JSON,
    "metadata": f"{JSON};as=PartialObjectMetadataList;v=v1;g=meta.k8s.io,{JSON}",
    "table": f"{JSON};as=Table;v=v1;g=meta.k8s.io,{JSON}",
}
"""https://kubernetes.io/docs/reference/using-api/api-concepts/#alternate-representations-of-resources

A Table's rows carry the metadata of their objects unless one asks for something else."""

FIRST_PAGE_COUNT = 100
LARGEST_PAGE_COUNT = 5000
PAGE_BYTES = 4_000_000
"""Pages grow or shrink to about this size: a ConfigMap may have 1 MB, a binding has 500 bytes. With
10,000 pods, pages of 16 MB were read no faster, and took twice the memory."""
MOST_EXPIRIES = 3
"""A list that expires more often than this is left as it is."""
SEPARATE_NAMESPACES = 20
"""Up to here each namespace is listed by itself; of more, the cluster is, where that is allowed."""

NAMESPACE = KINDS[0]
POD = next(kind for kind in KINDS if kind.name == "Pod")
"""The longest list, whose pages are read one after another: it is begun beside the first stage."""
REPLICA_SET = next(kind for kind in KINDS if kind.name == "ReplicaSet")
"""The next longest."""
BESIDE = 1
"""The stage beside which those are read that wait for none."""
STAGES = range(max(kind.stage or 0 for kind in KINDS))
"""Those that another one follows."""

# Lists of custom resources say so at their end, and are short.
_CONTINUES = re.compile(
    rb'\{"kind":"\w+","apiVersion":"[\w./]+","metadata":\{[^{}]*?"continue":"([\w=+/-]+)"'
)


class Scope(Noun):
    """The part of a cluster that is read. The inventory drops what lies outside."""

    namespaces: tuple[str, ...] = ()
    """Empty for all of them."""
    own: str | None = None
    """The namespace to fall back on where not all of them may be read."""


@dataclass(frozen=True)
class _List:
    """A list, as far as it is read."""

    kind: Kind
    base: str
    namespace: str | None = None
    limit: int | None = FIRST_PAGE_COUNT
    token: str | None = None
    count: int = 0
    expiries: int = 0
    instead_of: Refused | None = None
    """Why not all namespaces are asked for."""

    @property
    def path(self) -> str:
        place = f"{self.base}/namespaces/{self.namespace}" if self.namespace else self.base
        limit = {"limit": str(self.limit)} if self.limit else {}
        token = {"continue": self.token} if self.token else {}
        return f"{place}/{self.kind.plural}?{urlencode(limit | token)}"

    def after(self, token: str, count: int, page_bytes: int, wanted_bytes: int) -> "_List":
        """What is left behind a page, in pages of a fitting size."""
        fitting = wanted_bytes * count // max(page_bytes, 1)
        limit = self.limit and max(1, min(fitting, LARGEST_PAGE_COUNT))
        return replace(self, token=token, limit=limit, count=self.count + count)


class Listing:
    """Lists every kind, a stage after another."""

    def __init__(
        self,
        crew: Crew,
        catalogue: Catalogue,
        inventory: Inventory,
        scope: Scope,
        *,
        page_bytes: int,
        sample: bool,
        tell: Tell,
    ) -> None:
        self._crew = crew
        self._catalogue = catalogue
        self._inventory = inventory
        self._scope = scope
        self._page_bytes = page_bytes
        self._sample = sample
        self._tell = tell
        self._stage = 0
        """The stage that is read, beside the kinds that wait for none."""
        self._goes_on = not scope.namespaces
        """Whether another stage may follow: it may not before all namespaces are known to exist."""
        self._gaps: list[Gap] = []
        self._missing_namespaces: set[str] = set()
        self._tallies: dict[Kind, Tally] = {}
        for kind in KINDS:
            tally = self._tallies[kind] = Tally()
            if catalogue.base(kind) is None:
                doubt = catalogue.doubt(kind)
                tally.served = doubt is not None
                tally.reasons += [(None, doubt)] if doubt else []

    def read_all(self) -> CutShort | None:
        """Read until all is read; what ended it early, if something did.

        Raises: CollectError when none of the namespaces that were asked for exists.
        """
        try:
            tasks = self._first_tasks(0)
            if not self._goes_on:
                self._crew.run(tasks)
                if self._missing_namespaces:
                    self._look_for_missing()
                self._goes_on, tasks = True, []
            self._crew.run([*tasks, *self._first_pages(POD), *self._next_stage()])
            if not self._sample:
                templates.read(self._crew, self._catalogue, self._inventory, self._gaps.append)
        except CutShort as err:
            return err
        return None

    def _look_for_missing(self) -> None:
        """Say which namespaces do not exist, and what may have been meant."""
        path = f"{self._catalogue.base(NAMESPACE)}/{NAMESPACE.plural}?limit={LARGEST_PAGE_COUNT}"
        answer = self._crew.fetch_all([path], ACCEPT_BY_FORM["metadata"])[path]
        known = namespaces.names_in(answer)
        missing = sorted(self._missing_namespaces)
        self._gaps += [namespaces.missing(name, known) for name in missing]
        if not self._namespaces:
            said = message("error.no-such-namespace", namespaces=", ".join(missing))
            raise CollectError(said, namespaces.meant(missing, known))

    def conclude(self, cut: CutShort | None) -> tuple[Gap, ...]:
        """Tell the inventory how far each kind could be seen; all that is missing."""
        self._gaps.sort(key=lambda gap: gap.subject)
        for kind, tally in self._tallies.items():
            self._inventory.mark(kind, tally.state)
            self._gaps += gaps(kind, tally, cut)
        return tuple(self._gaps)

    @property
    def _namespaces(self) -> list[str]:
        """Those that were asked for, without those that turned out not to exist."""
        return [n for n in self._scope.namespaces if n not in self._missing_namespaces]

    def _first_tasks(self, stage: int) -> list[Task]:
        """The first pages of all kinds of a stage, and of those that are read beside it."""
        kinds = [kind for kind in KINDS if kind.stage == stage]
        if stage == BESIDE:
            beside = [kind for kind in KINDS if kind.stage is None and kind != POD]
            kinds += sorted(beside, key=lambda kind: kind != REPLICA_SET)
        return [task for kind in kinds for task in self._first_pages(kind)]

    def _next_stage(self) -> list[Task]:
        """The first pages of the kinds that had to wait, once the stage before them is read."""
        tasks: list[Task] = []
        while self._goes_on and self._stage in STAGES and not self._is_open(self._stage):
            self._stage += 1
            tasks += self._first_tasks(self._stage)
        return tasks

    def _is_open(self, stage: int) -> bool:
        return any(self._tallies[kind].open_count for kind in KINDS if kind.stage == stage)

    def _first_pages(self, kind: Kind) -> Iterator[Task]:
        base = self._catalogue.base(kind)
        if base is None:
            return
        limit = 1 if self._sampled(kind) else FIRST_PAGE_COUNT
        if kind == NAMESPACE and self._namespaces:
            for name in self._namespaces:
                yield self._namespace(name, base)
        elif kind.namespaced and 0 < len(self._namespaces) <= SEPARATE_NAMESPACES:
            for name in self._namespaces:
                yield self._page(_List(kind, base, name, limit))
        else:
            yield self._page(_List(kind, base, limit=limit))

    def _sampled(self, kind: Kind) -> bool:
        """Whether one object is enough; Services are always needed, to find Prometheus."""
        return self._sample and kind.stage != 0

    def _page(self, part: _List) -> Task:
        self._tallies[part.kind].open_count += 1
        return self._task(part)

    def _task(self, part: _List) -> Task:
        accept = ACCEPT_BY_FORM[part.kind.form]
        return Task(part.path, accept, partial(self._take, part), partial(self._follow, part))

    def _follow(self, part: _List, body: bytes) -> Task | None:
        """The next page, where the list says at its beginning that there is one.

        All but the last page hold as many objects as were asked for.
        """
        found = _CONTINUES.match(body)
        if found is None or part.limit is None or self._sampled(part.kind):
            return None
        token = found[1].decode()
        return self._task(part.after(token, part.limit, len(body), self._page_bytes))

    def _take(self, part: _List, answer: Answer, followed: bool) -> Sequence[Task]:
        tally = self._tallies[part.kind]
        tally.open_count += followed - 1
        if isinstance(answer, Refused):
            more = self._take_refusal(part, answer)
        else:
            more = self._take_page(part, answer, followed=followed)
        return [*more, *self._next_stage()] if part.kind.stage == self._stage else more

    def _take_page(self, part: _List, body: bytes, *, followed: bool) -> Sequence[Task]:
        tally = self._tallies[part.kind]
        try:
            page = self._inventory.add_page(part.kind, body)
        except BROKEN as err:
            return self._take_refusal(part, broken(err))
        tally.object_count += page.count
        if followed:
            return ()
        if page.continue_token and not self._sampled(part.kind):
            rest = part.after(page.continue_token, page.count, len(body), self._page_bytes)
            return [self._page(rest)]
        tally.read_count += 1
        if part.instead_of:
            tally.reasons.append((None, only(part.namespace, part.instead_of)))
        if not tally.open_count:
            said = message("progress.kind", kind=part.kind.name, count=tally.object_count)
            self._tell(said)
        return ()

    def _take_refusal(self, part: _List, refused: Refused) -> Sequence[Task]:
        """Go on where that is possible, or else note what is missing."""
        tally = self._tallies[part.kind]
        stop_without_entry(refused)
        more: list[Task] = []
        if refused.status == GONE and part.token:
            more = self._after_expiry(part, refused)
        elif refused.status == FORBIDDEN and not part.namespace:
            more = list(self._narrower(part, refused))
        if more:
            return more
        if refused.status == NOT_FOUND and not part.token:
            tally.served = False
        elif part.instead_of and not part.count:
            tally.reasons.append((None, part.instead_of))
        else:
            tally.reasons.append((part.namespace, refused))
        return ()

    def _after_expiry(self, part: _List, refused: Refused) -> list[Task]:
        """A list whose version the server has dropped goes on at the newest one, or starts again.

        The token in the answer is one for the newest version; without one the list is read at one
        go, which cannot expire.
        """
        if part.expiries == MOST_EXPIRIES:
            return []
        tally = self._tallies[part.kind]
        if refused.continue_token:
            tally.two_versions = True
            rest = replace(part, token=refused.continue_token, expiries=part.expiries + 1)
            return [self._page(rest)]
        tally.object_count -= part.count
        return [self._page(replace(part, token=None, limit=None, count=0))]

    def _narrower(self, part: _List, refused: Refused) -> Iterator[Task]:
        """What may be allowed where the list of all namespaces is not."""
        own = self._scope.own
        if part.kind.namespaced and self._namespaces:
            for name in self._namespaces:
                yield self._page(replace(part, namespace=name))
        elif part.kind.namespaced and own:
            yield self._page(replace(part, namespace=own, instead_of=refused))
        elif part.kind == NAMESPACE and own:
            yield self._namespace(own, part.base, instead_of=refused)

    def _namespace(self, name: str, base: str, instead_of: Refused | None = None) -> Task:
        self._tallies[NAMESPACE].open_count += 1
        take = partial(self._take_namespace, name, instead_of)
        return Task(f"{base}/{NAMESPACE.plural}/{name}", JSON, take)

    def _take_namespace(
        self, name: str, instead_of: Refused | None, answer: Answer, _: bool
    ) -> Sequence[Task]:
        """A namespace that does not exist has empty lists, so it has to be asked for itself."""
        tally = self._tallies[NAMESPACE]
        tally.open_count -= 1
        if not isinstance(answer, Refused):
            try:
                tally.object_count += self._inventory.add_page(
                    NAMESPACE, b'{"items":[%b]}' % answer
                ).count
            except BROKEN as err:
                answer = broken(err)
            else:
                tally.read_count += 1
                tally.reasons += [(None, only(name, instead_of))] if instead_of else []
                return self._next_stage()
        stop_without_entry(answer)
        if instead_of:
            tally.reasons.append((None, instead_of))
        elif answer.status == NOT_FOUND:
            tally.read_count += 1
            self._missing_namespaces.add(name)
        else:
            said = message("gap.namespace-unchecked", detail=answer.detail)
            tally.reasons.append((name, Refused(answer.status, answer.detail, said, answer.hint)))
        return self._next_stage()
