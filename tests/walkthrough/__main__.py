"""Makes the pictures of the walkthrough again: `make pictures`."""

import tempfile
from pathlib import Path

from tests.walkthrough.pictures import FOLDER, PAGE, drawn, lay_out, photographed

if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        lay_out(folder)
        for name, content in drawn(folder):
            (FOLDER / name).write_text(content, "utf-8")
        (FOLDER / f"{PAGE}.png").write_bytes(photographed(folder))
