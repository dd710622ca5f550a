"""Stands in for docker, kind, kubectl, helm and others: notes how it was called, and answers.

CALLS is the file it notes in. ANSWERS is JSON: the first entry whose words the call begins with
tells what to print and how to end.
"""

import json
import os
import sys
from pathlib import Path

call = [Path(sys.argv[0]).name, *sys.argv[1:]]
with Path(os.environ["CALLS"]).open("a", encoding="utf-8") as calls:
    print(json.dumps(call), file=calls)
for answer in json.loads(os.environ["ANSWERS"]):
    if call[: len(answer["to"])] == answer["to"]:
        sys.stdout.write(answer.get("prints", ""))
        sys.exit(answer.get("ends", 0))
