# syntax=docker/dockerfile:1
# One image for every process of ours: api, workers, migration job. The compose file says which.
FROM node:24-bookworm-slim AS ui
WORKDIR /src/frontend
COPY frontend/package.json frontend/package-lock.json ./
RUN npm ci --no-audit --no-fund
COPY frontend ./
RUN npm run build

FROM python:3.12-slim-bookworm AS build
WORKDIR /src
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1
RUN python -m venv /opt/varlor
COPY requirements/base.txt requirements/base.txt
RUN /opt/varlor/bin/pip install --require-hashes --requirement requirements/base.txt
COPY pyproject.toml README.md worker.py ./
COPY varlor varlor
COPY workflows workflows
COPY activities activities
COPY api api
COPY --from=ui /src/api/ui api/ui
COPY examples/sample_api examples/sample_api
RUN /opt/varlor/bin/pip install --no-deps --no-build-isolation .

FROM python:3.12-slim-bookworm
RUN useradd --system --uid 10001 --create-home --home-dir /var/lib/varlor varlor
COPY --from=build /opt/varlor /opt/varlor
ENV ARROW_DEFAULT_MEMORY_POOL=jemalloc JE_ARROW_MALLOC_CONF=narenas:2 \
    _RJEM_MALLOC_CONF=narenas:2,dirty_decay_ms:500,muzzy_decay_ms:0 \
    MALLOC_ARENA_MAX=2 MALLOC_MMAP_THRESHOLD_=1048576 MALLOC_TRIM_THRESHOLD_=4194304
ENV PATH=/opt/varlor/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 VARLOR_MODE=production
WORKDIR /var/lib/varlor
USER 10001
EXPOSE 8000
CMD ["varlor", "api"]
