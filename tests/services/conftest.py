"""Where the service suite finds PostgreSQL and Redis. What cannot be reached fails the test: it is never skipped."""

import os
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import psycopg
import pytest
import redis
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from tests.services import product

DATABASE_URL = os.environ.get("TEST_DATABASE_URL", "postgres://postgres@127.0.0.1:5432/test")
REDIS_URL = os.environ.get("TEST_REDIS_URL", "redis://127.0.0.1:6379/15")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.services)


@pytest.fixture
def servers_settings() -> Iterator[dict[str, str]]:
    """DATABASE_URL of a database of its own on the test's PostgreSQL, and REDIS_URL, emptied."""
    name = f"incidentops_{uuid4().hex[:12]}"
    with psycopg.connect(DATABASE_URL, autocommit=True, connect_timeout=5) as server:
        server.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
        with redis.Redis.from_url(REDIS_URL, socket_connect_timeout=5) as broker:
            broker.flushdb()
        yield {"DATABASE_URL": url_of(DATABASE_URL, name), "REDIS_URL": REDIS_URL}
        server.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))


def url_of(url: str, name: str) -> str:
    """The address of another database on the same server."""
    make_conninfo(**conninfo_to_dict(url))  # raises where the address is malformed
    head, _, _ = url.partition("?")
    return f"{head.rsplit('/', 1)[0]}/{name}"


@pytest.fixture(params=["embedded", "servers"])
def settings_of(request: pytest.FixtureRequest) -> dict[str, str]:
    """The settings that make the product run on its own parts, or on PostgreSQL and Redis."""
    if request.param == "embedded":
        return {}
    chosen: dict[str, str] = request.getfixturevalue("servers_settings")
    return chosen


@pytest.fixture
def running_product(tmp_path: Path, settings_of: dict[str, str]) -> Iterator[product.Product]:
    """The product with the demo organisation, on both kinds of parts."""
    with product.running(tmp_path / "product", **settings_of) as running:
        yield running
