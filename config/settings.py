"""One settings file, driven by the environment; nonsense stops the start with a sentence that says what to change."""

from __future__ import annotations

import hashlib
import os
import secrets
from pathlib import Path

from django.core.exceptions import ImproperlyConfigured

from config import oidc
from config.database import database_settings, var_dir

BASE_DIR = Path(__file__).resolve().parent.parent
VAR_DIR = var_dir()


def env(name: str, default: str = "") -> str:
    """The variable, or the content of the file that `<NAME>_FILE` points to."""
    if path := os.environ.get(f"{name}_FILE"):
        return Path(path).read_text(encoding="utf-8").strip()
    return os.environ.get(name, default)


def flag(name: str, default: bool) -> bool:
    value = env(name, "1" if default else "0").lower()
    if value not in {"0", "1", "true", "false", "yes", "no"}:
        raise ImproperlyConfigured(f"{name} 只能是 1 或 0，现在是 {value!r}")
    return value in {"1", "true", "yes"}


def number(name: str, default: int, low: int, high: int) -> int:
    value = env(name, str(default))
    if not value.isdigit() or not low <= int(value) <= high:
        raise ImproperlyConfigured(f"{name} 必须是 {low} 到 {high} 之间的整数，现在是 {value!r}")
    return int(value)


def kept_secret(name: str, length: int = 32) -> str:
    """A secret from the environment; outside production one is made once and kept under var/secrets."""
    if value := env(name):
        if len(value) < length:
            raise ImproperlyConfigured(f"{name} 太短：至少 {length} 个字符")
        return value
    if PRODUCTION:
        raise ImproperlyConfigured(f"生产环境必须设置 {name}（或 {name}_FILE）")
    path = VAR_DIR / "secrets" / name.lower()
    path.parent.mkdir(mode=0o700, exist_ok=True)
    try:
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            file.write(secrets.token_urlsafe(length))
    except FileExistsError:
        pass
    return path.read_text(encoding="utf-8")


ENVIRONMENT = env("ONEWINDOW_ENV", "demo")
if ENVIRONMENT not in {"demo", "production", "test"}:
    raise ImproperlyConfigured(f"ONEWINDOW_ENV 只能是 demo、test 或 production，现在是 {ENVIRONMENT!r}")
PRODUCTION = ENVIRONMENT == "production"
DEBUG = flag("ONEWINDOW_DEBUG", False)
if DEBUG and PRODUCTION:
    raise ImproperlyConfigured("生产环境不能打开 ONEWINDOW_DEBUG")

# Sandbox peers (SMS gateway, test CA, test authenticator) say so on screen and never run in production.
SANDBOX = not PRODUCTION
SECRET_KEY = kept_secret("ONEWINDOW_SECRET_KEY")
# Key id → key material; the first key encrypts, all decrypt (kernel.secrecy).
SECRECY_KEYS = {env("ONEWINDOW_SECRECY_KEY_ID", "k1"): kept_secret("ONEWINDOW_SECRECY_KEY")}
for old_key in filter(None, env("ONEWINDOW_SECRECY_OLD_KEYS").split(",")):
    key_id, _, material = old_key.partition(":")
    if not material or key_id in SECRECY_KEYS:
        raise ImproperlyConfigured(
            "ONEWINDOW_SECRECY_OLD_KEYS 的写法是 编号:密钥，编号不能与现用密钥（ONEWINDOW_SECRECY_KEY_ID）相同"
        )
    SECRECY_KEYS[key_id] = material
SECRECY_INDEX_KEY = kept_secret("ONEWINDOW_SECRECY_INDEX_KEY")

# Trials and tests only: a file with the seconds by which the program's clock is ahead.
CLOCK_FILE = env("ONEWINDOW_CLOCK_AHEAD")
if CLOCK_FILE and PRODUCTION:
    raise ImproperlyConfigured("生产环境不能设置 ONEWINDOW_CLOCK_AHEAD：时间只来自机器的时钟")
# The site this program keeps running as a hall node 大厅节点; set by `onewindow hall-node` for its processes.
HALL_SITE = env("ONEWINDOW_HALL_SITE")
NODE_TOKEN = env("ONEWINDOW_NODE_TOKEN")

PORT = number("PORT", 8000, 1, 65535)
PUBLIC_URL = env("ONEWINDOW_PUBLIC_URL", f"http://127.0.0.1:{PORT}").rstrip("/")
if not PUBLIC_URL.startswith(("http://", "https://")):
    raise ImproperlyConfigured("ONEWINDOW_PUBLIC_URL 必须以 http:// 或 https:// 开头")
if PRODUCTION and not PUBLIC_URL.startswith("https://"):
    raise ImproperlyConfigured("生产环境的 ONEWINDOW_PUBLIC_URL 必须以 https:// 开头")
ALLOWED_HOSTS = [host for host in env("ONEWINDOW_HOSTS", "" if PRODUCTION else "*").split(",") if host]
if not ALLOWED_HOSTS:
    raise ImproperlyConfigured("请设置 ONEWINDOW_HOSTS（对外域名，用逗号分隔）")
CSRF_TRUSTED_ORIGINS = [PUBLIC_URL]

INSTALLED_APPS = [
    "django.contrib.contenttypes",
    "django.contrib.auth",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.postgres",
    "django_htmx",
    "procrastinate.contrib.django",
    "onewindow.kernel",
    "onewindow.accounts",
    "onewindow.documents",
    "onewindow.notifications",
    "onewindow.catalogue",
    "onewindow.cases",
    "onewindow.exchange",
    "onewindow.hall",
    "onewindow.feedback",
    "onewindow.agents",
    "onewindow.web",
    "onewindow.api",
]
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "onewindow.web.middleware.SecurityHeaders",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "onewindow.web.middleware.Language",
    "onewindow.web.middleware.Readable",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "onewindow.accounts.middleware.PrincipalMiddleware",
    "onewindow.web.node.NodePages",
    "onewindow.web.halls.at_device.AtDevice",
    "onewindow.web.middleware.Conflicts",
]
ROOT_URLCONF = "config.urls"
WSGI_APPLICATION = "config.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.jinja2.Jinja2",
        "DIRS": [BASE_DIR / "onewindow" / "web" / "templates"],
        "OPTIONS": {
            "environment": "onewindow.web.ui.environment.environment",
            "context_processors": ["onewindow.web.ui.environment.request_context"],
        },
    },
]

DATABASES = {"default": database_settings()}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = ["django.contrib.auth.backends.ModelBackend"]
PASSWORD_HASHERS = ["django.contrib.auth.hashers.Argon2PasswordHasher"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 8}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
]
LOGIN_URL = "sign-in"
LOGIN_REDIRECT_URL = "home"

# No request reads a session from the database: the cookie is signed, revocation is in the principal.
SESSION_ENGINE = "django.contrib.sessions.backends.signed_cookies"
SESSION_COOKIE_NAME = "onewindow"
SESSION_COOKIE_AGE = 12 * 3600
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = PUBLIC_URL.startswith("https://")
CSRF_USE_SESSIONS = False
CSRF_FAILURE_VIEW = "onewindow.web.public.errors.stale_form"
STAFF_IDLE_SECONDS = number("ONEWINDOW_STAFF_IDLE", 30 * 60, 60, 12 * 3600)
CITIZEN_IDLE_SECONDS = number("ONEWINDOW_CITIZEN_IDLE", 2 * 3600, 60, 12 * 3600)
MESSAGE_STORAGE = "django.contrib.messages.storage.cookie.CookieStorage"

LANGUAGE_CODE = "zh-hans"
LANGUAGES = [("zh-hans", "中文"), ("en", "English")]
LOCALE_PATHS = [BASE_DIR / "onewindow" / "web" / "locale"]
USE_I18N = True
USE_TZ = True
TIME_ZONE = "Asia/Shanghai"

STATIC_URL = "/static/"
STATIC_ROOT = VAR_DIR / "static"
STATIC_ROOT.mkdir(exist_ok=True)  # WhiteNoise asks for it even while it serves from node_modules
NODE = BASE_DIR / "node_modules"
STATICFILES_DIRS = [
    BASE_DIR / "onewindow" / "web" / "static",
    *(
        (prefix, NODE / path)
        for prefix, path in {
            "tabler": "@tabler/core/dist",
            "icons": "@tabler/icons-webfont/dist",
            "noto": "@fontsource-variable/noto-sans-sc",
            "htmx": "htmx.org/dist",
            "tus": "tus-js-client/dist",
        }.items()
        if (NODE / path).is_dir()
    ),
]
WHITENOISE_USE_FINDERS = True
# Listing the files costs 0.1 s; a test makes many clients, each with its own middleware.
WHITENOISE_AUTOREFRESH = DEBUG or ENVIRONMENT == "test"
WHITENOISE_MAX_AGE = 3600

# SMS gateway (notifications.gateways.http_sms); without it only the sandbox can send.
SMS_URL = env("ONEWINDOW_SMS_URL")
if SMS_URL and not SMS_URL.startswith(("https://",) if PRODUCTION else ("https://", "http://")):
    raise ImproperlyConfigured("ONEWINDOW_SMS_URL 必须以 https:// 开头")
SMS_SECRET = env("ONEWINDOW_SMS_SECRET")
if SMS_URL and len(SMS_SECRET) < 16:
    raise ImproperlyConfigured("设置了 ONEWINDOW_SMS_URL，ONEWINDOW_SMS_SECRET 至少要 16 个字符")

# Sign-in by other houses (accounts.providers.oidc); the sandbox's is part of the demo and refused in production.
OIDC_PROVIDERS = oidc.providers(env, production=PRODUCTION)
if flag("ONEWINDOW_OIDC_SANDBOX", ENVIRONMENT == "demo"):
    OIDC_PROVIDERS += (oidc.sandbox(PUBLIC_URL, hashlib.sha256(f"sandbox-oidc:{SECRET_KEY}".encode()).hexdigest()),)

# Outside systems (exchange): hosts that may lie in our own network, where files are laid, and the demonstration's peer.
EXCHANGE_INSIDE = frozenset(filter(None, env("ONEWINDOW_EXCHANGE_INSIDE").replace(" ", "").split(",")))
EXCHANGE_DIR = Path(env("ONEWINDOW_EXCHANGE_DIR", str(VAR_DIR / "exchange")))
EXCHANGE_SANDBOX = flag("ONEWINDOW_EXCHANGE_SANDBOX", ENVIRONMENT == "demo")

# Uploads (documents): limits a window clerk can explain.
MEDIA_ROOT = VAR_DIR / "files"
# Electronic delivery counts from its arrival in the addressee's account, or only once it was opened.
DELIVERY_COUNTS = env("ONEWINDOW_DELIVERY_COUNTS", "arrival")
if DELIVERY_COUNTS not in {"arrival", "opening"}:
    raise ImproperlyConfigured("ONEWINDOW_DELIVERY_COUNTS 只能是 arrival 或 opening")
# Working days after which a paper nobody opened is due by another way.
DELIVERY_UNOPENED_DAYS = number("ONEWINDOW_DELIVERY_UNOPENED_DAYS", 3, 1, 60)
UPLOAD_MAX_BYTES = number("ONEWINDOW_UPLOAD_MB", 20, 1, 200) * 1024 * 1024
# The editor of a guide posts a whole list of papers or form fields at once.
DATA_UPLOAD_MAX_NUMBER_FIELDS = 8000
DATA_UPLOAD_MAX_MEMORY_SIZE = 5 * 1024 * 1024
FILE_UPLOAD_MAX_MEMORY_SIZE = 1024 * 1024

SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
if PRODUCTION:
    SECURE_HSTS_SECONDS = 31536000
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")

DATA_DIR = Path(env("ONEWINDOW_DATA", str(BASE_DIR / "data" / "xindu")))
DISTRICT_NAME = env("ONEWINDOW_DISTRICT", "新都区")
DISTRICT_NAME_EN = env("ONEWINDOW_DISTRICT_EN", "Xindu District")
AREA_CODE = env("ONEWINDOW_AREA_CODE", "510114")

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "%(asctime)s %(levelname)s %(name)s %(message)s"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["console"], "level": env("ONEWINDOW_LOG", "WARNING")},
}
SILENCED_SYSTEM_CHECKS: list[str] = []
