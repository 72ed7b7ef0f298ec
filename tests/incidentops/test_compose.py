"""docker-compose.yml, Dockerfile and nginx.conf: the same product, with no more rights than it needs.

Containers cannot be started by every machine that runs this suite, so the files are read.
"""

from typing import Any

import pytest
import yaml
from django.conf import settings

COMPOSE: dict[str, Any] = yaml.safe_load((settings.BASE_DIR / "docker-compose.yml").read_text())
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
OURS = {name for name, service in SERVICES.items() if service.get("image") == "incidentops"}
NGINX = (settings.BASE_DIR / "deploy" / "nginx.conf").read_text()
DOCKERFILE = (settings.BASE_DIR / "Dockerfile").read_text()


def test_it_is_the_whole_product() -> None:
    assert {"web-1", "web-2", "urgent", "bulk", "clock", "setup"} == OURS
    assert {"nginx", "postgres", "redis"} == SERVICES.keys() - OURS


@pytest.mark.parametrize("name", sorted(OURS | {"nginx", "redis"}))
def test_none_of_them_may_more_than_it_needs(name: str) -> None:
    service = SERVICES[name]
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert "no-new-privileges:true" in service["security_opt"]
    assert "privileged" not in service


def test_our_image_does_not_run_as_root() -> None:
    steps = [line.split()[0] for line in DOCKERFILE.splitlines() if line and line[0].isupper()]
    assert "USER incidentops" in DOCKERFILE
    assert steps.index("USER") < steps.index("CMD")
    assert "--require-hashes" in DOCKERFILE


@pytest.mark.parametrize("name", sorted(SERVICES.keys() - {"setup"}))
def test_each_says_whether_it_is_well(name: str) -> None:
    assert SERVICES[name]["healthcheck"]["test"][0] in {"CMD", "CMD-SHELL"}


def test_one_door_is_open_to_the_outside() -> None:
    assert {name for name, service in SERVICES.items() if service.get("ports")} == {"nginx"}


@pytest.mark.parametrize("name", ["POSTGRES_PASSWORD", "SECRET_KEY"])
def test_secrets_have_no_default(name: str) -> None:
    text = (settings.BASE_DIR / "docker-compose.yml").read_text()
    assert f"${{{name}:?" in text
    assert f"${{{name}:-" not in text


def test_every_lane_has_a_worker_and_one_process_keeps_the_time() -> None:
    commands = {name: service.get("command") or [] for name, service in SERVICES.items() if name in OURS}
    queues = {
        queue
        for command in commands.values()
        if "-Q" in command
        for queue in command[command.index("-Q") + 1].split(",")
    }
    routed = {route["queue"] for route in settings.CELERY_TASK_ROUTES.values()} | {settings.CELERY_TASK_DEFAULT_QUEUE}
    assert queues == routed
    assert [name for name, command in commands.items() if "beat" in command or "--clock" in command] == ["clock"]
    assert {name: SERVICES[name]["environment"]["INCIDENTOPS_PROCESS"] for name in ("urgent", "bulk", "clock")} == {
        "urgent": "urgent",
        "bulk": "bulk",
        "clock": "clock",
    }


def test_nothing_starts_before_the_schema_is_there() -> None:
    for name in OURS - {"setup"}:
        assert SERVICES[name]["depends_on"]["setup"]["condition"] == "service_completed_successfully"


def test_the_broker_keeps_what_it_took() -> None:
    command = SERVICES["redis"]["command"]
    assert command[command.index("--appendonly") + 1] == "yes"
    assert command[command.index("--maxmemory-policy") + 1] == "noeviction"


def test_nginx_serves_published_pages_by_itself() -> None:
    assert "published:/var/lib/incidentops/published:ro" in SERVICES["nginx"]["volumes"]
    assert "root /var/lib/incidentops/published;" in NGINX
    assert "gzip_static on;" in NGINX
    assert "try_files /$page/current/" in NGINX
    assert "proxy_buffering off;" in NGINX


def test_nginx_tells_us_the_true_address_and_nothing_else() -> None:
    assert NGINX.count("proxy_set_header X-Forwarded-For $remote_addr;") == NGINX.count(
        "proxy_pass http://incidentops;"
    )
    assert "$proxy_add_x_forwarded_for" not in NGINX
