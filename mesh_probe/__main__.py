"""The way in: `mesh-probe`, `kubectl mesh-probe` and `python -m mesh_probe`."""

try:
    from mesh_probe.cli import run
except KeyboardInterrupt:
    # Nothing was begun, so there is nothing to clear up and nothing to tell. 130 is what a shell
    # reports for a program that Ctrl-C ended.
    raise SystemExit(130) from None

if __name__ == "__main__":
    run()
