"""What one message brought: the flow's results, the message's own page, the newsletter's, the file, API and command say
the same, and nothing where the interval holds 0. And lists over there, filled from a segment by a page and the API."""

from __future__ import annotations

import csv
import json
from datetime import UTC, datetime
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from seeding import make_shop, person

from sereno.api import tools
from sereno.modules.newsletters.models import Newsletter
from sereno.runtime import connecting, services
from sereno.runtime.experiments.measuring import measured, measured_messages
from sereno.runtime.results.counting import Spot, Sums
from sereno.runtime.segments import services as segmenting
from sereno.runtime.stores import permitting
from sereno.sdk.ports import HttpAnswer, HttpRequest
from sereno.store.database import default_database
from sereno.store.keys import issue
from sereno.store.models import Audit, ExperimentSum, Flow, Shop
from sereno.web.connecting import lists

FLOW = """\
flow: recover
name: Win carts back
trigger: {event: checkout.abandoned}
steps:
  - messages.send_email: {subject: Your cart, text: Hi, purpose: marketing}
    hold_out: {share: 20, window: 7d}
  - messages.send_email: {subject: Still there, text: Hi, purpose: marketing}
"""
TODAY = int(datetime.now(UTC).timestamp()) // 86400
LISTS = {"data": [{"id": "5", "name": "VIP over there", "approximate_count_lower_bound": 1200}]}


@pytest.fixture
def owner(shop: Shop) -> User:
    return person(shop, "ana@example.com", "owner")


@pytest.fixture
def client(owner: User) -> Client:
    client = Client()
    client.force_login(owner)
    return client


@pytest.fixture
def flow(shop: Shop) -> Flow:
    services.save_draft(shop.pk, FLOW)
    services.publish(shop.pk, "recover", "ana")
    return Flow.objects.get(name="recover")


def arm(shop: int, flow_id: int, experiment: str, design: str, name: str, units: int, buyers: int) -> None:
    """Each buyer ordered once for 20.00."""
    for metric, total in {"exposed": units, "units": units, "orders": buyers, "EUR": buyers * 2000}.items():
        events = buyers if metric in ("orders", "EUR") else units
        squares = float(total) * (2000 if metric == "EUR" else 1)
        for day in (0, TODAY - 5):
            ExperimentSum.objects.create(
                shop_id=shop, flow_id=flow_id, experiment=experiment, design=design, arm=name, metric=metric, day=day,
                total=total, squares=squares, events=events,
            )  # fmt: skip


def sent(*spots: Spot) -> None:
    """Ten messages at each."""
    sums = Sums()
    for spot in spots:
        sums.add(spot, "sent", 10)
    with default_database().transaction() as tx:
        sums.write(tx, "tests")


def measure(flow: Flow, treated: tuple[int, int], control: tuple[int, int]) -> None:
    design = measured(flow.shop_id, "recover").experiments["message:0"].design
    for name, (units, buyers) in (("treated", treated), ("control", control)):
        arm(flow.shop_id, flow.pk, "message:0", design, name, units, buyers)


def text(client: Client, path: str) -> str:
    answer = client.get(path)
    assert answer.status_code == 200, answer.content[:300]
    return " ".join(answer.content.decode().replace("<b>", "").replace("</b>", "").split())


def test_a_sure_lift_of_one_message_is_said_everywhere(client: Client, flow: Flow, shop: Shop) -> None:
    measure(flow, (8000, 1200), (2000, 160))
    sentence = "than without this message"
    for path in ("/flows/recover/results", "/results/messages?flow=recover&step=0&days=30", "/results"):
        said = text(client, path)
        assert sentence in said and "Not proven" not in said, path
    assert sentence not in text(client, "/results/messages?flow=recover&step=1&days=30")
    key = issue(shop.pk, "test", "read", "ana")
    given = client.get("/api/v1/results/messages?flow=recover", headers={"Authorization": f"Bearer {key}"}).json()
    (brought,) = given["brought"]
    (lift,) = brought["lifts"]
    assert brought["experiment"] == "message:0" and lift["orders"]["verdict"] == "better" and lift["orders"]["low"] > 0


def test_nothing_is_claimed_where_the_interval_holds_nothing(client: Client, flow: Flow) -> None:
    measure(flow, (800, 82), (200, 20))
    page = text(client, "/results/messages?flow=recover&step=0&days=30")
    assert "Not proven yet" in page and "it takes" in page
    assert "Between" not in page


def test_too_few_people_mean_too_early_and_say_how_many_it_takes(client: Client, flow: Flow) -> None:
    measure(flow, (80, 8), (20, 2))
    page = text(client, "/flows/recover/results")
    assert "Too early to say what this message brings." in page and "at least 100 people in each group" in page


def test_the_file_of_steps_has_what_each_brought(client: Client, flow: Flow) -> None:
    sent(*(Spot(flow.shop_id, TODAY, "flow", flow.pk, step) for step in ("0", "1")))
    measure(flow, (8000, 1200), (2000, 160))
    answer = client.get("/results/table.csv?flow=recover&by=step")
    rows = {row["step"]: row for row in csv.DictReader(answer.content.decode().splitlines())}
    assert rows["0"]["brought_verdict"] == "better" and float(rows["0"]["brought_orders_low"]) > 0
    assert rows["1"]["brought_verdict"] == "" == rows["1"]["brought_orders_low"]
    page = text(client, "/results/messages?flow=recover&days=7")
    assert "Orders brought" in page and "+" in page


def test_a_newsletter_says_what_it_brought(client: Client, shop: Shop) -> None:
    now = datetime.now(UTC)
    audience = {"inside": [], "outside": [], "when": "", "hold_out": {"share": "20", "window": "7d"}}
    made = Newsletter.objects.create(
        shop=shop, name="Autumn", slug="a", status="sent", audience=audience, created_at=now, changed_at=now
    )
    (experiment,) = measured_messages(shop.pk, newsletter=made.pk).experiments.values()
    for name, units, buyers in (("treated", 8000, 1200), ("control", 2000, 160)):
        arm(shop.pk, -2, experiment.name, experiment.design, name, units, buyers)
    assert "than without this message" in text(client, "/results")
    sent(Spot(shop.pk, TODAY, "newsletter", made.pk))
    assert "What this message brought by itself" in text(client, f"/results/messages?newsletter={made.pk}&days=7")
    assert f"?newsletter={made.pk}#alone" in text(client, f"/newsletters/{made.pk}")


def test_the_share_of_a_newsletter_is_written_in_its_form(client: Client, shop: Shop) -> None:
    given = {"name": "N", "message": "", "when": "now", "hold_out": "12,5", "hold_out_window": "7d"}
    client.post("/newsletters/new", given)
    assert Newsletter.objects.get().audience["hold_out"] == {"share": "12.5", "window": "1w"}
    answer = client.post("/newsletters/new", {**given, "hold_out": "80"}, follow=True)
    assert Newsletter.objects.count() == 1 and "percentage" in answer.content.decode()


class Meta:
    def __init__(self) -> None:
        self.filled: list[str] = []

    def send(self, request: HttpRequest) -> HttpAnswer:
        path = request.url.partition("?")[0]
        body: Any = LISTS if path.endswith("/customaudiences") else {"name": "Shop", "account_status": 1}
        if path.endswith(("/users", "/usersreplace")):
            self.filled.append(path.rpartition("/")[2])
            body = {"num_received": 0, "num_invalid_entries": 0}
        return HttpAnswer(200, {}, json.dumps(body).encode())


@pytest.fixture
def meta(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> Meta:
    web = Meta()
    monkeypatch.setattr(lists, "shop_http", lambda settings: web)
    monkeypatch.setattr(tools, "shop_http", lambda settings: web)
    connecting.connect(shop.pk, "metaads", "ads", by="ana", secrets=["s"], base_url="https://sereno.example/")
    permitting.give_access("ads", {"token": "t", "account": "42"}, by="ana", shop_id=shop.pk, http=web)
    segmenting.create(shop.pk, "vip", {"field": "tags", "is": "has", "value": "vip"}, "ana")
    return web


def test_a_list_over_there_is_looked_at_before_it_is_filled(client: Client, meta: Meta, shop: Shop) -> None:
    assert "/connections/ads/lists" in text(client, "/connections/ads")
    assert "VIP over there" in text(client, "/connections/ads/lists")
    seen = text(client, "/connections/ads/lists?list=5&segment=vip")
    assert "About 1,200 people are on it now." in seen and "Replacing takes about 1,200 people off at least" in seen
    assert meta.filled == []
    answer = client.post("/connections/ads/lists/fill", {"list": "5", "segment": "vip", "how": "replace"}, follow=True)
    assert meta.filled == [] and "stays as it is" in answer.content.decode(), "nobody: nothing is emptied"
    client.post("/connections/ads/lists/fill", {"list": "5", "segment": "vip", "how": "add"})
    assert Audit.objects.filter(action="connection.list_filled").count() == 1
    assert "has no list 9" in text(client, "/connections/ads/lists?list=9&segment=vip")


def test_the_api_says_the_same_of_a_list(client: Client, meta: Meta, shop: Shop) -> None:
    key = issue(shop.pk, "test", "write", "ana")
    headers = {"Authorization": f"Bearer {key}"}
    found = client.get("/api/v1/connections/ads/lists/5/filling?segment=vip", headers=headers)
    assert found.status_code == 200 and found.json()["there"] == 1200 and found.json()["leaving"] == 1200
    assert client.get("/api/v1/connections/ads/lists/5/filling", headers=headers).status_code == 422
    assert client.get("/api/v1/connections/ads/lists/9/filling?segment=vip", headers=headers).status_code >= 400


def test_only_who_may_change_settings_sees_lists(client: Client, meta: Meta, shop: Shop) -> None:
    other = Client()
    other.force_login(person(shop, "viewer@example.com", "viewer"))
    assert other.get("/connections/ads/lists").status_code == 403
    stranger = Client()
    stranger.force_login(person(make_shop("other"), "eva@example.com", "owner"))
    assert stranger.get("/connections/ads/lists").status_code == 404
