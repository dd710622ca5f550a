"""The example shop at work: every call is found and no other, and every story is told."""

import json
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.cli.test_scan import report_of, run
from tests.example_shop.live import shopping
from tests.example_shop.shop import STORIES

REQUESTS = 100
CALLS = {
    ("customers", "storefront"): 1,
    ("storefront", "catalog"): 1,
    ("storefront", "cart"): 1,
    ("storefront", "recommendations"): 1,
    ("storefront", "checkout"): 1,
    ("recommendations", "catalog"): 1,
    ("checkout", "cart"): 1,
    ("checkout", "payments"): 1,
    ("checkout", "orders"): 1,
    ("orders", "inventory"): 1,
    ("orders", "mailer"): 1,
    ("catalog", "shop-db"): 2,
    ("orders", "shop-db"): 1,
    ("inventory", "shop-db"): 1,
    ("cart", "shop-cache"): 2,
}
"""Calls for each request of a customer."""
TELLS = 0.2
"""How far a rate may be off: it is stretched to the ends of its window, by a scrape or less."""


@dataclass(frozen=True)
class Shop:
    """One shop's report, and where its snapshot is."""

    report: Any
    snapshot: Path
    unseen_requests: float

    def edges(self) -> dict[tuple[str, str], Any]:
        """The calls seen, by names of workloads."""
        return {
            (_name(edge["client"]), _name(edge["server"])): edge
            for edge in self.report["graph"]["edges"]
            if edge["observed"]
        }

    def findings(self) -> set[tuple[str, str]]:
        """Id and subject."""
        return {(each["id"], each["subject"]) for each in self.report["findings"]}

    def answer(self, rule: str) -> Any:
        """One of the nine."""
        (found,) = (each for each in self.report["answers"] if each["id"] == rule)
        return found


def _name(node: str) -> str:
    return node.removeprefix("shop/")


@pytest.fixture(scope="module")
def shops(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Shop, Shop]]:
    """The shop as it should be, and with all stories at once; they run at the same time."""

    def watched(names: tuple[str, ...]) -> Shop:
        folder = tmp_path_factory.mktemp("-".join(("shop", *names))[:60])
        snapshot = folder / "snapshot.json"
        with shopping([STORIES[name] for name in names], folder, REQUESTS) as live:
            keep = ("--format", "json", "--save", str(snapshot))
            with one_at_a_time:
                report = report_of(run("scan", *live.options(), *keep))
                return Shop(report, snapshot, live.unseen_requests)

    one_at_a_time = threading.Lock()  # what a command prints is caught for the whole process
    with ThreadPoolExecutor() as pool:
        sound, storied = pool.map(watched, [(), tuple(STORIES)])
        yield sound, storied


def test_every_call_is_found_and_no_other(shops: tuple[Shop, Shop]) -> None:
    sound, storied = shops

    assert set(sound.edges()) == set(CALLS)
    assert all(edge["declared"] for edge in sound.edges().values())
    assert set(storied.edges()) == {
        *CALLS,
        ("catalog", "recommendations"),
        ("recommendations", "payments"),
    }


def test_rates_are_those_of_the_customers(shops: tuple[Shop, Shop]) -> None:
    sound, _ = shops
    rates = {pair: edge["rate_rps"] for pair, edge in sound.edges().items()}
    visits = rates["storefront", "catalog"]
    seen = CALLS | {("customers", "storefront"): 1 - sound.unseen_requests / REQUESTS}

    assert {pair: rate / visits for pair, rate in rates.items()} == {
        pair: pytest.approx(times, rel=TELLS) for pair, times in seen.items()
    }


def test_a_sound_shop_has_no_story_to_tell(shops: tuple[Shop, Shop]) -> None:
    sound, _ = shops

    assert sound.findings() == set()
    assert sound.report["paths"]["cycles"] == []
    assert sound.answer("rollout-in-code")["status"] != "yes"
    assert max(edge["error_ratio"] for edge in sound.edges().values()) == 0


def test_the_slow_hop_is_the_cause_of_the_slowest_path(shops: tuple[Shop, Shop]) -> None:
    _, storied = shops
    slowest = storied.report["paths"]["slowest"][0]

    assert (slowest["critical"]["client"], slowest["critical"]["server"]) == (
        "shop/checkout",
        "shop/payments",
    )


def test_failing_tried_again_undeclared_and_idle_are_findings(shops: tuple[Shop, Shop]) -> None:
    _, storied = shops

    assert storied.findings() == {
        ("failing-calls", "shop/orders -> shop/mailer"),
        ("failing-calls", "shop/orders -> shop/inventory"),
        ("retry-storm", "shop/orders -> shop/inventory"),
        ("seen-not-declared", "shop/recommendations -> shop/payments"),
        ("never-called", "shop/gift-cards"),
    }


def test_the_cycle_and_the_canary_in_code_are_told(shops: tuple[Shop, Shop]) -> None:
    _, storied = shops
    canary = storied.answer("rollout-in-code")

    assert storied.report["paths"]["cycles"] == [["shop/catalog", "shop/recommendations"]]
    assert any("CANARY_PERCENT" in piece["fact"] for piece in canary["evidence"])


def test_what_was_mended_is_gone_in_the_comparison(shops: tuple[Shop, Shop]) -> None:
    sound, storied = shops

    told = run("diff", str(storied.snapshot), str(sound.snapshot), "--format", "json")

    assert told.exit_code == 0
    gone = json.loads(told.stdout)["findings"]["gone"]
    assert {(each["id"], each["subject"]) for each in gone} == storied.findings()
