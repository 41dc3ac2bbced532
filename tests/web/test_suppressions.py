"""Staff let a suppressed address be written to again, and say whether its owner agreed to marketing."""

from __future__ import annotations

from seeding import make_shop, person
from test_actions import signed_in

from sereno.modules.messages import services
from sereno.store.models import Audit, Consent, Event, Suppression

WHO = ("mara@example.com", "email")


def test_the_list_is_the_shops_own_and_lifting_asks_about_marketing() -> None:
    shop, other = make_shop(), make_shop(slug="other")
    services.suppress(shop.pk, *WHO, "bounce.permanent")
    services.suppress(other.pk, "secret@example.com", "email", "complaint")
    client = signed_in(person(shop, "operator@example.com", "operator"))
    page = client.get("/suppressions").content.decode()
    assert "mara@example.com" in page and "The mailbox does not exist" in page and "secret@example.com" not in page
    assert "mara@example.com" not in client.get("/suppressions?q=zoe").content.decode()
    row = Suppression.objects.get(shop=shop)
    theirs = Suppression.objects.get(shop=other)
    assert client.post(f"/suppressions/{theirs.pk}", {}).status_code == 404
    assert "Has this person agreed to marketing?" in client.get(f"/suppressions/{row.pk}").content.decode()
    refused = client.post(f"/suppressions/{row.pk}", {"marketing": "agreed", "said": ""})
    assert refused.status_code == 422 and Suppression.objects.filter(shop=shop).exists()
    done = client.post(f"/suppressions/{row.pk}", {"marketing": "as-it-is"}, follow=True)
    assert "Marketing needs their consent" in done.content.decode()
    assert not services.is_suppressed(shop.pk, *WHO)
    assert services.allows(shop.pk, *WHO, "marketing") is None
    line = Audit.objects.get(action="suppression.lifted")
    assert (line.target, line.details["reason"]) == ("mara@example.com", "bounce.permanent")


def test_an_agreement_is_kept_with_its_proof_and_flows_hear_of_it() -> None:
    shop = make_shop()
    services.suppress(shop.pk, *WHO, "complaint")
    row = Suppression.objects.get(shop=shop)
    said = {"marketing": "agreed", "said": "By phone, 12 May"}
    signed_in(person(shop, "operator@example.com", "operator")).post(f"/suppressions/{row.pk}", said)
    assert services.allows(shop.pk, *WHO, "marketing") is True
    assert Consent.objects.get().proof["said"] == "By phone, 12 May"
    assert Event.objects.get(type="consent.changed").data["granted"] is True


def test_a_viewer_may_look_and_not_lift() -> None:
    shop = make_shop()
    services.suppress(shop.pk, *WHO, "complaint")
    client = signed_in(person(shop, "viewer@example.com", "viewer"))
    assert client.get("/suppressions").status_code == 200
    row = Suppression.objects.get(shop=shop)
    assert client.post(f"/suppressions/{row.pk}", {}).status_code == 403
