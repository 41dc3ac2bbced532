"""Posts of the demo on three networks: four months that were counted, three planned, a draft. Its accounts have
no true keys, so nothing leaves; what is planned is days away."""

from __future__ import annotations

import random
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

ACCOUNTS = (
    ("mastodon", "Casa Azahar", {"token": "demo"}, {"server": "https://mastodon.example"}, 1.0),
    ("bluesky", "casa-azahar.example", {"password": "demo"}, {"handle": "casa-azahar.example"}, 0.6),
    ("telegram", "@casaazahar", {"token": "123456789:" + "A" * 35}, {"channel": "@casaazahar"}, 0.0),
)
WEBSITE = "https://casa-azahar.example"
PAST = (
    "Recién salidos del horno: los cuencos de la serie Niebla. 🤍 #cerámica",
    "Cómo se esmalta una jarra en seis pasos, con las manos llenas de barro.",
    "Hoy abrimos el taller: pasad a ver el torno en marcha.",
    "La tetera que más nos habéis pedido ha vuelto. Quedan doce. #hechoamano",
    "¿Plato hondo o cuenco? En casa no nos ponemos de acuerdo.",
    "Gracias, Sevilla. Volvemos de la feria con las cajas vacías.",
    "Un gris de piedra mojada que no sale dos veces igual. #esmalte",
    "Detrás de cada taza hay tres semanas de secado. Merece la pena.",
)
COMING = (
    (2, "18:30", "El calendario de Adviento de la casa: una pieza pequeña cada día. #cerámica", 7),
    (4, "09:00", "Últimos días para encargar a tiempo de Navidad.", 0),
    (9, "12:00", "Abrimos el horno en directo el jueves por la tarde. ¿Qué quieres ver?", 0),
)
DRAFT = "Rebajas de enero: pensar qué enseñamos primero."
FIRST, EACH = timedelta(days=124), timedelta(days=2)


def write(shop_id: int, by: str, end: datetime, zone: ZoneInfo) -> None:
    """All of them."""
    from sereno.engine.durations import format_instant
    from sereno.runtime.social import accounts, writing
    from sereno.runtime.social.plan import read_habits, read_written

    held = {
        accounts.connect(shop_id, network, access, settings, by=by, title=title).id: size
        for network, title, access, settings, size in ACCOUNTS
    }
    habits = {"times": ["tue 18:30", "thu 09:00", "sun 19:00"], "approver": ""}
    writing.set_habits(shop_id, read_habits(habits), by)
    _past(shop_id, by, held, end, zone)
    for days, hour, text, every in COMING:
        local = (end + timedelta(days=days)).astimezone(zone)
        at = local.replace(hour=int(hour[:2]), minute=int(hour[3:]), second=0, microsecond=0)
        plan: dict[str, Any] = {"kind": "at", "at": format_instant(at), "every": every}
        post = {"text": text, "link": f"{WEBSITE}/novedades", "accounts": list(held), "plan": plan}
        writing.schedule(shop_id, writing.create(shop_id, read_written(post), by), by)
    writing.create(shop_id, read_written({"text": DRAFT, "accounts": list(held)}), by)


def _past(shop_id: int, by: str, held: dict[int, float], end: datetime, zone: ZoneInfo) -> None:
    from sereno.modules.social.models import SocialAccount, SocialCopy, SocialPost

    lot = random.Random(11)  # noqa: S311
    networks = dict(SocialAccount.objects.filter(shop_id=shop_id).values_list("pk", "network"))
    posts: list[SocialPost] = []
    at = end - FIRST
    while at < end - EACH:
        hour = lot.choice((9, 12, 14, 18, 19))
        when = at.astimezone(zone).replace(hour=hour, minute=lot.choice((0, 30)), second=0, microsecond=0)
        text = PAST[len(posts) % len(PAST)]
        posts.append(
            SocialPost(
                shop_id=shop_id, title=text.partition(".")[0][:200], texts={"": text}, accounts=list(held),
                plan={"kind": "slot"}, status="published", revision=2, at=when, by=by, made_at=when, changed_at=when,
            )
        )  # fmt: skip
        at += EACH * lot.choice((1, 1, 2))
    SocialPost.objects.bulk_create(posts)
    copies: list[SocialCopy] = []
    for number, post in enumerate(posts):
        good = (2.2 if post.at.astimezone(zone).hour >= 18 else 1.0) * lot.uniform(0.6, 1.5)
        for account, size in held.items():
            copy = SocialCopy(
                shop_id=shop_id, post=post.pk, account=account, network=networks[account], text=post.texts[""],
                status="published", provider_id=f"{post.pk}", at=post.at, begun_at=post.at, published_at=post.at,
            )  # fmt: skip
            if size:
                copy.likes, copy.reposts, copy.replies = round(26 * good * size), round(5 * good * size), number % 4
                copy.measured_at = min(post.at + timedelta(days=7), end)
            copies.append(copy)
    SocialCopy.objects.bulk_create(copies)
