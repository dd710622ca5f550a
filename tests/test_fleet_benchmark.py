"""The fleet benchmark runs to its end. Nothing is timed."""

import re
import subprocess
import sys


def test_shards_of_a_synthetic_fleet_merge_to_the_whole() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.fleet", "--clusters", "10"],
        check=False,
        capture_output=True,
        text=True,
    )

    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.endswith("the merged report is the report on the whole: yes\n")
    assert re.search(r"^10 clusters +[0-9.]+ +[0-9.]+ +\d+$", done.stdout, re.MULTILINE)
