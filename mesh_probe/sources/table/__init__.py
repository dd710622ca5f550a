"""The rows of all regular sources, by whose figures they give: see `mesh_probe.sources.row`."""
