"""Wires what actions reach the outside through: mail, HTTP, links, products. Everything live is made here."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from sereno.modules.http.client import GuardedHttp
from sereno.modules.messages.smtp import SmtpMailer
from sereno.modules.messages.unsubscribe import SignedLinks
from sereno.runtime.products import ProductLookup
from sereno.sdk.context import ShopFacts
from sereno.sdk.plugin import registry
from sereno.sdk.ports import Http, Links, Mailer, Products
from sereno.site.environment import Environment, SettingInvalid
from sereno.store.database import Database, default_database

PortFactory = Callable[[type[Any], ShopFacts], object | None]


def build_ports(environment: Environment, database: Database | None = None) -> PortFactory:
    """The live ports of this installation. Raises SettingInvalid for an SMTP address that cannot be used."""
    try:
        mailer = SmtpMailer.from_url(environment.smtp_url) if environment.smtp_url else None
    except ValueError as error:
        raise SettingInvalid(f"SERENO_SMTP_URL: {error}") from error

    def find(kind: type[Any], shop: ShopFacts) -> object | None:
        if kind is Mailer:
            return mailer
        if kind is Http:
            return GuardedHttp(allowed_hosts(shop))
        if kind is Links:
            return SignedLinks(environment.secret_key, environment.base_url, shop.id)
        if kind is Products:
            return ProductLookup(database or default_database(), registry(), shop.id)
        return None

    return find


def allowed_hosts(shop: ShopFacts) -> Sequence[str]:
    """The shop's setting `allowed_hosts`: a list, or hosts separated by commas or spaces."""
    held = shop.settings.get("allowed_hosts") or ()
    if isinstance(held, str):
        return held.replace(",", " ").split()
    return [str(entry) for entry in held]
