"""What an action lacks in this shop before it can do its work: said in its form, with where to mend it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from django.urls import reverse
from django.utils.translation import gettext as _

from sereno.web.builder.forms.controls import Note
from sereno.web.wiring import wiring

if TYPE_CHECKING:
    from sereno.store.models import Shop


def notes(shop: Shop, action: str, config: Any) -> list[Note]:
    found: list[Note] = []
    settings = shop.settings if isinstance(shop.settings, Mapping) else {}
    given = config if isinstance(config, Mapping) else {}
    channel = str(given.get("channel") or "email")
    if action == "alerts.notify" and channel == "slack" and not settings.get("slack_webhook"):
        found.append(_said(_("Slack is not connected: set the shop's slack_webhook to the address Slack gave you.")))
    if action == "alerts.notify" and channel == "email" and not settings.get("alert_email"):
        found.append(_said(_("The shop has no alert address yet: set its alert_email, or name somebody here.")))
    by_mail = action == "messages.send_email" or (action == "alerts.notify" and channel != "slack")
    if by_mail and not wiring().can_mail:
        text = _("No mail server is set: set SERENO_SMTP_URL where Sereno runs. Until then nothing is sent from here.")
        found.append(Note("lamp", text))
    return found


def _said(text: str) -> Note:
    return Note("lamp", text, reverse("connections"), _("Connections"))
