"""Every page answers, with data and without."""

from __future__ import annotations

import pytest
from django.test import Client
from seeding import Seeded, make_shop, person, seed

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
