"""The product's own settings, read from an environment that belongs to one test run.

Nothing of the developer's environment reaches the suite: all state lies in a folder that goes with the
process, and the database is SQLite in memory. Only what makes tests slow is changed. The service suite
names its database and broker itself.
"""

import atexit
import os
import shutil
import tempfile

_OURS = [
    "ALLOWED_HOSTS",
    "ANYMAIL_WEBHOOK_SECRET",
    "BEHIND_PROXY",
    "DATABASE_URL",
    "DEBUG",
    "DEFAULT_FROM_EMAIL",
    "EMAIL_PROVIDER",
    "EMAIL_URL",
    "INCIDENTOPS_PROCESS",
    "METRICS_TOKEN",
    "OUTBOUND_ALLOWED_NETS",
    "ATTACHMENT_DIR",
    "PUBLISH_DIR",
    "PUBLISH_STORAGE",
    "REDIS_URL",
    "SECRET_KEY",
    "SECRET_KEY_FALLBACKS",
    "SENTRY_DSN",
    "SITE_URL",
    "TWILIO_ACCOUNT_SID",
    "TWILIO_API_URL",
    "TWILIO_AUTH_TOKEN",
    "TWILIO_FROM",
    "VAR_DIR",
]
for _name in _OURS:
    os.environ.pop(_name, None)
    os.environ.pop(f"{_name}_FILE", None)

_folder = tempfile.mkdtemp(prefix="incidentops-tests-")
atexit.register(shutil.rmtree, _folder, ignore_errors=True)
os.environ["VAR_DIR"] = _folder
os.environ["SECRET_KEY"] = "only-for-tests-" + "0" * 50

from incidentops.settings import *  # noqa: E402, F403
from incidentops.settings import STORAGES, VAR_DIR  # noqa: E402

#: Hashing passwords well takes 50 ms each; the suite makes hundreds of accounts.
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
#: Names of static files as they are: the suite collects none.
STORAGES = {**STORAGES, "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}}
(VAR_DIR / "static").mkdir()
