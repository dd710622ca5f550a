"""What holds for every sheet, in every format and language."""

import json
import re
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import jsonschema
import msgspec
import pytest

from mesh_probe import sheets
from mesh_probe.assessment import Assessment
from mesh_probe.diff import compare
from mesh_probe.fleet import Muster, Shard
from mesh_probe.format import Look
from mesh_probe.formats import SHEET_FORMATS
from mesh_probe.history import trend
from mesh_probe.model import Gap
from mesh_probe.sheet import Sheet
from mesh_probe.sheets import diff, fleet, history
from mesh_probe.summary import summarize
from mesh_probe.text import LANGUAGES, Wording, message
from mesh_probe.text.visible import HIDDEN
from tests.formats.examples import ExampleWording, empty, hostile, rich, undecided
from tests.past import day, judged, seen

HOSTILE = "\x1b[31mred\x1b[0m | <b>*x*</b> \u202e\ud800"


def later(assessment: Assessment, days: int) -> Assessment:
    at = assessment.generated_at + timedelta(days=days)
    return msgspec.structs.replace(assessment, generated_at=at)


def a_diff(wording: Wording) -> Sheet:
    return diff.sheet(compare(rich(), undecided()), wording)


def a_hostile_diff(wording: Wording) -> Sheet:
    return diff.sheet(compare(empty(), hostile()), wording)


def a_history(wording: Wording) -> Sheet:
    points = [summarize(later(each, n)) for n, each in enumerate((rich(), hostile(), undecided()))]
    unread = [Gap(HOSTILE, message("error.place", place=HOSTILE, detail=HOSTILE))]
    return history.sheet(trend(points, unread), wording)


def no_history(wording: Wording) -> Sheet:
    return history.sheet(trend([]), wording)


def a_fleet(wording: Wording) -> Sheet:
    muster = Muster()
    muster.add(HOSTILE, day(), rich())
    muster.add("eu", day(), hostile())
    muster.fail("us", message("error.place", place=HOSTILE, detail="no"))
    return fleet.sheet(muster.fleet(), wording)


def a_shard(wording: Wording) -> Sheet:
    return fleet.sheet(Muster(Shard(1, 3)).fleet(), wording)


SHEETS: tuple[Callable[[Wording], Sheet], ...] = (
    a_diff,
    a_hostile_diff,
    a_history,
    no_history,
    a_fleet,
    a_shard,
)


@pytest.mark.parametrize("make", SHEETS)
@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", SHEET_FORMATS)
class TestEverySheet:
    def text(self, make: Callable[[Wording], Sheet], language: str, name: str) -> str:
        wording = ExampleWording(language)
        return SHEET_FORMATS[name](make(wording), wording, Look())

    def test_is_the_same_each_time(
        self, make: Callable[[Wording], Sheet], language: str, name: str
    ) -> None:
        assert self.text(make, language, name) == self.text(make, language, name)

    def test_holds_nothing_that_a_screen_would_obey(
        self, make: Callable[[Wording], Sheet], language: str, name: str
    ) -> None:
        text = self.text(make, language, name)

        assert set(HIDDEN.findall(text)) == {"\n"}
        assert text.encode("utf-8")
        assert re.search(r"[^\n]\n\Z", text)

    def test_every_id_has_words(
        self, make: Callable[[Wording], Sheet], language: str, name: str
    ) -> None:
        """A text without words is printed as its id; JSON holds what its schema says."""
        if name == "json":
            record = json.loads(self.text(make, language, name))
            kind = record["schema"].split("/")[1]
            schema = Path(sheets.__file__).with_name(f"{kind}.schema.json")
            jsonschema.validate(record, json.loads(schema.read_text("utf-8")))
            return
        ids = r"\b(label|heading|diff|history|fleet|caution)\.[a-z][a-z0-9_.-]+"

        assert not re.search(ids, self.text(make, language, name))


def shown(sheet: Sheet) -> str:
    return SHEET_FORMATS["terminal"](sheet, Wording("en"), Look(width=100))


def test_a_difference_reads_like_this() -> None:
    old = judged(0, "web", "cart", observed=[seen("web", "cart", rate=10)])
    new = judged(
        1,
        *("web", "cart", "stock"),
        observed=[seen("web", "cart", rate=30), seen("cart", "stock")],
        wants="nowhere.shop.svc.cluster.local",
    )

    text = shown(diff.sheet(compare(old, new), Wording("en")))

    assert "\n".join(
        line for line in text.split("\n\n") if line.startswith(("What", "Findings", "Call"))
    ).split("\n") == [
        "What changed from 2026-03-14 12:00 UTC to 2026-03-15 12:00 UTC",
        f"The outcome is as before: {Wording('en').text(f'label.{new.verdict.outcome}')}.",
        "Findings",
        "  change  what",
        "  new     warning: Deployment shop/web: NOWHERE_URL names"
        " nowhere.shop.svc.cluster.local:80, and",
        "          there is no such Service",
        "Call graph",
        "  change  what",
        "  new     shop/stock",
        "  new     shop/cart -> stock",
    ]
    assert "rate    10/s  30/s  shop/web -> cart" in text


def test_the_record_of_a_history_has_every_point() -> None:
    points = [summarize(judged(number)) for number in range(60)]

    text = SHEET_FORMATS["json"](history.sheet(trend(points), Wording("en")), Wording("en"), Look())

    record = json.loads(text)
    assert record["schema"] == "mesh-probe/history/v1"
    assert [point["taken_at"][:10] for point in record["points"]][::59] == [
        "2026-03-14",
        "2026-05-12",
    ]
    assert len(record["points"]) == 60
