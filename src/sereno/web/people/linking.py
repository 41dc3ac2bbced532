"""Which account somebody who comes from the company's provider has here.

Invariant: an account is tied to the provider's subject once and for good, and only through an address that the provider
says it has verified. Whoever made an account in somebody else's name before loses it at that moment: its password and
sign-ins end, unless the person has proven with a second factor that the account was theirs all along.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from django.contrib.auth.models import User
from django.db import transaction
from django.utils.translation import gettext as _

from sereno.store.access import end_all
from sereno.store.models import Identity, Membership, Shop
from sereno.store.trail import note
from sereno.web.people.company import Claims
from sereno.web.people.company import company as the_company


class NotLetIn(Exception):  # noqa: N818
    """The provider knows the person, but Sereno has no place for them; the text says what to do."""


@dataclass(frozen=True, slots=True)
class Found:
    """`is_linked`: the account was tied to this subject before."""

    user: User
    is_linked: bool
    is_new: bool = False


def person_of(claims: Claims) -> Found:
    """The account; a new one where the installation lets people of this domain in. Raises NotLetIn."""
    known = Identity.objects.select_related("user").filter(issuer=claims.issuer, subject=claims.subject).first()
    if known is not None:
        if not known.user.is_active:
            raise NotLetIn(_("This account is switched off. Ask an owner of the shop."))
        return Found(known.user, is_linked=True)
    company = the_company()
    if not claims.email or not claims.is_verified:
        raise NotLetIn(_("Your provider has not verified your e-mail address; it is not known whose account this is."))
    domain = claims.email.rpartition("@")[2]
    if company.domains and domain not in company.domains:
        raise NotLetIn(_("People of %(domain)s are not let in here.") % {"domain": domain})
    user = User.objects.filter(username=claims.email).first()
    if user is None:
        return Found(_newcomer(claims), is_linked=False, is_new=True)
    if not user.is_active:
        raise NotLetIn(_("This account is switched off. Ask an owner of the shop."))
    if Identity.objects.filter(user=user, issuer=claims.issuer).exists():
        # The address now belongs to somebody else at the provider than when the account was tied to it.
        raise NotLetIn(_("This address is tied to another account of your provider. Ask whoever runs Sereno."))
    return Found(user, is_linked=False)


def link(user: User, claims: Mapping[str, str], *, proven: bool) -> None:
    """Tie the account to the subject."""
    with transaction.atomic():
        Identity.objects.create(
            user=user,
            issuer=claims["issuer"],
            subject=claims["subject"],
            email=claims["email"],
            linked_at=datetime.now(UTC),
        )
        if not proven and user.has_usable_password():
            user.set_unusable_password()
            user.save(update_fields=["password"])
            end_all(user)
        for shop_id in Membership.objects.filter(user=user).values_list("shop_id", flat=True):
            note(shop_id, user.username, "person.linked", user.username, after={"provider": claims["issuer"]})


def _newcomer(claims: Claims) -> User:
    company = the_company()
    if company.role is None:
        raise NotLetIn(_("There is no account for %(email)s. Ask an owner of the shop for an invitation.")
                       % {"email": claims.email})  # fmt: skip
    shops = list(Shop.objects.filter(slug=company.shop) if company.shop else Shop.objects.all()[:2])
    if len(shops) != 1:
        raise NotLetIn(_("There is no account for %(email)s. Ask an owner of the shop for an invitation.")
                       % {"email": claims.email})  # fmt: skip
    with transaction.atomic():
        user = User.objects.create_user(username=claims.email, email=claims.email, first_name=claims.name)
        Membership.objects.create(user=user, shop=shops[0], role=company.role)
        note(shops[0].pk, user.username, "person.joined", user.username, after={"role": company.role})
    return user
