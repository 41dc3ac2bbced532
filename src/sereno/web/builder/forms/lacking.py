"""What an action lacks in this shop before it can do its work: said in its form, with where to mend it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from django.urls import reverse
from django.utils.translation import gettext as _

from sereno.runtime.stores.abilities import kinds_of, lack_of, words_of
from sereno.sdk.plugin import registry
from sereno.store.database import default_database
from sereno.web.builder.forms.controls import Note
from sereno.web.connecting.words import platform
from sereno.web.wiring import wiring

if TYPE_CHECKING:
    from sereno.store.models import Shop


class StoreLacks:
    """Why an action can do nothing in the shop's own platform, in words; one query for all that are asked."""

    def __init__(self, shop: Shop) -> None:
        self._shop = shop
        self._kinds: list[str] | None = None

    def of(self, action: str) -> str:
        """ "" when nothing is lacking."""
        definition = registry().actions.get(action)
        if definition is None or definition.ability is None:
            return ""
        if self._kinds is None:
            with default_database().read() as tx:
                self._kinds = kinds_of(tx, self._shop.pk)
        lack = lack_of(registry(), self._kinds, action)
        if lack is None:
            return ""
        if lack.code == "store.none":
            return _("No store may be written to yet: give a connection a key.")
        if lack.code == "tool.none":
            return _("No tool is connected that can do this: connect one, and give it a key.")
        there = ", ".join(platform(kind) for kind in lack.kinds)
        return _("Not possible in %(platforms)s: %(what)s.") % {
            "platforms": there,
            "what": _(words_of(lack.ability)).lower(),
        }


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
    if lack := StoreLacks(shop).of(action):
        found.append(_said(lack))
    return found


def _said(text: str) -> Note:
    return Note("lamp", text, reverse("connections"), _("Connections"))
