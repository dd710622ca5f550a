"""The demo on kind: its manifests, and its script with stand-ins for the programs it runs."""
