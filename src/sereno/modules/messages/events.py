"""What comes back for a message, as the mail provider tells it (by its webhook, say); and the mail that asks for a confirmation."""
# ruff: noqa: E501 - a mail's lines are as long as they are

from __future__ import annotations

from sereno.commerce.records import CONSENT_REQUEST, MESSAGE_ANSWER
from sereno.sdk.plugin import derived_flow, event

OF_CUSTOMER = frozenset({"customer"})

event(
    "message.complained",
    description="The reader marked a message as spam; the address is not written to any more.",
    data=MESSAGE_ANSWER,
    supplies=OF_CUSTOMER,
)
event(
    "message.bounced",
    description="A message could not be delivered; a dead address is not written to any more.",
    data=MESSAGE_ANSWER,
    supplies=OF_CUSTOMER,
)
for _name, _what in {
    "message.sent": "A message went out.",
    "message.delivered": "A message arrived in a mailbox, as the mail provider says.",
    "message.opened": "A message was opened: once by a person, and once by a machine at most (`is_machine`).",
    "message.clicked": "A link of a message was followed: each once by a person, and once by a machine at most.",
    "message.unsubscribed": "The reader left marketing by a link or button of a message.",
}.items():
    _seen = "customer" if _name in ("message.opened", "message.clicked") else None
    event(_name, description=_what, data=MESSAGE_ANSWER, supplies=OF_CUSTOMER, projects=_seen)
event(
    "consent.requested",
    description="An address was given for marketing; its owner is asked to confirm it.",
    data=CONSENT_REQUEST,
    supplies=OF_CUSTOMER,
)
derived_flow(
    "confirm-subscription",
    """\
flow: confirm-subscription
name: Ask whether a subscription is meant
trigger: {event: consent.requested}
key: event.email
reentry: {after: 5m}
steps:
  - messages.send_email:
      to: "{{ event.email }}"
      purpose: transactional
      subject: >-
        {% case event.language %}{% when 'es' %}Confirma tu suscripción a {{ store.name }}{% when 'pt' %}Confirma a tua
        subscrição de {{ store.name }}{% when 'ro' %}Confirmă abonarea la {{ store.name }}{% else %}Please confirm your
        subscription to {{ store.name }}{% endcase %}
      text: |
        {% case event.language %}{% when 'es' %}Alguien, esperamos que tú, ha pedido recibir noticias de {{ store.name }} en esta dirección. Si es así, confírmalo aquí:
        {% when 'pt' %}Alguém, esperamos que tu, pediu para receber notícias de {{ store.name }} neste endereço. Se é assim, confirma aqui:
        {% when 'ro' %}Cineva, sperăm că tu, a cerut să primească noutăți de la {{ store.name }} la această adresă. Dacă este așa, confirmă aici:
        {% else %}Somebody, we hope it was you, asked for news from {{ store.name }} at this address. If so, confirm it here:
        {% endcase %}
        {{ store.base_url }}/confirm/{{ event.token }}

        {% case event.language %}{% when 'es' %}Si no has sido tú, no hagas nada: no te escribiremos.{% when 'pt' %}Se não foste tu, não faças nada: não te escreveremos.{% when 'ro' %}Dacă nu ai fost tu, nu face nimic: nu îți vom scrie.{% else %}If it was not you, do nothing: we will not write.{% endcase %}
""",
)
