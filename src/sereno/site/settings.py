"""Django's settings, made from the environment. Only `site` reads them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.utils.translation import gettext_lazy as _

from sereno.site.environment import read

ENVIRONMENT = read()

SECRET_KEY = ENVIRONMENT.secret_key
SECRET_KEY_FALLBACKS = list(ENVIRONMENT.former_secret_keys)
DEBUG = False
ALLOWED_HOSTS = ["*"]
ROOT_URLCONF = "sereno.site.urls"
WSGI_APPLICATION = "sereno.site.wsgi.application"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
APPEND_SLASH = False

INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "sereno.store",
    "sereno.modules.orders",
    "sereno.modules.customers",
    "sereno.modules.catalog",
    "sereno.modules.content",
    "sereno.modules.stock",
    "sereno.modules.feeds",
    "sereno.modules.purchasing",
    "sereno.modules.pricing",
    "sereno.modules.loyalty",
    "sereno.modules.risk",
    "sereno.modules.decisions",
    "sereno.modules.messages",
    "sereno.modules.messages.channels",
    "sereno.modules.newsletters",
    "sereno.modules.recommendations",
    "sereno.modules.scores",
    "sereno.modules.interests",
    "sereno.modules.visits",
    "sereno.modules.social",
    "sereno.modules.segments",
    "sereno.modules.tools",
    "sereno.modules.surveys",
    "sereno.modules.forms",
    "sereno.modules.insights",
    "sereno.web",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "sereno.web.heads.HeadsAsGets",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "sereno.web.people.sessions.SessionList",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "sereno.web.security.ContentSecurityPolicy",
    "sereno.api.problems.InOneShape",
]


def _database() -> dict[str, Any]:
    database: dict[str, Any] = dict(ENVIRONMENT.database)
    if database["ENGINE"].endswith("sqlite3"):
        # Django's own, behind the gate all writers of the process pass.
        database["ENGINE"] = "sereno.store.sqlite3"
        database["OPTIONS"] = {
            "transaction_mode": "IMMEDIATE",
            "timeout": 20,
            # FULL: an acknowledged event is on the disk, not only in the operating system's cache.
            "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA foreign_keys=ON;"
            " PRAGMA cache_size=-32768; PRAGMA temp_store=MEMORY; PRAGMA wal_autocheckpoint=4000;",
        }
    else:
        database["CONN_MAX_AGE"] = 600
        database["CONN_HEALTH_CHECKS"] = True
    return database


DATABASES = {"default": _database()}

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.jinja2.Jinja2",
        "DIRS": [],
        "APP_DIRS": False,
        "OPTIONS": {"environment": "sereno.web.environment.jinja"},
    },
]

STATIC_URL = "/static/"
STATIC_ROOT = Path(__file__).resolve().parent.parent / "web" / "static"
WHITENOISE_USE_FINDERS = False
WHITENOISE_AUTOREFRESH = False

AUTH_USER_MODEL = "auth.User"
AUTHENTICATION_BACKENDS = ["django.contrib.auth.backends.ModelBackend"]
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.Argon2PasswordHasher",
    # Only read: the first sign-in writes such a password anew with argon2.
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 10}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
LOGIN_URL = "/sign-in"
LOGIN_REDIRECT_URL = "/"
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_SECURE = ENVIRONMENT.base_url.startswith("https://")
SESSION_COOKIE_NAME = "__Host-sereno" if SESSION_COOKIE_SECURE else "sereno"
SESSION_COOKIE_AGE = 14 * 86_400
CSRF_COOKIE_SECURE = SESSION_COOKIE_SECURE
CSRF_COOKIE_HTTPONLY = True
LANGUAGE_COOKIE_SECURE = SESSION_COOKIE_SECURE
LANGUAGE_COOKIE_HTTPONLY = True
LANGUAGE_COOKIE_SAMESITE = "Lax"
PASSWORD_RESET_TIMEOUT = 3600
CSRF_FAILURE_VIEW = "sereno.web.pages.errors.csrf"
CSRF_TRUSTED_ORIGINS = [ENVIRONMENT.base_url]
SECURE_CONTENT_TYPE_NOSNIFF = True
X_FRAME_OPTIONS = "DENY"
SECURE_REFERRER_POLICY = "same-origin"

USE_TZ = True
TIME_ZONE = "UTC"
USE_I18N = True
LANGUAGE_CODE = "en"
LANGUAGES = [("en", _("English")), ("es", _("Spanish")), ("pt", _("Portuguese")), ("ro", _("Romanian"))]
LOCALE_PATHS = [Path(__file__).resolve().parent.parent / "locale"]

DATA_UPLOAD_MAX_MEMORY_SIZE = 5 * 1024 * 1024
LOGGING_CONFIG = None
