"""Who calls whom as Jaeger adds it up from traces.

https://www.jaegertracing.io/docs/latest/architecture/apis/ (the API that its own pages use)
"""

import re
from collections import defaultdict
from typing import Any

from mesh_probe.model import ObservedCall, Peer

ID = "jaeger"
PATH = "/api/dependencies"

_WORD = "[a-z0-9](?:[-a-z0-9]*[a-z0-9])?"
_NAME_AND_NAMESPACE = re.compile(rf"({_WORD})\.({_WORD})")


def parameters(end_seconds: float, lookback_seconds: int) -> dict[str, str]:
    """What is asked for: times are in milliseconds."""
    return {
        "endTs": str(round(end_seconds * 1000)),
        "lookback": str(lookback_seconds * 1000),
    }


def calls(document: Any, lookback_seconds: int) -> tuple[ObservedCall, ...]:
    """The calls of an answer. Their number is of the traces that were kept: a lower bound.

    Raises: LookupError, TypeError, ValueError or AttributeError for an answer of another shape.
    """
    counts: dict[tuple[str, str], int] = defaultdict(int)
    for link in document["data"] or ():
        counts[str(link["parent"]), str(link["child"])] += int(link["callCount"])
    return tuple(
        ObservedCall(
            ID,
            peer(parent),
            peer(child),
            rate_rps=count / lookback_seconds,
            sampled=True,
        )
        for (parent, child), count in sorted(counts.items())
        if parent != child
    )


def peer(name: str) -> Peer:
    """A service by the name it gave itself; Istio's proxies give "name.namespace"."""
    both = _NAME_AND_NAMESPACE.fullmatch(name)
    return Peer(name=both[1], namespace=both[2]) if both else Peer(name=name)
