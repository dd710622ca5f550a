"""Runs the example shop for a while and reports on it: `make demo-live STORIES="cycle slow-hop"`.

Without stories it is the shop as it should be; "all" is all of them.
"""

import sys
import tempfile
from pathlib import Path

import click

from mesh_probe.cli import main
from tests.example_shop.live import shopping
from tests.example_shop.shop import STORIES


@click.command()
@click.argument("names", nargs=-1, type=click.Choice(["all", *STORIES]))
@click.option("--requests", default=200, show_default=True, help="Of the customers, 10 a second.")
@click.option("--format", "form", default="terminal", show_default=True, help="Of the report.")
@click.option("--save", type=click.Path(path_type=Path), help="Keep the snapshot.")
def live(names: tuple[str, ...], requests: int, form: str, save: Path | None) -> None:
    """Run the shop with some stories, and report on it."""
    stories = list(STORIES.values()) if "all" in names else [STORIES[name] for name in names]
    for story in stories or ():
        click.echo(f"{story.id}: {story.tells}", err=True)
    click.echo(f"The customers make {requests} requests.", err=True)
    with tempfile.TemporaryDirectory() as folder, shopping(stories, Path(folder), requests) as shop:
        keep = ["--save", str(save)] if save else []
        main.main(["scan", *shop.options(), "--format", form, *keep], standalone_mode=False)


if __name__ == "__main__":
    sys.exit(live())
