"""Lead forms of the demo: two in the storefront, one of them in two variants, and who came by them. Invented like its
customers; the same shop, the same people."""

from __future__ import annotations

import random
from datetime import UTC, datetime

OFFER, ASK = "welcome-offer", "ask-us"
OTHER = {
    "title": {"es": "Un detalle para empezar", "en": "A small present to begin with"},
    "button": {"es": "Lo quiero", "en": "Yes, please"},
}
DAYS = 60
SENT = (
    ("Nuria Campos", "nuria.campos@example.com", "now", "Un regalo de boda, algo para la mesa."),
    ("Tiago Matos", "tiago.matos@example.com", "soon", "Uma taça grande para o pequeno-almoço."),
    ("Irina Pop", "irina.pop@example.com", "looking", ""),
    ("Sergio Luna", "sergio.luna@example.com", "now", "¿La jarra aguanta el lavavajillas?"),
    ("Grace Miller", "grace.miller@example.com", "soon", "Six bowls that go with grey linen."),
    ("Pilar Otero", "pilar.otero@example.com", "looking", "De momento solo miro."),
)


def write(shop_id: int, by: str, end: datetime) -> None:
    """All of it."""
    from sereno.modules.forms import reading, services
    from sereno.modules.forms.models import FormCount, ShopForm
    from sereno.runtime.forms import taking
    from sereno.runtime.forms.taking import Consent, Sent, View
    from sereno.store.fields import to_micros

    lot = random.Random(23)  # noqa: S311 - believable, not secret
    for name in (OFFER, ASK):
        document = reading.write(reading.shipped()[name])
        services.save(shop_id, name, {**document, "other": OTHER} if name == OFFER else document, by)
        services.set_open(shop_id, name, True, by)
    ShopForm.objects.filter(shop_id=shop_id, name=OFFER).update(compared_since=end.replace(day=1))
    today = end.toordinal() - datetime(1970, 1, 1, tzinfo=UTC).toordinal()
    counts = [
        FormCount(shop_id=shop_id, form=name, variant=variant, day=today - back, views=views, submits=submits)
        for back in range(1, DAYS + 1)
        for name, variant, most, share in ((OFFER, "a", 34, 0.055), (OFFER, "b", 34, 0.09), (ASK, "", 22, 0.04))
        for views in (lot.randint(most // 2, most),)
        for submits in (sum(lot.random() < share for _ in range(views)),)
    ]
    FormCount.objects.bulk_create(counts)
    form = reading.shipped()[ASK]
    words = next(one.label["es"] for one in form.fields if one.kind == "consent")
    for at, (name, email, when, question) in enumerate(SENT):
        values = {"when": [when], "question": [question], "email": [email], "name": [name]}
        given, _wrong = reading.read_given(form, values)
        taking.begin(shop_id, ASK, "")
        view = View(ASK, "", f"demo{at}", to_micros(end))
        sent = Sent(
            given.answers,
            email,
            name=name,
            consents=(Consent("email", words),) if at % 3 else (),
            points=reading.points_of(form, given),
            page="/novedades",
            locale="es",
        )
        taking.take(shop_id, view, sent)
