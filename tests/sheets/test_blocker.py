import json
from typing import Any

import msgspec
import pytest

from mesh_probe.assessment import Assessment, assess
from mesh_probe.blocker import CLUSTER, Check
from mesh_probe.blockers import CHECKS
from mesh_probe.format import Look
from mesh_probe.formats import SHEET_FORMATS
from mesh_probe.model import Ignore
from mesh_probe.sheets.blocker import MOST_REMEDIES, sheet
from mesh_probe.snapshot import Snapshot
from mesh_probe.text import LANGUAGES, Wording
from tests.builders import app, apps, cluster
from tests.formats import in_the_way
from tests.formats.examples import ExampleWording, rich

EXAMPLE = Check(
    "example-port",
    "warning",
    ("istio-sidecar", "istio-ambient"),
    "https://docs.example/example-port",
    lambda _snapshot, _graph: (),
    ("Service", "Deployment"),
)
SNAPSHOT = cluster(hidden=("Service",))


def explained(
    check: Check = EXAMPLE,
    assessment: Assessment | None = None,
    snapshot: Snapshot = SNAPSHOT,
    *,
    language: str = "en",
    name: str = "terminal",
) -> str:
    wording = ExampleWording(language)
    told = sheet(check, assessment or rich(), snapshot, wording)
    return SHEET_FORMATS[name](told, wording, Look(width=100))


def test_the_whole_explanation() -> None:
    assert explained() == (
        """In the way of a mesh: Ports with odd names
Found on 5 objects.
The answers file ignores 1 of them.
They take part in 98% of the calls per second that were observed.
Not all could be looked at: Service could not be read in full.

The rule
  - Where it is found, a mesh of these kinds works with care or in part: Istio sidecar, Istio
    ambient.
  - Looked at: Service, Deployment.
  - Told of at https://docs.example/example-port

Where it was found
  of the calls  what is in the way
           62%  Service shop/cart: Port 80 is named cart. [kubectl get service shop/cart]
           40%  Service shop/web: Port 80 is named web. [kubectl get service shop/web]
           13%  Service shop/pricing: Port 80 is named pricing. [kubectl get service shop/pricing]
           10%  (ignored) Service shop/promotions: Port 80 is named promotions. [kubectl get service
                shop/promotions]
             –  Service shop/cart-db: Port 80 is named cart-db. [kubectl get service shop/cart-db]

What to do
  - Name port 80 after its protocol.

What would change it
  - While it stands, it lowers readiness: a workload counts as free of blockers where neither an
    error nor a warning touches it, and by half where only warnings do.
  - To live with it, add to the answers file: ignore: [{blocker: example-port}]. It stays listed and
    counts nowhere.
"""
    )


def test_finding_nothing_is_said_with_what_could_not_be_looked_at() -> None:
    nothing = msgspec.structs.replace(rich(), blockers=())

    assert explained(assessment=nothing, snapshot=cluster()).splitlines()[1:3] == [
        "Nothing of the sort was found.",
        "",
    ]
    assert explained(assessment=nothing).splitlines()[1:3] == [
        "Nothing of the sort was found.",
        "Not all could be looked at: Service could not be read in full.",
    ]


def test_what_is_ignored_wholly_lowers_no_score_and_needs_no_advice_to_ignore() -> None:
    ignored = tuple(msgspec.structs.replace(b, ignored=True) for b in in_the_way.some())
    said = explained(assessment=msgspec.structs.replace(rich(), blockers=ignored))

    assert "It lowers no score." in said
    assert "To live with it" not in said


def test_remedies_that_differ_are_told_and_not_too_many() -> None:
    blockers = tuple(
        in_the_way.blocker("example-port", "warning", f"Service a/{n}", port=str(n), name="x")
        for n in range(20)
    )
    said = explained(assessment=msgspec.structs.replace(rich(), blockers=blockers))

    assert said.count("after its protocol.") == MOST_REMEDIES
    assert said.count("is named x") == 20


def test_programs_get_everything() -> None:
    record: dict[str, Any] = json.loads(explained(name="json"))
    first, *_ = record.pop("found")

    assert record == {
        "schema": "mesh-probe/explain/v1",
        "kind": "blocker",
        "id": "example-port",
        "severity": "warning",
        "mesh_modes": ["istio-sidecar", "istio-ambient"],
        "title": {
            "id": "blocker.example-port.title",
            "parameters": {},
            "text": "Ports with odd names",
        },
        "reference": "https://docs.example/example-port",
        "kinds": ["Service", "Deployment"],
        "hidden_kinds": ["Service"],
        "traffic_share": 0.977448,
    }
    assert first["text"]["text"] == "Port 80 is named cart."
    assert (first["ignored"], first["nodes"], first["traffic_share"]) == (
        False,
        ["shop/cart"],
        0.62,
    )


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.id)
def test_every_check_is_explained_found_or_not(check: Check, language: str) -> None:
    snapshot = cluster(*apps(2), *app("web", host_network=True))
    assessment = assess(msgspec.structs.replace(snapshot, ignored=(Ignore(check.id, CLUSTER),)))
    wording = Wording(language)

    said = SHEET_FORMATS["terminal"](
        sheet(check, assessment, snapshot, wording), wording, Look(width=250)
    )

    assert wording.text(f"blocker.{check.id}.title") in said.splitlines()[0]
    assert check.reference in said.replace("\n    ", "")
