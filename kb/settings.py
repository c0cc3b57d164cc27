"""Settings. All that operators can change come from the environment (or .env) and are listed in .env.example."""

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import dj_database_url
import dj_email_url
from csp.constants import NONE, SELF
from environs import Env
from kombu import Queue
from redis.backoff import NoBackoff
from redis.retry import Retry

from embedding import vllm_command

BASE_DIR = Path(__file__).resolve().parent.parent

env = Env()
env.read_env(str(BASE_DIR / ".env"), recurse=False)

# State: the folder with all data that must not be lost. `make run` also writes the addresses of its services there.
DATA_DIR = Path(env.str("FOOTNOTE_DATA", str(BASE_DIR / "var"))).resolve()
_services_file = DATA_DIR / "run" / "services.json"
_services: dict[str, str] = json.loads(_services_file.read_text()) if _services_file.exists() else {}

DATABASE_URL = env.str("DATABASE_URL", _services.get("database_url", ""))
REDIS_URL = env.str("REDIS_URL", _services.get("redis_url", ""))
SECRET_KEY = env.str("FOOTNOTE_SECRET_KEY", _services.get("secret_key", ""))

DEBUG = env.bool("FOOTNOTE_DEBUG", False)
HTTPS = env.bool("FOOTNOTE_HTTPS", False)
PORT = env.int("PORT", 8000)

ALLOWED_HOSTS = env.list("FOOTNOTE_HOSTS", ["127.0.0.1", "localhost", "[::1]"])

INSTALLED_APPS = [
    "unfold.apps.BasicAppConfig",
    "unfold.contrib.filters",
    "django.contrib.admin.apps.SimpleAdminConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "kb.apps.StaticFiles",
    "axes",
    "csp",
    "django_htmx",
    "rest_framework",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "retrieval",
    "kb.apps.KbConfig",
]

MIDDLEWARE = [
    "kb.views.middleware.connection_released",
    "kb.telemetry.access_log.RouteAndUser",
    "django.middleware.security.SecurityMiddleware",
    "servestatic.middleware.ServeStaticMiddleware",
    "csp.middleware.CSPMiddleware",
    "kb.views.middleware.no_nul_characters",
    "kb.views.middleware.only_utf_8",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.auth.middleware.LoginRequiredMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "axes.middleware.AxesMiddleware",
]

ROOT_URLCONF = "kb.urls"
ASGI_APPLICATION = "kb.asgi.application"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

_loaders = [
    "django.template.loaders.filesystem.Loader",
    "django.template.loaders.app_directories.Loader",  # for the admin panel
]
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": False,
        "OPTIONS": {
            "loaders": _loaders if DEBUG else [("django.template.loaders.cached.Loader", _loaders)],
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
        },
    }
]

# Postgres. The pool is for the web process, whose threads are short-lived; a worker keeps one connection.
_database: Any = dj_database_url.parse(DATABASE_URL) if DATABASE_URL else {"ENGINE": "django.db.backends.postgresql"}
_database["CONN_HEALTH_CHECKS"] = True
if env.bool("FOOTNOTE_DB_POOL", False):
    _pool = {"min_size": 1, "max_size": env.int("FOOTNOTE_DB_POOL_SIZE", 10), "timeout": 5}
    _database["OPTIONS"] = {"pool": _pool, "connect_timeout": 5}
else:
    _database["CONN_MAX_AGE"] = 60
DATABASES = {"default": _database}

# The cache holds only what may be lost: counters, and vectors of questions. A missing Redis must not delay requests.
CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.redis.RedisCache",
        "LOCATION": REDIS_URL,
        "KEY_PREFIX": "footnote",
        "OPTIONS": {"socket_connect_timeout": 0.5, "socket_timeout": 0.5, "retry": Retry(NoBackoff(), 0)},
    }
}

# People. django-axes slows down password guessing, per user name and address.
AUTHENTICATION_BACKENDS = ["axes.backends.AxesStandaloneBackend", "django.contrib.auth.backends.ModelBackend"]
AXES_FAILURE_LIMIT = env.int("FOOTNOTE_SIGN_IN_FAILURES", 10)
AXES_COOLOFF_TIME = timedelta(minutes=env.int("FOOTNOTE_SIGN_IN_PAUSE_MINUTES", 15))
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_LOCKOUT_CALLABLE = "kb.views.account.locked_out"
AXES_RESET_ON_SUCCESS = True
AXES_DISABLE_ACCESS_LOG = True
AXES_ENABLE_ADMIN = False
AXES_VERBOSE = False
LOGIN_URL = "login"
LOGIN_REDIRECT_URL = "library"
LOGOUT_REDIRECT_URL = "login"
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in (
        "UserAttributeSimilarityValidator",
        "MinimumLengthValidator",
        "CommonPasswordValidator",
        "NumericPasswordValidator",
    )
]

# Mail, for password links. Without a mail server, administrators hand out links: manage.py password_link.
EMAIL_URL = env.str("FOOTNOTE_EMAIL_URL", "")
globals().update(dj_email_url.parse(EMAIL_URL or "dummymail://"))
EMAIL_TIMEOUT = 10
DEFAULT_FROM_EMAIL = env.str("FOOTNOTE_EMAIL_FROM", "footnote@localhost")

# Web security. Cookies are per host, not per port: two copies on one machine must not sign each other out.
SESSION_COOKIE_NAME = f"footnote_session_{PORT}"
CSRF_COOKIE_NAME = f"footnote_csrf_{PORT}"
CSRF_FAILURE_VIEW = "kb.views.errors.csrf_failure"
X_FRAME_OPTIONS = "DENY"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF],
        "connect-src": [SELF],
        "form-action": [SELF],
        "base-uri": [NONE],
        "frame-ancestors": [NONE],
    }
}
if HTTPS:
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    SECURE_SSL_REDIRECT = True
    SECURE_REDIRECT_EXEMPT = [r"^healthz$", r"^readyz$", r"^metrics$"]
    SECURE_HSTS_SECONDS = 365 * 24 * 3600
    SECURE_HSTS_INCLUDE_SUBDOMAINS = True
    SECURE_HSTS_PRELOAD = True
    SESSION_COOKIE_SECURE = True
    CSRF_COOKIE_SECURE = True
    CSRF_TRUSTED_ORIGINS = [f"https://{host}" for host in ALLOWED_HOSTS]

# Languages: zh-Hans is added when its translation is complete.
LANGUAGE_CODE = "en"
LANGUAGES = [("en", "English")]
LOCALE_PATHS = [BASE_DIR / "locale"]
USE_TZ = True
TIME_ZONE = "UTC"

# Static files: hashed names, served by the web process itself.
STATIC_URL = "static/"
STATICFILES_DIRS = [BASE_DIR / "static"]
STATIC_ROOT = DATA_DIR / "static"
SERVESTATIC_USE_MANIFEST = not DEBUG
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "kb.views.static_files.HashedStatic"},
}

# Uploads
FILES_DIR = DATA_DIR / "files"
INCOMING_DIR = DATA_DIR / "incoming"  # on the same file system as FILES_DIR, so that a rename is enough
MAX_FILE_BYTES = env.int("FOOTNOTE_MAX_FILE_MB", 200) * 1024**2
MAX_FILES_PER_UPLOAD = env.int("FOOTNOTE_MAX_FILES_PER_UPLOAD", 500)
MAX_UPLOAD_BYTES = env.int("FOOTNOTE_MAX_UPLOAD_MB", 2000) * 1024**2
MIN_FREE_DISK_BYTES = env.int("FOOTNOTE_MIN_FREE_DISK_MB", 500) * 1024**2
FILE_UPLOAD_TEMP_DIR = str(INCOMING_DIR)
FILE_UPLOAD_HANDLERS = ["django.core.files.uploadhandler.TemporaryFileUploadHandler"]
DATA_UPLOAD_MAX_NUMBER_FILES = MAX_FILES_PER_UPLOAD
DATA_UPLOAD_MAX_MEMORY_SIZE = 5 * 1024**2
SILENCED_SYSTEM_CHECKS = ["files.E001"]  # INCOMING_DIR does not exist yet: kb.asgi creates it when the server starts

# Ingestion
LEASE_SECONDS = env.int("FOOTNOTE_LEASE_SECONDS", 60)
MAX_TRIES = env.int("FOOTNOTE_MAX_TRIES", 4)
PARSE_SECONDS = env.int("FOOTNOTE_PARSE_SECONDS", 300)
PARSE_MEMORY_BYTES = env.int("FOOTNOTE_PARSE_MEMORY_MB", 2048) * 1024**2
PAGE_SECONDS = env.int("FOOTNOTE_PAGE_SECONDS", 10)
OCR_LANGUAGES: list[str] = env.list("FOOTNOTE_OCR_LANGUAGES", [])
OCR_DATA = env.str("TESSDATA_PREFIX", "")
OCR_PAGE_SECONDS = env.int("FOOTNOTE_OCR_PAGE_SECONDS", 120)
OCR_SECONDS = env.int("FOOTNOTE_OCR_SECONDS", 7200)
MAX_TEXT_CHARACTERS = env.int("FOOTNOTE_MAX_TEXT_CHARACTERS", 20_000_000)

# Embedding engines by name. A generation refers to one.
ENGINES: dict[str, dict[str, Any]] = {
    "minilm": {"class": "embedding.minilm.MiniLM", "cache_dir": DATA_DIR / "models"},
    "e5": {"class": "embedding.e5.engine.E5Small", "cache_dir": DATA_DIR / "models"},
}
VLLM = vllm_command.Serving(
    model=env.str("FOOTNOTE_VLLM_MODEL", vllm_command.MODEL),
    revision=env.str("FOOTNOTE_VLLM_REVISION", vllm_command.REVISION),
    model_dimensions=env.int("FOOTNOTE_VLLM_MODEL_DIMENSIONS", vllm_command.MODEL_DIMENSIONS),
    max_tokens=env.int("FOOTNOTE_VLLM_MAX_TOKENS", vllm_command.MAX_TOKENS),
    gpu_memory=env.float("FOOTNOTE_VLLM_GPU_MEMORY", vllm_command.GPU_MEMORY),
)
VLLM_API_KEY = env.str("FOOTNOTE_VLLM_API_KEY", "")
VLLM_URL = env.str("FOOTNOTE_VLLM_URL", "")
if VLLM_URL:
    ENGINES["vllm"] = {
        "class": "embedding.server.client.ServerEngine",
        "name": "vllm",
        "url": VLLM_URL,
        "model": VLLM.model,
        "revision": VLLM.revision,
        "model_dimensions": VLLM.model_dimensions,
        "dimensions": env.int("FOOTNOTE_VLLM_DIMENSIONS", vllm_command.MODEL_DIMENSIONS),
        "smallest_dimensions": env.int("FOOTNOTE_VLLM_SMALLEST_DIMENSIONS", VLLM.smallest_dimensions) or None,
        "max_tokens": VLLM.max_tokens,
        "tokenizer": env.str("FOOTNOTE_VLLM_TOKENIZER", ""),
        "api_key": VLLM_API_KEY,
        "headers": env.dict("FOOTNOTE_VLLM_HEADERS", {}),
        "timeout_seconds": env.int("FOOTNOTE_VLLM_TIMEOUT_SECONDS", 30),
        "request_tokens": env.int("FOOTNOTE_VLLM_REQUEST_TOKENS", 4096),
        "requests_in_flight": env.int("FOOTNOTE_VLLM_REQUESTS_IN_FLIGHT", 4),
    }
DEFAULT_ENGINE = env.str("FOOTNOTE_ENGINE", "minilm")
KEEP_RETIRED_INDEX_DAYS = env.int("FOOTNOTE_KEEP_RETIRED_INDEX_DAYS", 7)

# How long the vector of a question is kept in Redis, so that the same question costs the engine nothing; 0: not at all.
QUESTION_CACHE_SECONDS = env.int("FOOTNOTE_QUESTION_CACHE_SECONDS", 600)

# The indexes behind the two retrievers: see retrieval.indexes.protocols.
INDEXES: dict[str, dict[str, Any]] = {
    "dense": {"class": "retrieval.indexes.postgres_dense.PostgresDense"},
    "lexical": {"class": "retrieval.indexes.postgres_lexical.PostgresLexical"},
}

# Celery: the database is the source of truth, so nothing is lost if a message arrives twice or never.
CELERY_BROKER_URL = REDIS_URL
CELERY_IMPORTS = ["kb.operations.upkeep"]  # it imports all modules with tasks
CELERY_TASK_QUEUES = [Queue("celery"), Queue("builds")]  # see kb.indexing.queue
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_CONNECTION_MAX_RETRIES = None
# Enqueuing does not wait for an unreachable queue; the worker itself retries forever.
CELERY_BROKER_TRANSPORT_OPTIONS = {
    "socket_timeout": 5,
    "socket_connect_timeout": 2,
    "max_retries": 1,
    "interval_start": 0,
    "interval_step": 0,
}
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_TASK_IGNORE_RESULT = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_MAX_MEMORY_PER_CHILD = env.int("FOOTNOTE_WORKER_MAX_MB", 2000) * 1024  # KiB
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_BEAT_SCHEDULE_FILENAME = str(DATA_DIR / "run" / "beat")
SWEEP_SECONDS = env.int("FOOTNOTE_SWEEP_SECONDS", 10)
CELERY_BEAT_SCHEDULE = {
    "sweep": {"task": "kb.operations.upkeep.sweep", "schedule": SWEEP_SECONDS, "options": {"expires": SWEEP_SECONDS}},
    "tidy": {"task": "kb.operations.upkeep.tidy", "schedule": 3600},
}

# Per person and minute: API calls, and the pages that search or preview; 0 means no limit.
RATES = {
    "general": env.int("FOOTNOTE_RATE_GENERAL", 1200),
    "search": env.int("FOOTNOTE_RATE_SEARCH", 300),
    "uploads": env.int("FOOTNOTE_RATE_UPLOADS", 600),
    "embeddings": env.int("FOOTNOTE_RATE_EMBEDDINGS", 120),
    "previews": env.int("FOOTNOTE_RATE_PREVIEWS", 120),
}

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "kb.api.authentication.BearerToken",
        "rest_framework.authentication.SessionAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": ["kb.api.permissions.SignedInAndMayWrite"],
    "DEFAULT_THROTTLE_CLASSES": ["kb.api.rates.PerMinute"],
    "DEFAULT_PARSER_CLASSES": ["kb.api.parsers.Json"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "URL_FORMAT_OVERRIDE": None,
    "DEFAULT_PAGINATION_CLASS": "kb.api.pagination.Cursor",
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "EXCEPTION_HANDLER": "kb.api.errors.handle",
    "TEST_REQUEST_DEFAULT_FORMAT": "json",
    "DATETIME_FORMAT": "iso-8601",
}

SPECTACULAR_SETTINGS = {
    "TITLE": "Footnote",
    "VERSION": "1",
    "DESCRIPTION": "A knowledge base with footnotes. Offsets count Unicode code points; times are UTC.",
    "OAS_VERSION": "3.1.0",
    "ENUM_GENERATE_CHOICE_DESCRIPTION": False,
    "SCHEMA_PATH_PREFIX": "/api/v1",
    "COMPONENT_SPLIT_REQUEST": True,
    "POSTPROCESSING_HOOKS": ["drf_spectacular.hooks.postprocess_schema_enums", "kb.api.schema.complete"],
}

# Prometheus: without the token, /metrics and the worker's metrics do not exist.
METRICS_TOKEN = env.str("FOOTNOTE_METRICS_TOKEN", "")
WORKER_METRICS = env.str("FOOTNOTE_WORKER_METRICS", "")

# uvicorn has its own log handlers. They are removed here, so that its lines look like all others. Its access log is
# off, because it would contain people's questions.
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "filters": {"request_id": {"()": "kb.telemetry.logs.RequestId"}},
    "formatters": {
        "text": {"format": "{asctime} {levelname} {name} [{request_id}] {message}", "style": "{"},
        "json": {"()": "kb.telemetry.logs.Json"},
    },
    "handlers": {
        "stderr": {
            "class": "logging.StreamHandler",
            "filters": ["request_id"],
            "formatter": env.str("FOOTNOTE_LOG_FORMAT", "text"),
        }
    },
    "root": {"handlers": ["stderr"], "level": env.str("FOOTNOTE_LOG_LEVEL", "INFO")},
    "loggers": {
        "axes": {"level": "WARNING"},
        "httpx": {"level": "WARNING"},  # at INFO it logs every request, including passwords in addresses
        "uvicorn": {"handlers": [], "propagate": True},
        "uvicorn.error": {"handlers": [], "propagate": True},
        "uvicorn.access": {"handlers": [], "propagate": False},
    },
}
