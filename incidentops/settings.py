"""All settings, every value from the environment. Each name is explained in .env.example."""

from email.utils import parseaddr
from ipaddress import ip_network
from pathlib import Path
from urllib.parse import urlsplit

from csp.constants import NONCE, NONE, SELF, UNSAFE_EVAL, UNSAFE_INLINE
from django.core.exceptions import ImproperlyConfigured
from django.templatetags.static import static

from incidentops.environment import Environment, broker_socket, secret_key, state_folder

BASE_DIR = Path(__file__).resolve().parent.parent
env = Environment()

# --- Where things lie -----------------------------------------------------------------------

VAR_DIR = state_folder(Path(env.str("VAR_DIR", default=str(BASE_DIR / "var"))))
PUBLISH_DIR = Path(env.str("PUBLISH_DIR", default=str(VAR_DIR / "published")))
SENT_DIR = VAR_DIR / "sent"
#: Files that people attach to incidents; nothing but the product itself reads this folder.
ATTACHMENT_DIR = Path(env.str("ATTACHMENT_DIR", default=str(VAR_DIR / "attachments")))
ATTACHMENT_MAX_BYTES = 10 * 1024 * 1024

#: Which part of the product this process is: web, urgent, bulk, clock, or empty for a command.
PROCESS = env.choice("INCIDENTOPS_PROCESS", ("", "web", "urgent", "bulk", "clock"), "")

# --- Addresses and secrets ------------------------------------------------------------------

DEBUG = env.flag("DEBUG", False)
SECRET_KEY = env.str("SECRET_KEY", default="") or secret_key(VAR_DIR)
#: Keys from before: what was sealed or signed under them still counts.
SECRET_KEY_FALLBACKS = [key for key in env.str("SECRET_KEY_FALLBACKS", default="").split(",") if key]
PORT = env.port("PORT", 8000)
SITE_URL = env.str("SITE_URL", default=f"http://127.0.0.1:{PORT}").rstrip("/")
_site = urlsplit(SITE_URL)
if _site.scheme not in {"http", "https"} or not _site.hostname:
    raise ImproperlyConfigured(f"SITE_URL is {SITE_URL!r}; it must be like https://ops.example.org.")
IS_SECURE = _site.scheme == "https"
_LOOPBACK = ["localhost", "127.0.0.1", "[::1]"]
# This machine always: health checks come from there.
ALLOWED_HOSTS = [*(env.list("ALLOWED_HOSTS", default=[]) or [_site.hostname]), *_LOOPBACK]
CSRF_TRUSTED_ORIGINS = [SITE_URL]
#: Whether a proxy of ours stands in front and says who the client is and how they came.
BEHIND_PROXY = env.flag("BEHIND_PROXY", False)
if DEBUG and _site.hostname not in {"localhost", "127.0.0.1", "::1"}:
    raise ImproperlyConfigured("DEBUG is on and SITE_URL is not this machine: turn DEBUG off.")

# --- Applications ---------------------------------------------------------------------------

INSTALLED_APPS = [
    "unfold",
    # Its admin modules are loaded by urls.py: the workers have no pages and save their memory.
    "django.contrib.admin.apps.SimpleAdminConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.humanize",
    "django.contrib.messages",
    "django.contrib.sessions",
    "django.contrib.staticfiles",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.usersessions",
    "axes",
    "csp",
    "django_htmx",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "guardian",
    "phonenumber_field",
    "rest_framework",
    "incidentops",
    "roles",
    "notifications",
    "incidents",
    "statuspage",
]

MIDDLEWARE = [
    "incidentops.middleware.ClientAddressMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "incidentops.middleware.AdminPolicyMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "incidentops.middleware.CleanPostMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.auth.middleware.LoginRequiredMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "allauth.usersessions.middleware.UserSessionsMiddleware",
    "incidentops.middleware.RefusalMiddleware",
    "axes.middleware.AxesMiddleware",
    # Last, for it holds what the view does and the refusals of it in one transaction.
    "incidents.views.once.OnceMiddleware",
]

ROOT_URLCONF = "incidentops.urls"
ASGI_APPLICATION = "incidentops.asgi.application"
APPEND_SLASH = True

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        # Before the applications' own: allauth stands above us in INSTALLED_APPS.
        "DIRS": [BASE_DIR / "incidentops" / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "csp.context_processors.nonce",
                "incidentops.navigation.navigation",
            ],
            "builtins": ["incidentops.templatetags.times", "incidentops.templatetags.ui"],
        },
    }
]
FORM_RENDERER = "django.forms.renderers.TemplatesSetting"
INSTALLED_APPS.append("django.forms")

# --- Database -------------------------------------------------------------------------------

DATABASES = {"default": env.database("DATABASE_URL", default=f"sqlite:///{VAR_DIR / 'db.sqlite3'}")}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
_database = DATABASES["default"]
if _database["ENGINE"].endswith("sqlite3"):
    # IMMEDIATE and a long wait: with DEFERRED, two writers that read first fail at once with
    # "database is locked" instead of queueing.
    _database["OPTIONS"] = {
        "transaction_mode": "IMMEDIATE",
        "timeout": 20,
        "init_command": (
            "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; PRAGMA foreign_keys=ON;"
            "PRAGMA temp_store=MEMORY; PRAGMA mmap_size=134217728;"
            "PRAGMA journal_size_limit=67108864; PRAGMA cache_size=-16000;"
        ),
    }
else:
    _database["CONN_MAX_AGE"] = 0
    _database["CONN_HEALTH_CHECKS"] = True

# --- Broker and tasks -----------------------------------------------------------------------

REDIS_IS_EMBEDDED = not env.str("REDIS_URL", default="")
BROKER_SOCKET = broker_socket(VAR_DIR)
REDIS_URL = env.str("REDIS_URL", default="") or f"unix://{BROKER_SOCKET}?db=0"
#: Web requests must never hang on a broker that does not answer: the sweep sends what they could not.
_BROKER_PATIENCE_S = 1.0 if PROCESS == "web" else 15.0

CELERY_BROKER_URL = f"redis+socket://{BROKER_SOCKET}?virtual_host=0" if REDIS_IS_EMBEDDED else REDIS_URL
CELERY_BROKER_TRANSPORT_OPTIONS = {
    "visibility_timeout": 120,
    "unacked_restore_interval": 5,
    "unacked_restore_throttle": 1,
    "health_check_interval": 15,
    "socket_timeout": _BROKER_PATIENCE_S,
    "socket_connect_timeout": min(_BROKER_PATIENCE_S, 5.0),
    "global_keyprefix": "incidentops:",
    "queue_order_strategy": "priority",
    "priority_steps": [0],
}
CELERY_VISIBILITY_TIMEOUT = 120
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_CONNECTION_MAX_RETRIES = None
CELERY_TASK_PUBLISH_RETRY_POLICY = {"max_retries": 0}
CELERY_ACCEPT_CONTENT = ["json"]
CELERY_TASK_SERIALIZER = "json"
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_TASK_TIME_LIMIT = 90
CELERY_TASK_SOFT_TIME_LIMIT = 60
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_CANCEL_LONG_RUNNING_TASKS_ON_CONNECTION_LOSS = True
CELERY_WORKER_ENABLE_REMOTE_CONTROL = False
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_TASK_DEFAULT_QUEUE = "default"
CELERY_TASK_ROUTES = {
    "notifications.tasks.deliver_urgent": {"queue": "urgent"},
    "notifications.tasks.deliver_bulk": {"queue": "bulk"},
}
CELERY_BEAT_SCHEDULER = "celery.beat:Scheduler"
CELERY_BEAT_SCHEDULE = {
    "incidents": {"task": "incidents.clock.tick", "schedule": 2.0, "options": {"expires": 2}},
    "statuspage": {"task": "statuspage.clock.tick", "schedule": 2.0, "options": {"expires": 2}},
    "notifications": {"task": "notifications.clock.tick", "schedule": 2.0, "options": {"expires": 2}},
    "heartbeat-urgent": {
        "task": "incidentops.tasks.beat",
        "schedule": 10.0,
        "args": ["urgent"],
        "options": {"expires": 10, "queue": "urgent"},
    },
    "heartbeat-bulk": {
        "task": "incidentops.tasks.beat",
        "schedule": 10.0,
        "args": ["bulk"],
        "options": {"expires": 10, "queue": "bulk"},
    },
}

# Sign-in limits need a cache that all web processes share; one process may use its own memory.
CACHES = {
    "default": (
        {"BACKEND": "django.core.cache.backends.locmem.LocMemCache", "LOCATION": "incidentops"}
        if REDIS_IS_EMBEDDED
        else {"BACKEND": "django.core.cache.backends.redis.RedisCache", "LOCATION": REDIS_URL}
    )
}

# --- Roads up: lower packages call these dotted paths, and import nothing above them --------

#: Called as `on_event(entry)` for each timeline row, in this order; see incidents/relay.py.
INCIDENT_LISTENERS = [
    "incidents.communication.briefing.on_event",
    "incidents.communication.cadence.on_event",
    "incidents.communication.customer_reports.on_event",
    "incidents.communication.escalations.on_event",
    "incidents.communication.follow_ups.on_event",
    "incidents.communication.promise_clock.on_event",
    "incidents.communication.notices.on_event",
    "incidents.communication.mirrors.on_event",
    "incidents.communication.talking.on_event",
    "incidents.response.advice.on_event",
    "incidents.response.offering.on_event",
    "incidents.response.verification.on_event",
    "incidents.search.on_event",
    "statuspage.listeners.on_event",
]
#: Called as `unmet(incident, verb)`; each gives sentences about what a move still lacks.
INCIDENT_CHECKS: list[str] = [
    "incidents.checks.unmet",
    "incidents.response.coverage.unmet",
    "incidents.classification.unmet",
    "incidents.response.acting.unmet",
    "incidents.response.tasking.unmet",
    "incidents.response.verification.unmet",
    "incidents.communication.follow_ups.unmet",
    "statuspage.checks.unmet",
]
#: Who an update can be for: audience → class; see incidents/communication/audiences.py.
UPDATE_AUDIENCES = {
    "public": "statuspage.announcements.PublicAudience",
    "internal": "incidents.communication.insiders.InternalAudience",
    "executive": "incidents.communication.insiders.ExecutiveAudience",
    "support": "incidents.communication.insiders.SupportAudience",
}
#: Called as `check(incident)` before the summary of an incident goes out; each gives sentences about what is lacking.
SUMMARY_CHECKS: list[str] = []
#: Called as `on_alert(alert)` when an alert fired, changed or resolved.
ALERT_LISTENERS: list[str] = ["incidents.response.verification.on_alert"]
#: Called as `on_message(fact)` when a carrier tells of a bounce, a STOP or a reply.
MESSAGE_LISTENERS: list[str] = [
    "statuspage.subscriptions.on_message",
    "incidents.communication.customer_mail.on_message",
    "incidents.communication.mirrors.on_message",
]

#: So many days after an incident is closed, cancelled or merged, its seats end, and the rights that they gave.
_days = env.str("SEATS_END_AFTER_DAYS", default="7")
if not _days.isdigit():
    raise ImproperlyConfigured(f"SEATS_END_AFTER_DAYS is {_days!r}; it must be a number of days.")
SEATS_END_AFTER_DAYS = int(_days)

# --- Mail, SMS, webhooks --------------------------------------------------------------------

DEFAULT_FROM_EMAIL = env.str("DEFAULT_FROM_EMAIL", default="IncidentOps <status@localhost.localdomain>")
if "@" not in parseaddr(DEFAULT_FROM_EMAIL)[1]:
    raise ImproperlyConfigured(f"DEFAULT_FROM_EMAIL is {DEFAULT_FROM_EMAIL!r}; it must hold an e-mail address.")
SERVER_EMAIL = DEFAULT_FROM_EMAIL
EMAIL_PROVIDER = env.str("EMAIL_PROVIDER", default="").lower()
EMAIL_URL = env.str("EMAIL_URL", default="")
EMAIL_TIMEOUT = 10
ANYMAIL: dict[str, object] = {"REQUESTS_TIMEOUT": (5, 15)}
if EMAIL_PROVIDER:
    EMAIL_BACKEND = f"anymail.backends.{EMAIL_PROVIDER}.EmailBackend"
    INSTALLED_APPS.append("anymail")
    _prefix = EMAIL_PROVIDER.upper()
    for _name in ("API_KEY", "API_URL", "SERVER_TOKEN", "SENDER_DOMAIN", "SECRET_KEY"):
        if _value := env.str(f"{_prefix}_{_name}", default=""):
            ANYMAIL[f"{_prefix}_{_name}"] = _value
    ANYMAIL["WEBHOOK_SECRET"] = env.list("ANYMAIL_WEBHOOK_SECRET", default=[])
elif EMAIL_URL:
    if urlsplit(EMAIL_URL).scheme not in {"smtp", "smtp+tls", "smtp+ssl", "smtps"}:
        raise ImproperlyConfigured("EMAIL_URL must be like smtp://user:password@host:port.")
    vars().update(env.email_url("EMAIL_URL"))
else:
    EMAIL_BACKEND = "notifications.channels.file.EmailBackend"

TWILIO_ACCOUNT_SID = env.str("TWILIO_ACCOUNT_SID", default="")
TWILIO_AUTH_TOKEN = env.str("TWILIO_AUTH_TOKEN", default="")
TWILIO_FROM = env.str("TWILIO_FROM", default="")
TWILIO_API_URL = env.str("TWILIO_API_URL", default="https://api.twilio.com").rstrip("/")
if TWILIO_ACCOUNT_SID and not (TWILIO_AUTH_TOKEN and TWILIO_FROM):
    raise ImproperlyConfigured("TWILIO_ACCOUNT_SID is set: TWILIO_AUTH_TOKEN and TWILIO_FROM must be set too.")

try:
    OUTBOUND_ALLOWED_NETS = [ip_network(net) for net in env.list("OUTBOUND_ALLOWED_NETS", default=[])]
except ValueError as _problem:
    raise ImproperlyConfigured(f"OUTBOUND_ALLOWED_NETS: {_problem}.") from _problem

PHONENUMBER_DB_FORMAT = "E164"
PHONENUMBER_DEFAULT_FORMAT = "INTERNATIONAL"

# --- People ---------------------------------------------------------------------------------

AUTH_USER_MODEL = "roles.User"
ANONYMOUS_USER_NAME = None
GUARDIAN_RAISE_403 = False
AUTHENTICATION_BACKENDS = [
    "axes.backends.AxesStandaloneBackend",
    "allauth.account.auth_backends.AuthenticationBackend",
    "guardian.backends.ObjectPermissionBackend",
]
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.Argon2PasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 10}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "/"
ACCOUNT_ADAPTER = "incidentops.accounts.AccountAdapter"
ACCOUNT_LOGIN_METHODS = {"username", "email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "username*", "password1*"]
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_LOGOUT_REDIRECT_URL = "account_login"
# By address only: a limit by account would let a stranger lock the commander out.
ACCOUNT_RATE_LIMITS = {"login_failed": "10/m/ip", "reset_password": "5/m/ip"}
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_PASSKEY_LOGIN_ENABLED = True
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_USERNAME_CALLABLE = "incidentops.accounts.typed_name"
AXES_FAILURE_LIMIT = 10
AXES_COOLOFF_TIME = 0.25
AXES_RESET_ON_SUCCESS = True
AXES_ENABLE_ADMIN = False

# --- Security -------------------------------------------------------------------------------

_COOKIE_PREFIX = "__Host-" if IS_SECURE else ""
SESSION_COOKIE_NAME = f"{_COOKIE_PREFIX}session"
SESSION_COOKIE_AGE = 12 * 60 * 60
SESSION_SAVE_EVERY_REQUEST = False
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = IS_SECURE
SESSION_COOKIE_HTTPONLY = CSRF_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = "Lax"
CSRF_COOKIE_NAME = f"{_COOKIE_PREFIX}csrftoken"
SECURE_SSL_REDIRECT = IS_SECURE
SECURE_REDIRECT_EXEMPT = [r"^healthz$", r"^readyz$"]
SECURE_HSTS_SECONDS = 31536000 if IS_SECURE else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = IS_SECURE
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if BEHIND_PROXY else None
X_FRAME_OPTIONS = "DENY"
CSRF_FAILURE_VIEW = "incidentops.views.errors.csrf_failure"
DATA_UPLOAD_MAX_MEMORY_SIZE = 2 * 1024 * 1024
DATA_UPLOAD_MAX_NUMBER_FIELDS = 2000
#: Django looks at the size of fields; files are bounded here.
DATA_UPLOAD_MAX_NUMBER_FILES = 20
FILE_UPLOAD_HANDLERS = ["incidentops.uploads.BoundedUploadHandler"]

CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [SELF],
        "script-src": [SELF, NONCE],
        "style-src": [SELF],
        "img-src": [SELF, "data:"],
        "object-src": [NONE],
        "base-uri": [NONE],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
    }
}
#: The admin's theme (Alpine.js) evaluates expressions: without unsafe-eval its pages stay covered.
ADMIN_CONTENT_SECURITY_POLICY = {
    **CONTENT_SECURITY_POLICY["DIRECTIVES"],
    "script-src": [SELF, UNSAFE_EVAL, UNSAFE_INLINE],
    "style-src": [SELF, UNSAFE_INLINE],
}

# --- API ------------------------------------------------------------------------------------

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "roles.tokens.BearerAuthentication",
        "rest_framework.authentication.SessionAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["incidents.api.strict.BoundedJSONParser"],
    "DEFAULT_SCHEMA_CLASS": "incidents.api.schema.Schema",
    "DEFAULT_THROTTLE_CLASSES": ["rest_framework.throttling.UserRateThrottle"],
    "DEFAULT_THROTTLE_RATES": {"user": "1200/min"},
    "EXCEPTION_HANDLER": "incidents.api.errors.answer",
    "DEFAULT_PAGINATION_CLASS": "incidents.api.paging.NewestFirst",
    "PAGE_SIZE": 50,
    "NUM_PROXIES": 1 if BEHIND_PROXY else 0,
    "UNAUTHENTICATED_USER": "django.contrib.auth.models.AnonymousUser",
}
SPECTACULAR_SETTINGS = {
    "TITLE": "IncidentOps",
    "DESCRIPTION": "Incidents, the people who work them, and what the public is told.",
    "VERSION": "1",
    "OAS_VERSION": "3.1.0",
    "SERVE_INCLUDE_SCHEMA": False,
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "SCHEMA_PATH_PREFIX": "/api/v1",
    # The same choice is one name in the schema, whatever the field is called.
    "ENUM_NAME_OVERRIDES": {
        "ReportChannel": "incidents.models.customers.CustomerReport.Channel",
        "ChatKind": "notifications.models.ChatKind",
        "StakeholderGroupKind": "incidents.models.StakeholderGroup.Kind",
        "TeamQuestionState": "incidents.models.TeamQuestionState",
        "AnsweredThrough": "incidents.models.AnsweredThrough",
        "ActionKind": "incidents.models.ActionKind",
        "ActionState": "incidents.models.ActionState",
        "AlertStatus": "incidents.models.Alert.Status",
        "AddedCheckKind": "incidents.api.verification.ADDED_KINDS",
        "ChangeKind": "incidents.models.ChangeEvent.Kind",
        "AdviceState": "incidents.models.AdviceState",
        "CheckKind": "incidents.models.CheckKind",
        "CheckState": "incidents.models.CheckState",
        "Confidence": "incidents.models.Confidence",
        "HypothesisState": "incidents.models.HypothesisState",
        "Risk": "incidents.models.Risk",
        "SettledCheckState": "incidents.api.verification.SETTLED_STATES",
        "ComponentStatus": "statuspage.models.ComponentStatus",
        "CustomFieldKind": "incidents.models.CustomField.Kind",
        "SubscriberAmount": "statuspage.models.Subscriber.Amount",
        "SubscriberChannel": "statuspage.models.Subscriber.Channel",
        "TaskPriority": "incidents.models.task.Priority",
        "TaskState": "incidents.models.TaskState",
        "Audience": "incidents.models.Audience",
        "EntryKind": "incidents.models.Kind",
        "Holding": "roles.catalog.Holding",
        "IncidentKind": "incidents.models.IncidentKind",
        "IncidentState": "incidents.models.State",
        "LinkKind": "incidents.models.LinkKind",
        "OpeningState": "incidents.api.incidents.OPENING_STATES",
        "PublicStatus": "incidents.models.PublicStatus",
        "Role": "roles.catalog.Role",
        "Severity": "incidents.models.Severity",
        "SourceKind": "incidents.detection.intake.CHOICES",
        "UpdateState": "incidents.models.UpdateState",
        "WrittenKind": "incidents.api.timeline.WRITTEN_KINDS",
    },
}

# --- Time, language, files ------------------------------------------------------------------

USE_TZ = True
TIME_ZONE = "UTC"
USE_I18N = True
LANGUAGE_CODE = "en-gb"

STATIC_URL = "/static/"
STATIC_ROOT = VAR_DIR / "static"
STORAGES = {
    "default": {
        "BACKEND": "django.core.files.storage.FileSystemStorage",
        "OPTIONS": {"location": VAR_DIR / "files"},
    },
    "staticfiles": {"BACKEND": "incidentops.statics.Storage"},
}

# --- Watching -------------------------------------------------------------------------------

METRICS_TOKEN = env.str("METRICS_TOKEN", default="")
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "%(levelname)s %(name)s: %(message)s"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["console"], "level": "WARNING"},
    "loggers": {
        "incidentops": {"level": "INFO"},
        "axes": {"level": "ERROR"},
        "django.request": {"level": "ERROR"},
    },
}

UNFOLD = {
    "SITE_TITLE": "IncidentOps",
    "SITE_HEADER": "IncidentOps",
    "SITE_URL": "/",
    "SHOW_VIEW_ON_SITE": False,
    # The accent of the pages (tokens.css), from tint to shade.
    "COLORS": {
        "primary": {
            "50": "oklch(97% .012 212)",
            "100": "oklch(94.5% .022 212)",
            "200": "oklch(90% .042 210)",
            "300": "oklch(84% .07 207)",
            "400": "oklch(74% .088 210)",
            "500": "oklch(60% .09 216)",
            "600": "oklch(47% .085 222)",
            "700": "oklch(41% .075 222)",
            "800": "oklch(35% .062 222)",
            "900": "oklch(30% .05 222)",
            "950": "oklch(23% .035 222)",
        },
    },
    "SITE_FAVICONS": [{"rel": "icon", "type": "image/svg+xml", "href": lambda request: static("favicon.svg")}],
}
