"""Every page answers, with data and without."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from django.core.cache import cache
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from seeding import Seeded, make_event, make_run, make_shop, person, seed

from sereno.store.models import Effect

LISTS = (
    "/",
    "/flows",
    "/flows/new",
    "/runs",
    "/why",
    "/events",
    "/deliveries",
    "/effects",
    "/attention",
    "/connections",
    "/keys",
    "/people",
    "/shop",
    "/shops/new",
    "/welcome",
    "/audit",
    "/account",
    "/account/sign-ins",
    "/design",
)


def signed_in(user: object) -> Client:
    client = Client()
    client.force_login(user)  # type: ignore[arg-type]
    return client


def pages_of(seeded: Seeded) -> list[str]:
    return [
        *LISTS,
        f"/flows/{seeded.recovery.name}",
        f"/flows/{seeded.recovery.name}/yaml",
        f"/flows/{seeded.recovery.name}/versions",
        f"/flows/{seeded.recovery.name}/edit",
        "/flows/draft-only",
        f"/runs/{seeded.run.uid}",
        f"/runs/{seeded.finished.uid}",
        f"/events/{seeded.event.pk}",
        f"/deliveries/{seeded.delivery.pk}",
        f"/deliveries/{seeded.broken_delivery.pk}",
        f"/effects/{seeded.effect.pk}",
        f"/effects/{seeded.failed_effect.pk}",
        f"/connections/{seeded.connection.name}",
        "/why?subject=%231001",
        "/runs?q=mara@example.com",
        "/runs?status=live&flow=cart-recovery",
        "/events?q=1001&type=order.paid",
        "/effects?status=failed&q=1001",
        "/deliveries?status=failed",
        "/flows?status=live&q=cart",
    ]


def test_every_page_answers_with_data() -> None:
    seeded = seed()
    client = signed_in(seeded.owner)
    for page in pages_of(seeded):
        response = client.get(page)
        assert response.status_code == 200, (page, response.status_code)
        assert "<h1>" in response.content.decode(), page


@pytest.mark.parametrize("page", LISTS)
def test_every_list_answers_when_empty(page: str) -> None:
    client = signed_in(person(make_shop(), "ana@example.com", "owner"))
    assert client.get(page).status_code == 200


def test_a_page_asks_the_database_as_often_for_many_rows_as_for_few() -> None:
    seeded = seed()
    client = signed_in(seeded.owner)
    lists = ("/runs", "/events", "/effects", "/deliveries", "/attention", "/why?subject=customer:17", "/connections")
    few = {page: queries(client, page) for page in lists}
    at = datetime.now(UTC)
    for number in range(30):
        event = make_event(seeded.shop, seeded.connection, seeded.delivery, 100 + number, "order.paid",
                           f"order:{2000 + number}", {"customer": "17"}, {})  # fmt: skip
        run = make_run(seeded.shop, seeded.thanks, event, f"{number:020x}", "finished", "", [])
        Effect.objects.create(
            key=f"{run.uid}/0", shop=seeded.shop, flow=seeded.thanks, run=run, step="0", action="orders.add_tag",
            subject=run.subject, config={"tag": "x"}, status="failed", due_at=at, created_at=at,
        )  # fmt: skip
    for page in lists:
        assert queries(client, page) <= few[page] + 1, page


def queries(client: Client, page: str) -> int:
    cache.clear()
    with CaptureQueriesContext(connection) as captured:
        assert client.get(page).status_code == 200
    return len(captured)


def test_old_pages_are_reached_by_key() -> None:
    seeded = seed()
    client = signed_in(seeded.owner)
    for number in range(60):
        make_event(seeded.shop, seeded.connection, None, 100 + number, "custom.many", f"thing:{number}", {}, {})
    text = client.get("/events?type=custom.many").content.decode()
    older = text.partition("before=")[2].partition('"')[0]
    assert "thing:59" in text and "thing:0<" not in text
    text = client.get(f"/events?type=custom.many&before={older}").content.decode()
    assert "thing:0<" in text and "Newest" in text
    assert client.get("/events?before=x").status_code == 200
