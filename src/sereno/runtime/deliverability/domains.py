"""The domains a shop sends from: the key its mail is signed with, and what name servers say of SPF, DKIM and DMARC.

Invariant: a key leaves this house in signatures only; a mail is signed once the record that proves it was seen, or a
person says so. Every change stands in the audit.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sereno.runtime.deliverability.names import NamesUnavailable, resolver
from sereno.runtime.staff import audit, open_staff
from sereno.sdk.dkim import is_domain, make_key, record_of
from sereno.store.database import Database
from sereno.store.documents import decode, encode
from sereno.store.fields import from_micros, to_micros
from sereno.store.secrets import encrypt

Texts = Callable[[str], list[str]]
MOST_DOMAINS = 20
MOST_LOOKUPS = 10
"""Of SPF (RFC 7208, 4.6.4): with more, the record is worth nothing."""
GOOD = frozenset({"spf.ok", "dkim.ok", "dmarc.ok", "dmarc.watching"})


class DomainRefused(ValueError):  # noqa: N818
    """`code`: `domain.invalid`, `domain.there`, `domain.many`, `domain.gone`."""

    def __init__(self, code: str, text: str) -> None:
        super().__init__(text)
        self.code = code


@dataclass(frozen=True, slots=True)
class SendingDomain:
    """`record_name` and `record` are what has to stand in the name service. `checks`: `spf`, `dkim`, `dmarc` -> a code
    (see `check_texts`), and what was found under `<name>_text`."""

    domain: str
    record_name: str
    record: str
    is_signing: bool
    checks: Mapping[str, str] = field(default_factory=dict[str, str])
    checked_at: datetime | None = None

    @property
    def is_good(self) -> bool:
        return all(self.checks.get(name) in GOOD for name in ("spf", "dkim", "dmarc"))


def domains_of(shop_id: int, *, database: Database | None = None) -> list[SendingDomain]:
    with open_staff(database).database.read() as tx:
        return [_domain(row) for row in tx.all("mail_domains", {"shop": shop_id})]


def add_domain(shop_id: int, domain: str, by: str, *, database: Database | None = None) -> SendingDomain:
    """Make a key for mails from there. Raises DomainRefused."""
    domain = domain.strip().rstrip(".").lower()
    try:
        domain = domain.encode("idna").decode("ascii")
    except UnicodeError:
        domain = ""
    if not is_domain(domain):
        raise DomainRefused("domain.invalid", "Write the domain alone, such as shop.example.")
    staff = open_staff(database)
    private, public = make_key()
    with staff.database.transaction() as tx:
        now = staff.world.clock.now()
        tx.one("lock_shop", {"shop": shop_id})
        held = tx.all("mail_domains", {"shop": shop_id})
        if any(row[0] == domain for row in held):
            raise DomainRefused("domain.there", f"{domain} is there already.")
        if len(held) >= MOST_DOMAINS:
            raise DomainRefused("domain.many", f"There are {MOST_DOMAINS} already: take one away first.")
        selector = f"sereno{now:%y%m}"
        values = {"selector": selector, "private_key": encrypt([private]), "public_key": public, "is_signing": False}
        tx.run("add_mail_domain", {"shop": shop_id, "domain": domain, **values, "now": to_micros(now)})
        audit(tx, shop_id, to_micros(now), by, "mail.domain_added", domain, {"selector": selector})
    return SendingDomain(domain, f"{selector}._domainkey.{domain}", record_of(public), is_signing=False)


def sign_by(shop_id: int, domain: str, by: str, *, is_on: bool, database: Database | None = None) -> None:
    """Sign mails from there, or not. Raises DomainRefused."""
    staff = open_staff(database)
    with staff.database.transaction() as tx:
        if tx.one("mail_domain", {"shop": shop_id, "domain": domain}) is None:
            raise DomainRefused("domain.gone", f"{domain} is not one of the shop's sending domains.")
        tx.run("change_mail_domain", {"shop": shop_id, "domain": domain, "is_signing": is_on})
        action = "mail.signing_on" if is_on else "mail.signing_off"
        audit(tx, shop_id, to_micros(staff.world.clock.now()), by, action, domain, {})


def remove_domain(shop_id: int, domain: str, by: str, *, database: Database | None = None) -> None:
    """Take it away with its key: a new one has to be published to sign again. Raises DomainRefused."""
    staff = open_staff(database)
    with staff.database.transaction() as tx:
        if tx.one("mail_domain", {"shop": shop_id, "domain": domain}) is None:
            raise DomainRefused("domain.gone", f"{domain} is not one of the shop's sending domains.")
        tx.run("remove_mail_domain", {"shop": shop_id, "domain": domain})
        audit(tx, shop_id, to_micros(staff.world.clock.now()), by, "mail.domain_removed", domain, {})


def check_domain(
    shop_id: int, domain: str, by: str, *, texts: Texts | None = None, database: Database | None = None
) -> SendingDomain:
    """Ask the name service what it says today, and keep it. The first time it shows our key, mails are signed from then
    on. Raises DomainRefused, NamesUnavailable."""
    staff = open_staff(database)
    with staff.database.read() as tx:
        row = tx.one("mail_domain", {"shop": shop_id, "domain": domain})
    if row is None:
        raise DomainRefused("domain.gone", f"{domain} is not one of the shop's sending domains.")
    checks = check_texts(domain, str(row[1]), str(row[3]), texts or resolver().texts)
    begins = checks["dkim"] == "dkim.ok" and not row[4] and not row[6]
    with staff.database.transaction() as tx:
        now = to_micros(staff.world.clock.now())
        tx.run("checked_mail_domain", {"shop": shop_id, "domain": domain, "checks": encode(checks), "now": now})
        if begins:
            tx.run("change_mail_domain", {"shop": shop_id, "domain": domain, "is_signing": True})
        codes = {name: checks[name] for name in ("spf", "dkim", "dmarc")}
        audit(tx, shop_id, now, by, "mail.domain_checked", domain, {**codes, "is_signing": begins or bool(row[4])})
        found = tx.one("mail_domain", {"shop": shop_id, "domain": domain})
    assert found is not None
    return _domain(found)


def check_texts(domain: str, selector: str, public_key: str, texts: Texts) -> dict[str, str]:
    """What the name service says: codes `spf.ok missing several open too_many`, `dkim.ok missing other_key`, `dmarc.ok
    watching missing`. Raises NamesUnavailable."""
    spf = [text for text in texts(domain) if _is_spf(text)]
    dkim = [text for text in texts(f"{selector}._domainkey.{domain}") if "p=" in text]
    name, dmarc = _dmarc(domain, texts)
    return {
        "spf": _spf_code(spf, texts),
        "spf_text": " | ".join(spf)[:500],
        "dkim": "dkim.ok"
        if any(_key(text) == public_key for text in dkim)
        else f"dkim.{'other_key' if dkim else 'missing'}",
        "dkim_text": " | ".join(dkim)[:500],
        "dmarc": "dmarc.missing" if not dmarc else "dmarc.watching" if _tags(dmarc).get("p") == "none" else "dmarc.ok",
        "dmarc_text": dmarc[:500],
        "dmarc_name": name,
    }


def _is_spf(text: str) -> bool:
    return text.lower().split(" ", 1)[0] == "v=spf1"


def _spf_code(found: list[str], texts: Texts) -> str:
    if not found:
        return "spf.missing"
    if len(found) > 1:
        return "spf.several"
    terms = found[0].lower().split()[1:]
    if any(term in ("all", "+all", "?all") for term in terms):
        return "spf.open"
    return "spf.too_many" if _lookups(found[0], texts, 0) > MOST_LOOKUPS else "spf.ok"


def _lookups(record: str, texts: Texts, depth: int) -> int:
    """How many questions the record makes a receiver ask, up to a little more than are allowed."""
    count = 0
    for term in record.lower().split()[1:]:
        bare = term.lstrip("+-~?")
        name = bare.partition(":")[0].partition("/")[0]
        target = bare.removeprefix("include:") if name == "include" else bare.removeprefix("redirect=")
        if name in ("a", "mx", "ptr", "exists"):
            count += 1
        elif name == "include" or bare.startswith("redirect="):
            count += 1
            if "%" not in target and depth < MOST_LOOKUPS and count <= MOST_LOOKUPS:
                try:
                    inner = [text for text in texts(target) if _is_spf(text)]
                except NamesUnavailable:
                    inner = []
                count += _lookups(inner[0], texts, depth + 1) if inner else 0
    return count


def _dmarc(domain: str, texts: Texts) -> tuple[str, str]:
    """The record that holds for the domain, where it stands: its own, else that of the nearest one above it."""
    labels = domain.split(".")
    for start in range(len(labels) - 1):
        name = f"_dmarc.{'.'.join(labels[start:])}"
        found = [text for text in texts(name) if text.lower().replace(" ", "").startswith("v=dmarc1")]
        if found:
            return name, found[0]
    return f"_dmarc.{domain}", ""


def _tags(record: str) -> dict[str, str]:
    pairs = (part.partition("=") for part in record.split(";"))
    return {name.strip().lower(): value.strip() for name, equals, value in pairs if equals}


def _key(record: str) -> str:
    return "".join(_tags(record).get("p", "").split())


def _domain(row: Any) -> SendingDomain:
    domain, selector, _private, public, is_signing, checks, checked_at = row
    name = f"{selector}._domainkey.{domain}"
    at = from_micros(checked_at) if checked_at is not None else None
    held: Mapping[str, str] = decode(checks) if checks else {}
    return SendingDomain(domain, name, record_of(public), bool(is_signing), held, at)
