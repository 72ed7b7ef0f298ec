# One image for web, workers and clock; what a container does is its command.
FROM python:3.11-slim AS build
WORKDIR /app
COPY requirements.txt .
RUN python -m venv /venv && /venv/bin/pip install --no-cache-dir --require-hashes -r requirements.txt

FROM python:3.11-slim
RUN useradd --system --uid 10001 --home-dir /app --shell /usr/sbin/nologin incidentops \
    && mkdir -p /var/lib/incidentops/published \
    && chown -R incidentops:incidentops /var/lib/incidentops \
    && chmod 755 /var/lib/incidentops /var/lib/incidentops/published
ENV PATH=/venv/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    VAR_DIR=/var/lib/incidentops/state \
    PUBLISH_DIR=/var/lib/incidentops/published
WORKDIR /app
COPY --from=build /venv /venv
COPY . .
USER incidentops
VOLUME /var/lib/incidentops
EXPOSE 8000
CMD ["python", "-m", "uvicorn", "incidentops.asgi:application", "--host", "0.0.0.0", "--port", "8000", \
     "--lifespan", "off", "--timeout-graceful-shutdown", "3", "--no-server-header", "--no-proxy-headers"]
