"""Settings from the environment, read once and refused at start by name when wrong."""

from __future__ import annotations

import ipaddress
import os
import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote, urlsplit

ROLES = ("owner", "operator", "marketer", "support", "viewer")


class SettingInvalid(ValueError):  # noqa: N818
    """A setting has a value Sereno cannot use; the message names the setting."""


@dataclass(frozen=True, slots=True)
class Company:
    """The OpenID Connect provider people may sign in through. `domains` are the mail domains let in; empty: any. `role`
    and `shop` say what somebody new gets; without a role nobody new is let in."""

    issuer: str
    client_id: str
    client_secret: str
    name: str
    domains: tuple[str, ...]
    role: str | None
    shop: str | None


@dataclass(frozen=True, slots=True)
class Environment:
    """What `SERENO_*` said. `database` is a Django database dict without options; `bind` is (host, port);
    `trusted_proxies` are networks; people of `second_factor_roles` must have a second factor."""

    data_dir: Path
    database: dict[str, object]
    bind: tuple[str, int]
    base_url: str
    secret_key: str
    smtp_url: str | None
    trusted_proxies: tuple[str, ...] = ()
    second_factor_roles: frozenset[str] = frozenset()
    company: Company | None = None
    nameserver: str = ""
    ip_cities: Path | None = None
    former_secret_keys: tuple[str, ...] = ()

    @property
    def secret_keys(self) -> tuple[str, ...]:
        """The present one first; the others only open what they closed."""
        return self.secret_key, *self.former_secret_keys


def read(variables: Mapping[str, str] | None = None) -> Environment:
    """Raises SettingInvalid. Makes the data folder, and the secret key in it when none is given."""
    env = os.environ if variables is None else variables
    data_dir = Path(env.get("SERENO_DATA_DIR") or "data").expanduser().absolute()
    try:
        data_dir.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise SettingInvalid(f"SERENO_DATA_DIR: cannot make the folder {data_dir}: {error.strerror}") from error
    bind = _bind(env.get("SERENO_BIND") or "127.0.0.1:8000")
    base_url = env.get("SERENO_BASE_URL") or f"http://{bind[0]}:{bind[1]}"
    if urlsplit(base_url).scheme not in ("http", "https"):
        raise SettingInvalid(f"SERENO_BASE_URL: {base_url!r} does not begin with http:// or https://")
    smtp_url = env.get("SERENO_SMTP_URL") or None
    if smtp_url is not None and urlsplit(smtp_url).scheme not in ("smtp", "smtps"):
        # The value may hold a password: it is not repeated.
        raise SettingInvalid("SERENO_SMTP_URL is not of the form smtp://user:pass@host:port")
    secret_key = env.get("SERENO_SECRET_KEY") or _kept_secret(data_dir)
    former = tuple(one for one in _listed(env, "SERENO_FORMER_SECRET_KEYS") if one != secret_key)
    return Environment(
        data_dir=data_dir,
        database=_database(env.get("SERENO_DATABASE_URL"), data_dir),
        bind=bind,
        base_url=base_url.rstrip("/"),
        secret_key=secret_key,
        smtp_url=smtp_url,
        trusted_proxies=_networks(_listed(env, "SERENO_TRUSTED_PROXIES")),
        second_factor_roles=frozenset(_roles("SERENO_TWO_FACTOR_ROLES", _listed(env, "SERENO_TWO_FACTOR_ROLES"))),
        company=_company(env),
        nameserver=_nameserver(env.get("SERENO_DNS") or ""),
        ip_cities=_file("SERENO_IP_CITIES", env),
        former_secret_keys=former,
    )


def _nameserver(given: str) -> str:
    host, _colon, port = given.partition(":")
    try:
        ipaddress.ip_address(host or "127.0.0.1")
    except ValueError as error:
        raise SettingInvalid(f"SERENO_DNS: {error}; write it as 192.0.2.53:53") from error
    if port and not port.isdigit():
        raise SettingInvalid(f"SERENO_DNS: {port!r} is no port")
    return given


def _file(name: str, env: Mapping[str, str]) -> Path | None:
    given = env.get(name)
    if not given:
        return None
    path = Path(given).expanduser().absolute()
    if not path.is_file():
        raise SettingInvalid(f"{name}: there is no file {path}")
    return path


def _listed(env: Mapping[str, str], name: str) -> list[str]:
    return [part for part in re.split(r"[\s,]+", env.get(name) or "") if part]


def _networks(given: list[str]) -> tuple[str, ...]:
    try:
        return tuple(str(ipaddress.ip_network(one, strict=False)) for one in given)
    except ValueError as error:
        raise SettingInvalid(f"SERENO_TRUSTED_PROXIES: {error}; write addresses or networks (10.0.0.0/8)") from error


def _roles(name: str, given: list[str]) -> list[str]:
    if wrong := [role for role in given if role not in ROLES]:
        raise SettingInvalid(f"{name}: {wrong[0]!r} is no role; roles are {', '.join(ROLES)}")
    return given


def _company(env: Mapping[str, str]) -> Company | None:
    """All of issuer, id and secret, or none of them."""
    needed = ("SERENO_OIDC_ISSUER", "SERENO_OIDC_CLIENT_ID", "SERENO_OIDC_CLIENT_SECRET")
    issuer, client_id, client_secret = values = [env.get(name) or "" for name in needed]
    if not any(values):
        return None
    if not all(values):
        raise SettingInvalid(f"{needed[values.index('')]} is missing; signing in through a provider needs all three")
    parts = urlsplit(issuer)
    is_near = parts.hostname in ("localhost", "127.0.0.1", "::1")
    if not parts.hostname or parts.scheme not in ("https", "http") or (parts.scheme == "http" and not is_near):
        raise SettingInvalid(f"SERENO_OIDC_ISSUER: {issuer!r} does not begin with https://")
    role = env.get("SERENO_OIDC_ROLE") or None
    if role is not None:
        _roles("SERENO_OIDC_ROLE", [role])
    domains = tuple(domain.lower().lstrip("@") for domain in _listed(env, "SERENO_OIDC_DOMAINS"))
    if role is not None and not domains:
        raise SettingInvalid("SERENO_OIDC_ROLE lets new people in: say from which domains with SERENO_OIDC_DOMAINS")
    return Company(
        issuer=issuer.rstrip("/"),
        client_id=client_id,
        client_secret=client_secret,
        name=env.get("SERENO_OIDC_NAME") or parts.hostname,
        domains=domains,
        role=role,
        shop=env.get("SERENO_OIDC_SHOP") or None,
    )


def _bind(value: str) -> tuple[str, int]:
    host, _, port = value.rpartition(":")
    if not host or not port.isdigit() or not 0 <= int(port) < 65536:
        raise SettingInvalid(f"SERENO_BIND: {value!r} is not of the form host:port")
    return host, int(port)


def _database(url: str | None, data_dir: Path) -> dict[str, object]:
    if not url:
        return {"ENGINE": "django.db.backends.sqlite3", "NAME": str(data_dir / "sereno.sqlite3")}
    parts = urlsplit(url)
    if parts.scheme == "sqlite":
        path = unquote(parts.path)
        # sqlite:///relative and sqlite:////absolute, as elsewhere.
        name = path[1:] if path.startswith("/") else path
        if not name:
            raise SettingInvalid("SERENO_DATABASE_URL: sqlite:///path needs a path")
        return {"ENGINE": "django.db.backends.sqlite3", "NAME": str(Path(name).absolute())}
    if parts.scheme in ("postgresql", "postgres"):
        from urllib.parse import parse_qs

        query = parse_qs(parts.query)
        return {
            "ENGINE": "django.db.backends.postgresql",
            "NAME": unquote(parts.path.lstrip("/")) or "sereno",
            "USER": unquote(parts.username or ""),
            "PASSWORD": unquote(parts.password or ""),
            "HOST": (query.get("host") or [parts.hostname or ""])[0],
            "PORT": str(parts.port or (query.get("port") or [""])[0]),
        }
    raise SettingInvalid(f"SERENO_DATABASE_URL: {parts.scheme or url!r} is neither sqlite:///path nor postgresql://...")


def _kept_secret(data_dir: Path) -> str:
    path = data_dir / "secret.key"
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return path.read_text().strip()
    with os.fdopen(descriptor, "w") as file:
        key = secrets.token_urlsafe(48)
        file.write(key)
    return key
