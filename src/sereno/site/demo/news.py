"""Two newsletters of the demo: one that went out ten days ago, with what came of it, and a draft."""

from __future__ import annotations

from collections import Counter
from datetime import datetime, timedelta
from random import Random
from typing import Any

from sereno.store.fields import to_micros

SENT_BEFORE = timedelta(days=10)
WORDS = {
    "en": ("Autumn is at the table", "New bowls, and the last of the summer jugs", "Autumn is at the table",
           "The first bowls of the season are out of the kiln, in the grey of wet stone and the brown of chestnuts.",
           "See what is new"),
    "es": ("El otoño ya está en la mesa", "Cuencos nuevos y las últimas jarras", "El otoño ya está en la mesa",
           "Los primeros cuencos de la temporada ya han salido del horno, del gris de la piedra mojada y del castaño.",
           "Ver las novedades"),
    "pt": ("O outono já está à mesa", "Taças novas e os últimos jarros do verão", "O outono já está à mesa",
           "As primeiras taças da estação já saíram do forno, no cinzento da pedra molhada e no castanho.",
           "Ver as novidades"),
    "ro": ("Toamna e deja pe masă", "Boluri noi și ultimele căni de vară", "Toamna e deja pe masă",
           "Primele boluri ale sezonului au ieșit din cuptor, în griul pietrei ude și în maroul castanelor.",
           "Vezi noutățile"),
}  # fmt: skip
SECOND = {"es": "Cuencos recién salidos del horno"}


def write(shop_id: int, by: str, end: datetime) -> None:
    """Both of them."""
    from sereno.runtime.newsletters import changing

    _sent(shop_id, by, end - SENT_BEFORE)
    draft = {
        "name": "Adviento",
        "message": "inactive-news",
        "audience": {"when": "customer.order_count >= 2"},
        "schedule": {"kind": "local", "local": f"{(end + timedelta(days=4)).date().isoformat()}T09:00"},
        "trial": {"share": 20, "wait": "4h", "metric": "opened", "subjects": SECOND},
    }
    changing.create(shop_id, changing.read_written(draft), by)


def _sent(shop_id: int, by: str, at: datetime) -> None:
    from sereno.modules.customers.models import Customer
    from sereno.modules.messages import documents
    from sereno.modules.messages.documents import Block, Document
    from sereno.modules.newsletters.models import Newsletter, NewsletterCount, NewsletterPiece
    from sereno.runtime.newsletters import changing
    from sereno.runtime.newsletters.trials import Arm, judge, variant_of
    from sereno.sdk.mailboxes import mailbox_provider

    texts = {
        language: {"subject": subject, "preview": preview, "b1.text": heading, "b2.text": text, "b3.label": label}
        for language, (subject, preview, heading, text, label) in WORDS.items()
    }
    link = {"link": "{{ store.website }}"}
    blocks = (Block("b1", "heading"), Block("b2", "text"), Block("b3", "button", link))
    document = documents.write(Document("email", "marketing", "customer", ("es", "en", "pt", "ro"), blocks, texts))
    plan: dict[str, Any] = {
        "name": "Otoño",
        "trial": {"share": 40, "wait": "4h", "metric": "opened", "subjects": SECOND},
        "is_public": True,
    }
    id_ = changing.create(shop_id, changing.read_written(plan), by)
    lot, counts = Random(7), Counter[tuple[str, str]]()  # noqa: S311
    people = Customer.objects.filter(shop_id=shop_id).only("key", "email", "accepts_email").order_by("key")
    pieces: dict[str, NewsletterPiece] = {}
    for one in people.iterator():
        if not one.email or not one.accepts_email or one.email in pieces:
            reason = (
                "address.missing"
                if not one.email
                else "consent.refused"
                if not one.accepts_email
                else "newsletter.twice"
            )
            counts["", f"left:{reason}"] += 1
            continue
        variant = variant_of(id_, one.key, 40)
        when = at if variant else at + timedelta(hours=4)
        pieces[one.email] = _piece(id_, shop_id, one.key, one.email, mailbox_provider(one.email), variant, when, lot)
    for piece in pieces.values():
        for name, is_so in _answers(piece).items():
            counts[piece.variant, name] += is_so
    NewsletterPiece.objects.bulk_create(pieces.values(), batch_size=1000)
    arms = [Arm(counts[arm, "sent"], counts[arm, "opened"]) for arm in "ab"]
    verdict = judge(*arms)
    NewsletterCount.objects.bulk_create(
        NewsletterCount(newsletter_id=id_, variant=variant, name=name, number=number)
        for (variant, name), number in counts.items()
        if number
    )
    Newsletter.objects.filter(pk=id_).update(
        status="sent", document=document, created_at=at - timedelta(days=1), changed_at=at, started_at=at,
        finished_at=at + timedelta(hours=4, minutes=3), winner=verdict.winner or "a",
        verdict=verdict.document("opened"),
    )  # fmt: skip


def _piece(
    id_: int, shop_id: int, person: str, address: str, provider: str, variant: str, at: datetime, lot: Random
) -> Any:
    from sereno.modules.newsletters.models import NewsletterPiece

    is_good = lot.random() < (0.46 if variant == "b" else 0.37)
    opened = at + timedelta(minutes=lot.randint(3, 4000)) if is_good else None
    clicked = opened + timedelta(seconds=lot.randint(5, 300)) if opened and lot.random() < 0.22 else None
    is_machine = lot.random() < 0.18
    bounced = lot.random() < 0.006
    return NewsletterPiece(
        newsletter_id=id_, shop_id=shop_id, person=person, address=address, provider=provider, variant=variant,
        status="sent", due_at=to_micros(at), sent_at=to_micros(at), delivered_at=None if bounced else to_micros(at),
        opened_at=None if bounced or opened is None else to_micros(opened),
        machine_opened_at=to_micros(at + timedelta(seconds=2)) if is_machine and not bounced else None,
        clicked_at=None if bounced or clicked is None else to_micros(clicked),
        trouble="bounced" if bounced else "unsubscribed" if opened and lot.random() < 0.01 else None,
    )  # fmt: skip


def _answers(piece: Any) -> dict[str, bool]:
    return {
        "pieces": True,
        "sent": True,
        "delivered": piece.delivered_at is not None,
        "opened": piece.opened_at is not None,
        "machine_opened": piece.machine_opened_at is not None,
        "clicked": piece.clicked_at is not None,
        "bounced": piece.trouble == "bounced",
        "unsubscribed": piece.trouble == "unsubscribed",
    }
