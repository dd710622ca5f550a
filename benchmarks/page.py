"""Measures the HTML report in a browser: its size, first paint, and when it can be used.

    make bench-page
    python -m benchmarks.page --sizes 20,200,2000 --runs 5

The clusters are those of the page's tests. "Usable" is when the script has drawn the graph and all
controls answer; times count from the start of the navigation, from disk, in a new context of the
browser each run. The longest task is the longest time that the page did not answer, while it
opened and while its controls were used once.
"""

import shutil
import statistics
import tempfile
import time
from pathlib import Path

import click
from playwright.sync_api import Browser, sync_playwright

from mesh_probe.format import Look
from mesh_probe.formats.html import report
from mesh_probe.text import Wording
from tests.formats.html.clusters import sized

WATCH = """
window.tasks = [];
new PerformanceObserver((list) => {
  for (const task of list.getEntries()) window.tasks.push(task.duration);
}).observe({ entryTypes: ["longtask"] });
new MutationObserver((_, watcher) => {
  if (!document.documentElement.dataset.ready) return;
  window.usable = performance.now();
  watcher.disconnect();
}).observe(document, { subtree: true, attributes: true, attributeFilter: ["data-ready"] });
"""
PAINT = "performance.getEntriesByName('first-contentful-paint')[0]?.startTime ?? null"
LONGEST = "Math.max(0, ...window.tasks.splice(0))"


@click.command()
@click.option("--sizes", default="20,200,2000", show_default=True, help="Services.")
@click.option("--runs", default=5, show_default=True)
def main(*, sizes: str, runs: int) -> None:
    """Measure pages of clusters of these sizes."""
    chromium = shutil.which("chromium")
    if chromium is None:
        raise click.ClickException("chromium is not on PATH")
    click.echo("services  written  size  first paint  usable  longest task: opening, using")
    with sync_playwright() as playwright, tempfile.TemporaryDirectory() as folder:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        for services in map(int, sizes.split(",")):
            assessment = sized(services)
            report(assessment, Wording("en"), Look())  # the layout engine is ready after the first
            start = time.perf_counter()
            text = report(assessment, Wording("en"), Look())
            seconds = time.perf_counter() - start
            file = Path(folder) / f"{services}.html"
            file.write_text(text, encoding="utf-8")
            runs_of = [_run(browser, file) for _ in range(runs)]
            paint, usable, opening, using = map(statistics.median, zip(*runs_of, strict=True))
            size = len(text.encode()) / 1e6
            click.echo(
                f"{services:8}  {seconds:5.2f} s  {size:.2f} MB  {paint:.0f} ms  {usable:.0f} ms"
                f"  {opening:.0f} ms, {using:.0f} ms"
            )
        browser.close()


def _run(browser: Browser, file: Path) -> tuple[float, float, float, float]:
    """Milliseconds: first paint, usable, the longest task until then, and of using it."""
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    context.add_init_script(WATCH)
    page = context.new_page()
    page.goto(file.as_uri())
    page.wait_for_selector("html[data-ready]")
    page.wait_for_timeout(300)  # paints and long tasks are told some time after they end
    usable, paint = page.evaluate("window.usable"), page.evaluate(PAINT)
    opening = page.evaluate(LONGEST)
    page.select_option("#by", "latency")
    page.check("#everything")
    for tab in ("matrix", "table", "picture"):
        page.click(f"#tab-{tab}")
    page.click("#tab-table")
    page.fill("#filter", "team-00")
    page.click("#tab-picture")
    if page.locator(".folded").count():
        page.locator(".folded").first.click()
    page.click('[data-language="ko"]')
    page.select_option("#hops", "3")
    page.fill("#search", "a")
    page.press("#search", "Enter")
    page.click("#panel-focus")
    page.wait_for_timeout(300)
    using = page.evaluate(LONGEST)
    context.close()
    return paint, usable, opening, using


if __name__ == "__main__":
    main()
