"""The default suite on a real PostgreSQL: `make test-services` runs journeys and work functions there as well."""

import os

from tests.settings import *  # noqa: F403
from tests.settings import env

os.environ.setdefault("TEST_DATABASE_URL", "postgres://postgres@127.0.0.1:5432/test")
DATABASES = {"default": {**env.database("TEST_DATABASE_URL", ""), "CONN_MAX_AGE": 0, "CONN_HEALTH_CHECKS": True}}
