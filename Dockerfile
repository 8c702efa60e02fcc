# Unweave for CPUs: PyTorch without CUDA, the model inside, nobody is root, nothing is fetched when it runs.
#   docker build -t unweave .
#   docker run --rm -v "$PWD:/data" --user "$(id -u):$(id -g)" unweave separate street.wav
FROM python:3.13-slim AS build
WORKDIR /build
COPY pyproject.toml README.md LICENSE constraints.txt ./
RUN pip install --no-cache-dir -c constraints.txt build
COPY src src
COPY recipes recipes
COPY examples/scene.flac examples/scene.flac
RUN python -m build --wheel --outdir dist . \
    && python -m venv /opt/unweave \
    && /opt/unweave/bin/pip install --no-cache-dir --no-compile -c constraints.txt \
        --extra-index-url https://download.pytorch.org/whl/cpu dist/*.whl

FROM python:3.13-slim
COPY --from=build /opt/unweave /opt/unweave
RUN useradd --create-home --uid 1000 unweave && mkdir /data && chown unweave /data
ENV PATH=/opt/unweave/bin:$PATH \
    UNWEAVE_OFFLINE=1 \
    UNWEAVE_CACHE=/tmp/unweave \
    MPLCONFIGDIR=/tmp/matplotlib \
    PYTHONDONTWRITEBYTECODE=1
USER 1000
WORKDIR /data
ENTRYPOINT ["unweave"]
CMD ["--help"]
