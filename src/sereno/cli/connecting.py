"""`sereno connect`: a way in for a store's webhooks. Prints the address to give to the store.

Invariant: secrets are stored encrypted and never printed, but for one made here, which is printed once.
"""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING, Annotated, Any, Literal

from cyclopts import App, Parameter

from sereno.cli import database, store_access, tools
from sereno.cli.host import host
from sereno.cli.lists.rows import person
from sereno.cli.narrowing import Flag, Json, shop_named
from sereno.cli.output import Failed, WrongUse, emit, instant, no_such, say, table

if TYPE_CHECKING:
    from sereno.runtime.connecting import Made
    from sereno.sdk.connector import Connector

connection = App(name="connection", help="Connections: list them, switch one off and on.", help_format="plaintext")

KINDS = (
    "shopify",
    "woocommerce",
    "bigcommerce",
    "magento",
    "salesforce",
    "zohocommerce",
    "medusa",
    "vendure",
    "saleor",
    "stripe",
    "oscar",
    "mailchimp",
    "klaviyo",
    "hubspot",
    "loyaltylion",
    "zendesk",
    "trello",
    "generic",
)

REACHED_BY_GENERIC = {
    "medusa": ("X-Medusa-Signature", "hex", "sha256=", "X-Medusa-Topic", "X-Medusa-Delivery"),
    "vendure": ("X-Vendure-Hmac-Sha256", "base64", "", "X-Vendure-Topic", "X-Vendure-Delivery"),
    "oscar": ("X-Oscar-Hmac-Sha256", "base64", "", "X-Oscar-Topic", "X-Oscar-Delivery"),
    "saleor": ("Saleor-Signature", "hex", "", "Saleor-Event", ""),
}


def connect(
    kind: str,
    /,
    *,
    shop: str | None = None,
    name: str | None = None,
    secret: Annotated[list[str] | None, Parameter(negative=())] = None,
    url: str | None = None,
    token: str | None = None,
    signature_header: str | None = None,
    signature_encoding: Literal["base64", "hex"] | None = None,
    signature_prefix: str | None = None,
    topic_header: str | None = None,
    delivery_header: str | None = None,
    own_ids: Flag = False,
    rotate: Flag = False,
    replace: Flag = False,
    access: Annotated[list[str] | None, Parameter(negative=())] = None,
    json: Json = False,
) -> None:
    """Let a store's webhooks in, and print the address to give to the store.

    Parameters
    ----------
    kind
        shopify, woocommerce, bigcommerce, magento, salesforce, zohocommerce, medusa, vendure, saleor, stripe, oscar;
        mailchimp, klaviyo, hubspot, loyaltylion, zendesk, trello; or generic.
    shop
        The shop the events belong to; may be left out when there is one.
    name
        The connection's name, which ends the address; the kind when left out.
    secret
        The secret the store signs with. Repeat it for several at once, the newest first.
    url
        The store's address, for what has to be fetched from it.
    token
        The token of the store's API.
    signature_header
        generic: the header that carries the signature.
    signature_encoding
        generic: base64 or hex.
    signature_prefix
        generic: what stands before the signature, such as sha256=.
    topic_header
        generic: the header that says what happened.
    delivery_header
        generic: the header whose value is the same on every repeat of a delivery.
    own_ids
        generic: it keeps records of its own, such as the products of an ERP or PIM, so its ids get a prefix. Without it
        what it says is about the first store's records.
    rotate
        Add the secret to an existing connection, and keep the old one working too.
    replace
        Change an existing connection.
    access
        NAME=VALUE of a key by which Sereno may write in the store; NAME=@FILE reads the value. Repeat it. See
        `sereno connection access`.
    """
    if kind not in KINDS:
        raise no_such("kind of connection", kind, KINDS, "Any other system connects as `generic`.")
    plugins = host().prepare()
    database.ready()
    connector = plugins.connectors.get(kind)
    if connector is None:
        raise WrongUse(_by_generic(kind, shop, name))
    place = shop_named(shop)
    short = _short_name(name or kind)
    given = _secrets(connector, secret, keep=rotate or replace)
    settings = {
        "url": url,
        "token": token,
        "signature_header": signature_header,
        "signature_encoding": signature_encoding,
        "signature_prefix": signature_prefix,
        "topic_header": topic_header,
        "delivery_header": delivery_header,
    }
    generic_only = [option for option in settings if settings[option] and option not in ("url", "token")]
    if generic_only and kind != "generic":
        raise WrongUse(f"--{generic_only[0].replace('_', '-')} is for the kind generic: {kind} signs in its own way")
    if own_ids and kind != "generic":
        raise WrongUse(f"--own-ids is for the kind generic: {kind} has its own ids where it is a second store")
    chosen = {option: value for option, value in settings.items() if value}
    made: Made | None = None
    if rotate or replace:
        _change(kind, place, short, given, chosen, rotate)
    else:
        made = _connect(kind, place, short, given, chosen, is_polled=_is_polled(connector), own_ids=own_ids)
    secret_made, namespace = (made.secret, made.namespace) if made else (None, "")
    if access:
        store_access.give(short, place, access, is_asked=True)
    address = f"{host().settings().base_url}/hooks/{short}"
    if json:
        told = {"connection": short, "kind": kind, "shop": place.slug, "url": address, "secret": secret_made}
        emit({**told, "namespace": namespace})
        return
    say(address)
    if secret_made:
        say(f"Secret (shown once): {secret_made}")
    if namespace:
        why = "It keeps records of its own" if own_ids else "The shop has a store already"
        say(f"{why}: ids of this one begin with {namespace}~")


def _secrets(connector: Connector, given: list[str] | None, *, keep: bool) -> list[str]:
    """The secrets to store; none where one can be made, or is not needed."""
    if given:
        if any(not secret.strip() for secret in given):
            raise WrongUse("--secret: an empty secret protects nothing")
        return given
    guide = connector.guide
    if not keep and guide is not None and guide.is_secret_theirs:
        where = guide.secret.help if guide.secret else ""
        raise WrongUse(f"--secret is missing: {where}")
    return []


def _is_polled(connector: Connector) -> bool:
    return connector.guide is not None and connector.guide.is_polled


def _short_name(name: str) -> str:
    from django.utils.text import slugify

    if slugify(name) != name or len(name) > 64:
        raise WrongUse(f"--name: {name!r} is not usable in an address; {slugify(name)[:64]!r} would be")
    return name


def _connect(
    kind: str,
    place: Any,
    name: str,
    given: list[str],
    settings: dict[str, str],
    *,
    is_polled: bool = False,
    own_ids: bool = False,
) -> Made:
    from sereno.runtime import connecting

    try:
        return connecting.connect(
            place.pk,
            kind,
            name,
            by=person(),
            secrets=given,
            make_secret=not is_polled,
            settings=_sealed(settings),
            own_ids=own_ids,
            base_url=host().settings().base_url,
        )
    except connecting.ConnectionRefused as refusal:
        if refusal.code == "name.taken":
            hint = "--replace changes it, --rotate adds a secret"
            raise Failed(f"there is a connection {name!r} already: {hint}") from refusal
        raise WrongUse(str(refusal)) from refusal


def _change(kind: str, place: Any, name: str, given: list[str], settings: dict[str, str], rotate: bool) -> None:
    from sereno.runtime import connecting
    from sereno.store.models import Connection

    held = Connection.objects.filter(name=name).select_related("shop").first()
    if held is None:
        if rotate:
            raise WrongUse(f"there is no connection {name!r} to rotate the secret of")
        _connect(kind, place, name, given, settings)
        return
    if held.kind != kind or held.shop_id != place.pk:
        raise Failed(f"the connection {name!r} is {held.kind} of {held.shop.slug}: choose another --name")
    try:
        if given:
            connecting.add_secrets(name, given, by=person(), shop_id=place.pk, keep_old=rotate)
        connecting.change(name, by=person(), shop_id=place.pk, settings=_sealed(settings), is_active=True)
    except connecting.ConnectionRefused as refusal:
        raise Failed(str(refusal)) from refusal


def _sealed(settings: dict[str, str]) -> dict[str, str]:
    """A token is a secret too."""
    from sereno.store.secrets import encrypt

    return {**settings, "token": encrypt([settings["token"]])} if "token" in settings else settings


def _by_generic(kind: str, shop: str | None, name: str | None) -> str:
    words = ["sereno", "connect", "generic", "--name", name or kind]
    if shop:
        words += ["--shop", shop]
    if kind in REACHED_BY_GENERIC:
        header, encoding, prefix, topic, delivery = REACHED_BY_GENERIC[kind]
        words += ["--signature-header", header, "--signature-encoding", encoding]
        words += ["--signature-prefix", prefix] if prefix else []
        words += ["--topic-header", topic]
        words += ["--delivery-header", delivery] if delivery else []
    return f"{kind} has no connector of its own yet; connect it as generic:\n  {shlex.join(words)} --secret ..."


@connection.command(name="list")
def list_connections(*, json: Json = False) -> None:
    """List the connections and their addresses."""
    host().prepare()
    database.ready()
    from sereno.store.models import Connection

    base = host().settings().base_url
    rows = [
        {
            "name": row.name,
            "kind": row.kind,
            "shop": row.shop.slug,
            "url": f"{base}/hooks/{row.name}",
            "is_active": row.is_active,
            "created_at": instant(row.created_at),
        }
        for row in Connection.objects.select_related("shop").order_by("name")
    ]
    if json:
        emit(rows)
    else:
        columns = ["NAME", "KIND", "SHOP", "ADDRESS", "ACTIVE", "SINCE"]
        table(columns, [list(row.values()) for row in rows], empty="None. `sereno connect KIND` makes one.")


connection.command(store_access.access)
connection.command(tools.lists)


@connection.command(name="off")
def switch_off(name: str, /) -> None:
    """Take nothing more from a connection: the door answers 404.

    Parameters
    ----------
    name
        The connection.
    """
    _switch(name, False)


@connection.command(name="on")
def switch_on(name: str, /) -> None:
    """Take a connection's deliveries again.

    Parameters
    ----------
    name
        The connection.
    """
    _switch(name, True)


def _switch(name: str, is_active: bool) -> None:
    host().prepare()
    database.ready()
    from sereno.runtime import connecting
    from sereno.store.models import Connection

    held = Connection.objects.filter(name=name).first()
    if held is None:
        raise no_such("connection", name, list(Connection.objects.order_by("name").values_list("name", flat=True)))
    try:
        connecting.change(name, by=person(), shop_id=held.shop_id, is_active=is_active)
    except connecting.ConnectionRefused as refusal:
        raise Failed(str(refusal)) from refusal
    say(f"{name} is {'on' if is_active else 'off'}.")
