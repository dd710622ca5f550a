"""What a scan costs, beside other ways to read the same objects: `python -m benchmarks`."""
