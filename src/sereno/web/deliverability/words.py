"""Words for what becomes of mail, what a name service says of a sending domain, and what to do about either."""

from __future__ import annotations

from django.utils.functional import Promise
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from sereno.web.words import Word

PROVIDERS: dict[str, str | Promise] = {
    "google": "Gmail",
    "microsoft": "Outlook, Hotmail",
    "yahoo": "Yahoo, AOL",
    "apple": "iCloud",
    "proton": "Proton",
    "gmx": "GMX, web.de",
    "telekom": "T-Online",
    "orange": "Orange",
    "free": "Free",
    "laposte": "La Poste",
    "libero": "Libero",
    "sapo": "Sapo",
    "telefonica": "Telefónica",
    "seznam": "Seznam",
    "wp": "WP, o2",
    "yandex": "Yandex",
    "mailru": "Mail.ru",
    "other": _("All others"),
}
ADVICE: dict[str, str | Promise] = {
    "bounced": _(
        "Too many addresses are dead. They are not written to again; find out where they come from, and ask new "
        "subscribers to confirm."
    ),
    "bounced_soft": _("Many mails are put off. Send fewer a day for a while: begin a warm-up below."),
    "complained": _(
        "Too many readers mark your mail as spam. Write only to those who opened or bought of late, and make leaving "
        "easy."
    ),
}
CHECKS: dict[str, tuple[Word, str | Promise]] = {
    "spf.ok": (Word(_("In order"), "circle-check", "ok"), ""),
    "spf.missing": (
        Word(_("Missing"), "circle-alert", "bad"),
        _("Publish a text record at the domain that names your mail server, such as v=spf1 include:… -all."),
    ),
    "spf.several": (
        Word(_("More than one"), "circle-alert", "bad"),
        _("There may be one SPF record alone: put them together into one."),
    ),
    "spf.open": (
        Word(_("Open to all"), "circle-alert", "bad"),
        _("It lets anybody send in your name: end it with -all or ~all."),
    ),
    "spf.too_many": (
        Word(_("Too many questions"), "triangle-alert", "lamp"),
        _("It makes receivers ask more than ten times, and counts for nothing then: take an include out."),
    ),
    "dkim.ok": (Word(_("In order"), "circle-check", "ok"), ""),
    "dkim.missing": (
        Word(_("Missing"), "circle-alert", "bad"),
        _("Publish the text record shown below, wait a few minutes, and check again."),
    ),
    "dkim.other_key": (
        Word(_("Another key"), "circle-alert", "bad"),
        _("A record is there with a key that is not ours: replace it by the one shown below."),
    ),
    "dmarc.ok": (Word(_("In order"), "circle-check", "ok"), ""),
    "dmarc.watching": (
        Word(_("Watching only"), "eye", "info"),
        _("Good to begin with. Once all your mail is signed, change p=none to p=quarantine."),
    ),
    "dmarc.missing": (
        Word(_("Missing"), "circle-alert", "bad"),
        _("Publish a text record at _dmarc and the domain, to begin with: v=DMARC1; p=none."),
    ),
}
FOLLOW: tuple[tuple[str, str | Promise], ...] = (
    ("marketing", _("In marketing mail")),
    ("all", _("In all mail")),
    ("off", _("Never")),
)


def provider(name: str) -> str:
    return str(PROVIDERS.get(name, name))


def refusal(code: str) -> str:
    known = {
        "domain.invalid": gettext("Write the domain alone, such as shop.example."),
        "domain.there": gettext("This domain is there already."),
        "domain.many": gettext("There are as many domains as fit: take one away first."),
        "domain.gone": gettext("This domain is not among yours any more."),
    }
    return known.get(code, code)
