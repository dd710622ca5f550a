# The image of mesh-probe, for amd64 and arm64:
#   docker buildx build --platform linux/amd64,linux/arm64 --tag REGISTRY/mesh-probe:0.1.0 --push .

ARG PYTHON=3.13

FROM python:${PYTHON}-slim AS build
WORKDIR /source
COPY requirements.lock ./
# Everything that is installed was downloaded by its hash, and nothing is compiled.
RUN pip download --no-cache-dir --disable-pip-version-check --only-binary=:all: --no-deps \
      --require-hashes --requirement requirements.lock --dest /wheels
COPY pyproject.toml README.md LICENSE ./
COPY mesh_probe mesh_probe
# hadolint ignore=DL3013  # the versions are those of the lock: there is no index to take others from
RUN python -m venv --without-pip /opt/mesh-probe \
 && pip install --no-cache-dir --no-index --find-links /wheels hatchling editables \
 && pip wheel --no-cache-dir --no-deps --no-build-isolation --wheel-dir /wheels . \
 && pip --python /opt/mesh-probe/bin/python install --no-cache-dir --no-index \
      --find-links /wheels --compile "mesh-probe[s3]"

FROM python:${PYTHON}-slim
COPY --from=build /opt/mesh-probe /opt/mesh-probe
ENV PYTHONDONTWRITEBYTECODE=1 PYTHONUNBUFFERED=1
USER 65532:65532
WORKDIR /tmp
ENTRYPOINT ["/opt/mesh-probe/bin/mesh-probe"]
CMD ["--help"]
