"""Who keeps a mailbox: the few providers behind most addresses, and all others as one.

Invariant: there are few answers, so that what is counted or held back by provider stays small however many domains
the customers have.
"""

from __future__ import annotations

OTHER = "other"
_PROVIDERS = {
    "google": "gmail.com googlemail.com",
    "microsoft": "outlook.com hotmail.com live.com msn.com hotmail.es hotmail.fr hotmail.it hotmail.de hotmail.co.uk "
    "outlook.es outlook.pt outlook.fr outlook.de live.com.pt live.fr live.nl live.co.uk passport.com",
    "yahoo": "yahoo.com ymail.com rocketmail.com aol.com yahoo.es yahoo.fr yahoo.it yahoo.de yahoo.ro yahoo.co.uk "
    "yahoo.com.br yahoo.com.mx yahoo.com.ar",
    "apple": "icloud.com me.com mac.com",
    "proton": "proton.me protonmail.com pm.me",
    "gmx": "gmx.de gmx.net gmx.at gmx.ch gmx.com web.de mail.com",
    "telekom": "t-online.de magenta.de",
    "orange": "orange.fr wanadoo.fr",
    "free": "free.fr",
    "laposte": "laposte.net",
    "libero": "libero.it virgilio.it iol.it",
    "sapo": "sapo.pt",
    "telefonica": "telefonica.net terra.es movistar.es",
    "seznam": "seznam.cz email.cz",
    "wp": "wp.pl o2.pl",
    "yandex": "yandex.ru yandex.com ya.ru",
    "mailru": "mail.ru inbox.ru list.ru bk.ru",
}
_OF = {domain: name for name, domains in _PROVIDERS.items() for domain in domains.split()}
PROVIDERS = (*_PROVIDERS, OTHER)


def mailbox_provider(address: str) -> str:
    """One of PROVIDERS."""
    return _OF.get(address.rpartition("@")[2].strip().lower(), OTHER)
