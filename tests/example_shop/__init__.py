"""The example shop as processes of this machine, behind a real Prometheus and API server."""
