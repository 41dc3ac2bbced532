"""Newsletters as people see them: written, looked at before they go, followed while they go, and shown to anybody."""

from __future__ import annotations

from dataclasses import replace

import pytest
from django.test import Client
from seeding import Seeded

from sereno.modules.customers.models import Customer
from sereno.modules.newsletters.models import Newsletter, NewsletterCount, NewsletterPiece
from sereno.runtime.newsletters import changing
from sereno.sdk.ports import Mail
from sereno.sdk.result import Done
from sereno.store.models import Audit
from sereno.web import wiring as wired

FORM = {"name": "Autumn", "message": "inactive-news", "when": "now", "condition": ""}


def read(client: Client, path: str) -> str:
    answer = client.get(path)
    assert answer.status_code == 200, answer.content[:500]
    return answer.content.decode()


def draft(boss: Client, **more: str) -> Newsletter:
    answer = boss.post("/newsletters/new", {**FORM, **more})
    assert answer.status_code == 302, answer.content[-3000:]
    return Newsletter.objects.latest("id")


def test_the_list_teaches_then_shows(boss: Client, seeded: Seeded) -> None:
    assert "No newsletters yet" in read(boss, "/newsletters")
    row = draft(boss)
    page = read(boss, "/newsletters")
    assert "Autumn" in page and f"/newsletters/{row.pk}" in page
    assert "None like that" in read(boss, "/newsletters?status=sent")


def test_a_draft_is_kept_changed_and_scheduled(boss: Client, seeded: Seeded) -> None:
    row = draft(
        boss, per_minute="600", has_trial="1", share="20", wait="4h", metric="clicked", **{"subject-es": "Other"}
    )
    assert row.pace == {"per_minute": 600, "providers": {}}
    assert row.trial["subjects"] == {"es": "Other"}
    page = read(boss, f"/newsletters/{row.pk}")
    assert 'value="Other"' in page and "Send or schedule" in page
    boss.post(f"/newsletters/{row.pk}/change", {**FORM, "when": "at", "hour": "2031-05-01T09:00", "send": "1"})
    row.refresh_from_db()
    assert row.status == "scheduled" and row.document and not row.trial
    assert row.schedule == {"kind": "at", "at": "2031-05-01T07:00:00Z"}
    assert "Take back to change" in read(boss, f"/newsletters/{row.pk}")
    boss.post(f"/newsletters/{row.pk}/do", {"do": "take_back"})
    row.refresh_from_db()
    assert row.status == "draft"
    actions = list(
        Audit.objects.filter(action__startswith="newsletter.").order_by("id").values_list("action", flat=True)
    )
    assert actions == ["newsletter.created", "newsletter.changed", "newsletter.scheduled", "newsletter.taken_back"]


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ({"name": ""}, "give the newsletter a name"),
        ({"condition": "customer.nothing == 1"}, "nothing"),
        ({"when": "local", "hour": "soon"}, "say the day and the hour"),
        ({"has_trial": "1", "share": "20", "subject-es": ""}, "a trial needs a second subject"),
    ],
)
def test_what_is_wrong_is_said(boss: Client, seeded: Seeded, more: dict[str, str], words: str) -> None:
    answer = boss.post("/newsletters/new", {**FORM, **more})
    assert answer.status_code == 200
    assert words in answer.content.decode()
    assert Newsletter.objects.count() == 0


def test_what_was_typed_stays_where_something_is_wrong(boss: Client, seeded: Seeded) -> None:
    typed = {"has_trial": "1", "share": "30", "wait": "soon", "subject-es": "Tazas", "subject-pt": "Chávenas"}
    typed |= {
        "condition": "customer.orders_placed > 1",
        "when": "local",
        "hour": "2031-05-01T09:00",
        "per_minute": "77",
    }
    row = draft(boss)
    for address in ("/newsletters/new", f"/newsletters/{row.pk}/change"):
        answer = boss.post(address, {**FORM, **typed})
        page = answer.content.decode()
        assert answer.status_code == 200 and "the wait of the trial" in page
        for text in ("soon", "Tazas", "Chávenas", "customer.orders_placed &gt; 1", "2031-05-01T09:00", "77"):
            assert f'value="{text}"' in page, text
    row.refresh_from_db()
    assert not row.trial


def test_a_second_subject_is_written_for_each_language_of_the_message(boss: Client, seeded: Seeded) -> None:
    row = draft(boss, has_trial="1", share="20", wait="4h", **{"subject-es": "Tazas", "subject-ro": "Căni"})
    assert row.trial["subjects"] == {"es": "Tazas", "ro": "Căni"}
    page = read(boss, f"/newsletters/{row.pk}")
    assert 'value="Tazas"' in page and 'value="Căni"' in page and 'name="subject-pt"' in page
    boss.post(f"/newsletters/{row.pk}/change", {**FORM, "has_trial": "1", "share": "20", "subject-ro": "Căni"})
    row.refresh_from_db()
    assert row.trial["subjects"] == {"ro": "Căni"}


def test_a_draft_is_tried_by_mail_with_each_subject(
    boss: Client, seeded: Seeded, monkeypatch: pytest.MonkeyPatch
) -> None:  # fmt: skip
    mails: list[Mail] = []

    class Server:
        def send(self, mail: Mail) -> Done:
            mails.append(mail)
            return Done({})

    monkeypatch.setattr(wired, "_wiring", replace(wired.wiring(), make_mailer=Server))
    row = draft(boss, has_trial="1", share="20", wait="4h", **{"subject-es": "Tazas"})
    own = seeded.owner.email
    boss.post(f"/newsletters/{row.pk}/test", {"to": own, "language": "es"})
    assert [mail.to for mail in mails] == [own, own]
    assert mails[1].subject.endswith("] Tazas") and mails[0].subject != mails[1].subject
    boss.post(f"/newsletters/{row.pk}/test", {"to": "customer@example.com", "language": "es"})
    assert len(mails) == 2, "a test goes to nobody who does not work here"
    assert Audit.objects.filter(action="message.tested", target="inactive-news").count() == 1


def test_whom_it_reaches_and_why_not_the_others(boss: Client, seeded: Seeded) -> None:
    Customer.objects.all().delete()
    for number, accepts in enumerate((True, True, False)):
        key = f"c{number}"
        Customer.objects.create(
            shop=seeded.shop,
            key=key,
            version=1,
            data={"id": key, "email": f"{key}@example.com", "accepts_email": accepts},
            seen_at=0,
            email=f"{key}@example.com",
        )
    row = draft(boss)
    found = read(boss, f"/newsletters/{row.pk}/audience")
    assert "<strong>2</strong> people can be written to now" in found
    assert "The customer has said no to marketing." in found
    found = read(boss, f"/newsletters/{row.pk}/audience?name=x&condition=customer.id == 'c0'")
    assert "<strong>1</strong> person can be written to now" in found


def test_what_became_of_it(boss: Client, seeded: Seeded) -> None:
    row = draft(boss)
    Newsletter.objects.filter(pk=row.pk).update(status="sent", finished_at=1)
    counts = (("", "pieces", 4), ("", "sent", 2), ("", "unknown", 1), ("", "skipped", 1), ("", "opened", 1))
    for variant, name, number in (*counts, ("", "skipped:consent.refused", 1), ("", "left:address.missing", 7)):
        NewsletterCount.objects.create(newsletter=row, variant=variant, name=name, number=number)
    for number, status in enumerate(("sent", "sent", "unknown", "skipped")):
        NewsletterPiece.objects.create(
            newsletter=row, shop=seeded.shop, person=f"c{number}", address=f"c{number}@example.com", provider="other",
            variant="", status=status, due_at=1, sent_at=1, opened_at=5 if number == 0 else None,
            reason="consent.refused" if status == "skipped" else None,
        )  # fmt: skip
    page = read(boss, f"/newsletters/{row.pk}")
    assert "Of 1 person it is not known" in page and "50" in page
    assert "The customer has said no to marketing." in page and "No e-mail address is known." in page
    assert "c2@example.com" in read(boss, f"/newsletters/{row.pk}/people?status=unknown")
    opened = read(boss, f"/newsletters/{row.pk}/people?answer=opened")
    assert "c0@example.com" in opened and "c1@example.com" not in opened
    boss.post(f"/newsletters/{row.pk}/do", {"do": "again"})
    assert NewsletterPiece.objects.get(person="c2").status == "waiting"
    row.refresh_from_db()
    assert row.status == "sending"


def test_the_archive_shows_what_the_shop_chose_and_nobody_in_it(boss: Client, seeded: Seeded) -> None:
    with_code = {"message": "inactive-incentive"}
    row = draft(boss, condition="", **with_code)
    boss.post(f"/newsletters/{row.pk}/change", {**FORM, **with_code, "send": "1"})
    nobody = Client()
    row.refresh_from_db()
    address = f"/news/{seeded.shop.slug}/{row.slug}"
    Newsletter.objects.filter(pk=row.pk).update(status="sent", finished_at=1)
    assert nobody.get(address).status_code == 404
    changing.publish(seeded.shop.pk, row.pk, True, "mara")
    assert row.slug in read(nobody, f"/news/{seeded.shop.slug}")
    assert f"{address}/mail" in read(nobody, address)
    mail = read(nobody, f"{address}/mail")
    assert "example.com/unsubscribe" in mail and "Mara" not in mail
    assert "MARA-7K2Q" not in mail, "an invented code stands in previews of flows' messages alone"
    assert "MARA-7K2Q" not in read(boss, f"/newsletters/{row.pk}/preview")
    assert "MARA-7K2Q" in read(boss, "/messages/ready/inactive-incentive/preview")


def test_a_viewer_sees_and_changes_nothing(boss: Client, seeded: Seeded) -> None:
    row = draft(boss)
    viewer = Client()
    viewer.force_login(seeded.viewer)
    assert "Keep the draft" not in read(viewer, f"/newsletters/{row.pk}")
    assert viewer.post(f"/newsletters/{row.pk}/do", {"do": "remove"}).status_code == 403
    assert viewer.post(f"/newsletters/{row.pk}/change", FORM).status_code == 403
