"""Figures to compare."""

from mesh_probe.model import Latency


def rounded(latency: Latency | None) -> Latency | None:
    """To the microsecond, without the dust of binary fractions."""
    if latency is None:
        return None
    p50, p90, p95, p99 = (
        None if value is None else round(value, 6)
        for value in (
            latency.p50_seconds,
            latency.p90_seconds,
            latency.p95_seconds,
            latency.p99_seconds,
        )
    )
    return Latency(p50, p90, p95, p99, latency.censored)
