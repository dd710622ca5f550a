"""The manifests command: the YAML that runs mesh-probe in a cluster."""

import click

from mesh_probe.cli.input import show
from mesh_probe.cli.options import language_option

# Named here too, so that help need not read the YAML.
EXTRAS = ("configmap", "volume", "answers")


@click.command()
@click.option(
    "--with",
    "extras",
    type=click.Choice(EXTRAS),
    multiple=True,
    help="Also keep the report in the cluster: in a ConfigMap, on a volume; or read the answers"
    " file from the ConfigMap mesh-probe-answers; repeatable.",
)
@click.option("--image", metavar="REF", help="The image to run, in your registry.")
@language_option
def manifests(extras: tuple[str, ...], image: str | None, **_: object) -> None:  # \b is for click
    """Print the YAML that runs this version in a cluster, once a day.

    Its account may get and list the kinds that are read, and nothing else: no Secrets, no writing.

    \b
    mesh-probe manifests --image registry.example/mesh-probe:0.1.0 | kubectl apply -f -
    """
    from mesh_probe.manifests import manifests as yaml

    show(yaml(extras, image), color=False)
