"""Makes the demo shop: the shop itself, its owner, its three connections, its flows."""

from __future__ import annotations

import re
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from sereno.site.demo import catalogue, world
from sereno.site.demo.gateway import SECRET, SENDER, TOKEN, Gateway
from sereno.site.demo.signing import NAMES, NAMESPACES

SETTINGS = {
    "abandoned_after": "1h",
    "low_stock_threshold": 5,
    "high_value_amount": 200,
    "sender_name": "Casa Azahar",
    "sender_email": "hola@casa-azahar.example",
    "alert_email": "almacen@casa-azahar.example",
    "support_email": "hola@casa-azahar.example",
    "support_phone": "+34 910 000 000",
    "website": "https://casa-azahar.example",
    "postal_address": "Calle de la Palma 12, 28004 Madrid",
    "recovery_code": "AZAHAR10",
    "recovery_percent": 10,
    "self_service": {
        "is_on": True,
        "minutes": 720,
        "until": "label",
        "can": ["address", "items", "cancel"],
        "takes_more": False,
        "pay_url": "",
    },
    "reviews": [
        {"text": "Llegó en dos días y mejor envuelto que un regalo.", "author": "Lucía, Sevilla", "rating": 5},
        {"text": "Lo uso a diario desde hace un año y sigue como nuevo.", "author": "Jordi, Girona", "rating": 5},
        {"text": "Se nota la mano de quien lo hace.", "author": "Inês, Lisboa", "rating": 4},
    ],
}


THANKS = """\
flow: personal-thanks
name: Personal thanks for big orders
description: Asks the owner before a personal note goes out with an order of 250 euro or more.
trigger: {event: order.paid, when: order.total >= 250}
reentry: once
exit: [order.cancelled]
steps:
  - approve:
      by: owner
      text: "Put a handwritten note into {{ order.number }} for {{ customer.first_name }}, {{ order.total | money }}?"
      timeout: 2d
      then:
        - orders.add_tag: {tag: handwritten-note}
        - alerts.notify: {channel: email, text: "Please put a handwritten note into {{ order.number }}."}
"""
"""A flow of the shop's own, so that a question waits on the page of what needs a person."""


AGAIN = f"""\
flow: {world.AGAIN}
name: A second order
description: Some days after an order was paid, what goes well with it. Two ways of writing are compared.
trigger: {{event: order.paid}}
key: customer.id
reentry: {{after: 60d}}
exit: [order.cancelled]
control: {{share: {world.NOT_ASKED}, window: 30d}}
steps:
  - wait: 5d
  - split:
      weights: {{short: 50, story: 50}}
      short:
        - messages.send_email:
            subject: "Lo que va bien con tu pedido"
            text: "Hola, {{{{ customer.first_name }}}}: tres piezas que van bien con tu pedido te esperan en la tienda."
            purpose: marketing
      story:
        - messages.send_email:
            subject: "Cómo se hace tu cerámica"
            text: "Hola, {{{{ customer.first_name }}}}: así se hace lo que compraste, y esto va bien con ello."
            purpose: marketing
"""
"""A flow of the shop's own that reaches enough people for its results to say something."""
COURIER = """\
flow: courier-by-text
name: The courier comes today, by text message
description: Who has bought before hears of the courier by telephone as well.
trigger: {event: shipment.out_for_delivery, when: customer.phone != null && customer.order_count >= 2}
key: order.id
reentry: once
exit: [order.cancelled]
steps:
  - messages.send_sms:
      text: "{{ store.name }}: hoy te llega el pedido {{ order.number }}. Si no estás, dínoslo."
      purpose: transactional
"""
"""A flow of the shop's own for its text messages; it begins with the present."""
MEASURED, SHARE = world.CARTS
GROUP = f"control: {{share: {SHARE}, window: 7d}}"


LATER = frozenset(
    {
        "buying-out-limit",
        "risk-learning",
        "capture-payment",
        "cash-to-prepaid",
        "customer-changes",
        "equal-prices",
        "equal-texts",
        "even-out-stock",
        "hide-sold-out",
        "product-launch",
        "purchase-approval",
        "purchase-chase",
        "purchase-declined",
        "purchase-late",
        "reorder",
        "restricted-zone",
        "sort-products",
        "stock-badge",
        "tell-all-stores",
    }
)
"""Flows that write to the stores, or wait for what only the shop can say: they begin with the present, in shadow."""


@dataclass(frozen=True, slots=True)
class Made:
    """What the history is brought into."""

    shop_id: int
    database: Any
    ports: Any
    rows: dict[str, int]

    def connections(self, plugins: Any) -> dict[str, tuple[int, Any, dict[str, Any]]]:
        return {
            channel: (row, plugins.connectors.get(channel), settings_of(channel)) for channel, row in self.rows.items()
        }


def settings_of(channel: str) -> dict[str, Any]:
    """Of a connection of this platform."""
    namespace = NAMESPACES.get(channel)
    return {"namespace": namespace} if namespace else {}


def make_shop(owner: str, folder: Path) -> Made:
    """Everything but the past. The owner's password is kept in `folder`."""
    from sereno.cli.database import apply_migrations
    from sereno.cli.people import save_user
    from sereno.runtime import services
    from sereno.sdk.templates import shipped_flows
    from sereno.site.composition import build_ports
    from sereno.store.database import default_database
    from sereno.store.models import Connection, Flow, FlowVersion, Shop
    from sereno.store.secrets import encrypt

    apply_migrations()
    services.create_shop(
        slug=catalogue.SLUG,
        name=catalogue.NAME,
        currency="EUR",
        timezone="Europe/Madrid",
        locale="es",
        settings=SETTINGS,
    )
    shop = Shop.objects.get(slug=catalogue.SLUG)
    long_ago = datetime.now(UTC) - timedelta(days=366)
    Shop.objects.filter(pk=shop.pk).update(created_at=long_ago)
    password = secrets.token_urlsafe(9)
    path = folder / "password"
    path.touch(mode=0o600)
    path.write_text(password + "\n")
    save_user(owner, "owner", [shop], password)
    rows = {}
    for channel, name in NAMES.items():
        row = Connection.objects.create(
            shop=shop,
            name=name,
            kind=channel,
            secrets=encrypt([secrets.token_urlsafe(24)]),
            settings=settings_of(channel),
            created_at=long_ago,
        )
        rows[channel] = row.pk
    own = (("personal-thanks", THANKS), (world.AGAIN, AGAIN))
    shipped = [(flow.name, flow.text) for flow in shipped_flows() if flow.name not in LATER]
    for name, text in (*shipped, *own):
        services.save_draft(shop.pk, measured(text) if name == MEASURED else text)
        services.publish(shop.pk, name, owner, "our own" if (name, text) in own else "from the library")
    Flow.objects.filter(shop=shop).update(created_at=long_ago)
    FlowVersion.objects.filter(flow__shop=shop).update(published_at=long_ago)
    from django.conf import settings

    return Made(shop.pk, default_database(), build_ports(settings.ENVIRONMENT), rows)


def connection_secrets() -> dict[str, tuple[str, dict[str, Any]]]:
    """Platform -> (the secret, the settings) of the demo's connections."""
    from sereno.store.models import Connection
    from sereno.store.secrets import decrypt

    return {
        row.kind: (decrypt(row.secrets)[0], row.settings) for row in Connection.objects.filter(name__in=NAMES.values())
    }


def open_office(port: int) -> None:
    """Let Sereno write to the invented store, whose own interface answers on this machine at `port` until it stops."""
    from sereno.modules.http.client import GuardedHttp
    from sereno.runtime.stores.permitting import give_access
    from sereno.site.demo import backoffice

    shop, host = _let_out(port)
    values = {"shop": f"http://{host}", "token": backoffice.TOKEN}
    give_access(NAMES["shopify"], values, by="demo", shop_id=shop.pk, http=GuardedHttp([host]))


def open_gateway(gateway: Gateway, base_url: str) -> None:
    """Let Sereno hand its text messages to the invented telephone network of this start."""
    from sereno.runtime.channels import keeping

    shop, host = _let_out(gateway.port)
    access = {"url": f"http://{host}/", "token": TOKEN, "secret": SECRET}
    told = keeping.connect(shop.pk, "texts", access, {"sender": SENDER}, by="demo", base_url=base_url)
    gateway.tell_at(told.hook.removeprefix(base_url))


def _let_out(port: int) -> tuple[Any, str]:
    """The shop, and the place on this machine that it may call from now on."""
    from sereno.store.models import Shop

    host = f"127.0.0.1:{port}"
    shop = Shop.objects.get(slug=catalogue.SLUG)
    shop.settings = {**shop.settings, "allowed_hosts": [*shop.settings.get("allowed_hosts", ()), host][-2:]}
    shop.save(update_fields=["settings"])
    return shop, host


@contextmanager
def hurried(database: Any) -> Iterator[None]:
    """While the past is made, nothing needs to survive a power cut: a first start that is cut short begins anew."""
    if database.dialect != "sqlite":
        yield
        return
    database.connection().execute("PRAGMA synchronous=OFF")
    try:
        yield
    finally:
        database.connection().execute("PRAGMA wal_checkpoint(TRUNCATE)")
        database.connection().execute("PRAGMA synchronous=FULL")


def quicken(made: Made, owner: str) -> None:
    """From now on the shop lives faster than life: who leaves a cart hears of it within minutes, not days."""
    from sereno.runtime import installing, services
    from sereno.sdk.templates import shipped_flow
    from sereno.store.models import Shop

    shop = Shop.objects.get(pk=made.shop_id)
    shop.settings = {**shop.settings, "abandoned_after": "1m"}
    shop.save(update_fields=["settings"])
    recovery = shipped_flow(MEASURED)
    assert recovery is not None
    services.save_draft(shop.pk, shortened(measured(recovery.text)))
    services.publish(shop.pk, recovery.name, owner, "for the demo: minutes instead of hours and days")
    services.save_draft(shop.pk, COURIER)
    services.publish(shop.pk, "courier-by-text", owner, "our own")
    for name in sorted(LATER):
        if (flow := shipped_flow(name)) is not None:
            installing.install(shop.pk, flow, shop.locale, "shadow", owner)


def measured(text: str) -> str:
    """The flow with the demo's control group, so that its results have something to say."""
    return text.replace("steps:\n", f"{GROUP}\nsteps:\n", 1)


def shortened(text: str) -> str:
    """The flow with waits of one to four minutes for those of hours and days."""
    minutes = {"h": "1m", "d": "3m"}
    return re.sub(r"(?m)^(\s*- wait: )\d+([hd])$", lambda found: found[1] + minutes[found[2]], text)
