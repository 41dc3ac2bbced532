"""Counts on the cards, trials, versions, the run on its cards, why and why not, and the map: by the pages, over runs of
a real worker."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from html import unescape
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from seeding import make_shop, person

from sereno.runtime import services
from sereno.runtime.runtime import Runtime
from sereno.sdk.connector import NewEvent
from sereno.sdk.plugin import registry
from sereno.store.database import default_database
from sereno.store.models import Audit, Effect, Event, Flow, FlowVersion, Run, Shop, StepTally
from sereno.web.live.conflicts import conflicts_of
from sereno.web.live.numbers import numbers_of

THANKS = """\
flow: thanks
name: Thank big orders
trigger: {event: order.paid, when: "order.total >= 100"}
exit: [{event: order.cancelled}]
steps:
  - wait: 2d
  - if: order.total >= 500
    then: [{messages.send_email: {subject: "Thank you {{ order.number }}", text: "Dear customer"}}]
    else: [{orders.add_tag: {tag: big}}]
"""


@pytest.fixture
def client(shop: Shop) -> Client:
    return signed_in(person(shop, "ana@example.com", "owner"))


def signed_in(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def order(number: str, total: str, type_: str = "order.paid") -> NewEvent:
    data = {"id": number, "number": f"#{number}", "total": total, "currency": "EUR", "email": "mara@example.com"}
    refs = {"order": number, "email": "mara@example.com"}
    return NewEvent(f"{type_}-{number}", type_, f"order:{number}", datetime.now(UTC), data, refs)


def put(shop: Shop, *events: NewEvent) -> None:
    services.insert_events(shop.pk, None, "test", events)
    Runtime(default_database(), registry()).drain()


def publish(shop: Shop, text: str, **more: Any) -> Flow:
    row = services.save_draft(shop.pk, text)
    services.publish(shop.pk, row.name, "ana@example.com", **more)
    return Flow.objects.get(shop=shop, name=row.name)


def read(client: Client, address: str) -> str:
    answer = client.get(address)
    assert answer.status_code == 200, (address, answer.status_code)
    return words(answer.content.decode())


def words(html: str) -> str:
    """The page as it reads, without its markup."""
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", html)).split())


# --- counts --------------------------------------------------------------------------------------------


def test_cards_count_who_is_here_who_came_by_and_what_failed(shop: Shop, client: Client) -> None:
    flow = publish(shop, THANKS)
    put(shop, order("1", "150.00"), order("2", "700.00"), order("3", "20.00"))
    page = read(client, "/flows/thanks")
    assert "2 started" in page and "1 did not start" in page
    assert "2 here now" in page
    numbers = numbers_of(flow.pk, 1)
    assert numbers.step("0").here == 2 and numbers.step("0").passed.day == 2
    assert numbers.live() == 2 and numbers.of_flow("skipped").all == 1

    Run.objects.update(due_at=1)
    for run in Run.objects.all():
        run.state = re.sub(r'"due_at":"[^"]+"', '"due_at":"2020-01-01T00:00:00Z"', run.state)
        run.save(update_fields=["state"])
    Runtime(default_database(), registry()).drain()
    Effect.objects.filter(action="messages.send_email").update(status="failed")
    numbers = numbers_of(flow.pk, 1)
    assert numbers.step("0").here == 0
    assert numbers.step("1.else.0").passed.all == 1
    assert numbers.step("1.then.0").failed_effects.week == 1
    assert numbers.of_flow("finished").all == 2
    page = client.get("/flows/thanks").content.decode()
    assert "/effects?flow=thanks&amp;status=failed&amp;step=1.then.0" in page
    assert "Send the mail" in read(client, "/effects?flow=thanks&status=failed&step=1.then.0")


def test_a_number_leads_to_its_runs(shop: Shop, client: Client) -> None:
    publish(shop, THANKS)
    put(shop, order("1", "150.00"), order("2", "700.00"))
    page = read(client, "/runs?flow=thanks&status=live&step=0")
    assert "Runs at this card: Wait 2 days" in page and "mara@example.com" not in page
    assert (
        len(re.findall(r"/runs/[0-9a-f]{20}", client.get("/runs?flow=thanks&status=passed&step=0").content.decode()))
        == 2
    )
    assert not re.findall(r"/runs/[0-9a-f]{20}", client.get("/runs?flow=thanks&status=live&step=1").content.decode())


def test_an_exit_is_counted_on_its_card_and_old_hours_are_forgotten(shop: Shop, client: Client) -> None:
    flow = publish(shop, THANKS)
    put(shop, order("1", "150.00"))
    put(shop, order("1", "150.00", "order.cancelled"))
    assert numbers_of(flow.pk, 1).exits["order.cancelled"].day == 1
    assert "1 left early" in read(client, "/flows/thanks")
    StepTally.objects.filter(hour__gt=0).update(hour=1)
    Runtime(default_database(), registry()).beat()
    assert not StepTally.objects.filter(hour__gt=0).exists()
    assert numbers_of(flow.pk, 1).exits["order.cancelled"].all == 1


def test_the_live_part_asks_for_itself_again(shop: Shop, client: Client) -> None:
    publish(shop, THANKS)
    page = client.get("/flows/thanks?period=day").content.decode()
    assert 'id="live" data-live hx-get="/flows/thanks?period=day" hx-trigger="live"' in page
    assert "js/live.js" in page


def test_an_older_version_shows_its_own_cards_and_counts(shop: Shop, client: Client) -> None:
    flow = publish(shop, THANKS)
    put(shop, order("1", "150.00"))
    publish(shop, THANKS.replace("wait: 2d", "wait: 3d"))
    assert "1 run is under way on version 1" in read(client, "/flows/thanks")
    page = read(client, "/flows/thanks?version=1")
    assert "Wait 2 days" in page and "1 here now" in page
    assert numbers_of(flow.pk, 2).step("0").here == 0


# --- try it --------------------------------------------------------------------------------------------


def test_a_draft_is_tried_on_a_past_event(shop: Shop, client: Client) -> None:
    put(shop, order("1", "150.00"), order("2", "700.00"), order("3", "20.00"))
    services.save_draft(shop.pk, THANKS)
    page = read(client, "/flows/thanks/try")
    assert "#2" in page and "#3" in page
    event = Event.objects.get(uid="order.paid-2")
    before = (Run.objects.count(), Effect.objects.count(), Event.objects.count())
    page = read(client, f"/flows/thanks/try?event={event.pk}")
    assert "The flow would start. It would come to its end." in page
    assert "Thank you #2" in page and "It held" in page
    assert "Order › Total" in page
    assert "Card 1 of 4" in read(client, f"/flows/thanks/try?event={event.pk}&step=1")
    assert (Run.objects.count(), Effect.objects.count(), Event.objects.count()) == before


def test_a_trial_says_why_it_would_not_start(shop: Shop, client: Client) -> None:
    put(shop, order("3", "20.00"))
    services.save_draft(shop.pk, THANKS)
    page = read(client, f"/flows/thanks/try?event={Event.objects.get(uid='order.paid-3').pk}")
    assert "The flow would not start" in page
    assert "order.total >= 100 did not hold" in page.replace("  ", " ")
    assert "Order › Total: 20" in page


def test_the_message_is_alone_in_its_frame_in_the_language_asked_for(shop: Shop, client: Client) -> None:
    put(shop, order("2", "700.00"))
    text = THANKS.replace(
        '{subject: "Thank you {{ order.number }}", text: "Dear customer"}', "{template: order-confirmation}"
    )
    services.save_draft(shop.pk, text)
    query = f"event={Event.objects.get(uid='order.paid-2').pk}&open=1.then.0"
    answer = client.get(f"/flows/thanks/try/mail?{query}&reader=ro")
    assert answer.status_code == 200 and "sandbox" in answer["Content-Security-Policy"]
    assert answer["X-Frame-Options"] == "SAMEORIGIN"
    romanian, english = (
        answer.content.decode(),
        client.get(f"/flows/thanks/try/mail?{query}&reader=en").content.decode(),
    )
    assert 'lang="ro"' in romanian and 'lang="en"' in english
    page = client.get(f"/flows/thanks/try?{query}&reader=pt").content.decode()
    assert "<iframe" in page and "sandbox" in page and "Recebemos" in page
    assert "<iframe" not in client.get(f"/flows/thanks/try?{query}&look=text").content.decode()


def test_a_draft_with_problems_names_them_instead(shop: Shop, client: Client) -> None:
    put(shop, order("2", "700.00"))
    publish(shop, THANKS)
    Flow.objects.filter(name="thanks").update(draft=THANKS.replace("order.total >= 500", "order.totl >= 500"))
    assert "1 problem to mend before it can be tried" in read(client, "/flows/thanks/try")


def test_nobody_tries_on_another_shops_event(shop: Shop, client: Client) -> None:
    other = make_shop("other", "Other")
    put(other, order("secret", "700.00"))
    publish(shop, THANKS)
    event = Event.objects.get(uid="order.paid-secret")
    page = read(client, f"/flows/thanks/try?event={event.pk}")
    assert "secret" not in page and "would start" not in page
    assert client.get(f"/flows/thanks/try/mail?event={event.pk}&open=1.then.0").status_code == 404
    publish(other, THANKS.replace("flow: thanks", "flow: theirs"))
    for address in ("try", "versions", "compare", "try/mail"):
        assert client.get(f"/flows/theirs/{address}").status_code == 404


# --- versions ------------------------------------------------------------------------------------------


def test_versions_are_listed_compared_and_rolled_back_with_a_way_back(shop: Shop, client: Client) -> None:
    publish(shop, THANKS, note="the first")
    put(shop, order("1", "150.00"))
    changed = THANKS.replace("wait: 2d", "wait: 3d").replace("order.total >= 100", "order.total >= 90")
    publish(shop, changed + "  - log: {text: done}\n", note="longer")
    page = read(client, "/flows/thanks/versions")
    assert "the first" in page and "longer" in page and "ana@example.com" in page

    page = read(client, "/flows/thanks/compare?before=1&after=2")
    assert "1 step added" in page and "1 step changed" in page and "Start and rules changed" in page
    assert "2d became 3d" in page and "trigger.when" in page
    yaml = client.get("/flows/thanks/compare?before=1&after=2&look=yaml").content.decode()
    assert re.search(r'class="removed">.*?<td class="no">6</td>.*?wait: 2d', yaml, re.DOTALL)

    answer = client.post("/flows/thanks/versions/1/roll-back", follow=True)
    page = words(answer.content.decode())
    assert "Version 3 is live, made from version 1." in page and "Version 2 was live before." in page
    assert FlowVersion.objects.get(flow__name="thanks", number=3).document == THANKS
    line = Audit.objects.get(action="flow.rolled_back")
    assert line.by == "ana@example.com" and line.details == {"version": 3, "to": 1, "from": 2}
    client.post("/flows/thanks/versions/2/roll-back")
    assert "wait: 3d" in FlowVersion.objects.get(flow__name="thanks", number=4).document


def test_rolling_back_keeps_the_draft_somebody_works_on(shop: Shop, client: Client) -> None:
    publish(shop, THANKS)
    publish(shop, THANKS.replace("2d", "3d"))
    draft = THANKS.replace("2d", "9d")
    services.save_draft(shop.pk, draft)
    client.post("/flows/thanks/versions/1/roll-back")
    flow = Flow.objects.get(name="thanks")
    assert (flow.version, flow.draft) == (3, draft)


def test_a_paused_flow_stays_paused_and_the_live_version_is_no_way_back(shop: Shop, client: Client) -> None:
    publish(shop, THANKS)
    publish(shop, THANKS.replace("2d", "3d"))
    services.set_status(shop.pk, "thanks", "paused", "ana@example.com")
    client.post("/flows/thanks/versions/1/roll-back")
    assert Flow.objects.get(name="thanks").status == "paused"
    answer = client.post("/flows/thanks/versions/3/roll-back", follow=True)
    assert "version 3 is the one that is live" in words(answer.content.decode())
    assert FlowVersion.objects.filter(flow__name="thanks").count() == 3


def test_who_may_not_write_flows_may_not_roll_back(shop: Shop) -> None:
    publish(shop, THANKS)
    publish(shop, THANKS.replace("2d", "3d"))
    viewer = signed_in(person(shop, "vic@example.com", "viewer"))
    assert viewer.post("/flows/thanks/versions/1/roll-back").status_code == 403
    assert "Roll back" not in read(viewer, "/flows/thanks/versions")


def test_the_draft_beside_what_is_live_says_which_runs_could_move(shop: Shop, client: Client) -> None:
    publish(shop, THANKS)
    put(shop, order("1", "150.00"))
    services.save_draft(shop.pk, THANKS.replace("  - wait: 2d\n", "  - log: {text: at once}\n"))
    page = read(client, "/flows/thanks/compare")
    assert "1 run is under way" in page and "No, its step is gone or different" in page
    assert "Go on to publish" in page


def test_publishing_says_which_runs_could_move(shop: Shop, client: Client) -> None:
    publish(shop, THANKS)
    put(shop, order("1", "150.00"), order("2", "160.00"))
    services.save_draft(shop.pk, THANKS.replace("wait: 2d", "wait: 4d"))
    page = read(client, "/flows/thanks/builder?publish=1")
    assert "2 runs are under way" in page and "Where they stand; 2 of 2 can move" in page


# --- the run on its cards ------------------------------------------------------------------------------


def test_a_run_lies_over_its_cards(shop: Shop, client: Client) -> None:
    publish(shop, THANKS)
    put(shop, order("1", "150.00"))
    page = read(client, f"/runs/{Run.objects.get(flow__name='thanks').uid}")
    assert "On the flow's cards" in page and "Stands here now" in page and "Goes on by itself on" in page


# --- why -----------------------------------------------------------------------------------------------


def test_why_answers_for_every_flow_in_a_sentence(shop: Shop, client: Client) -> None:
    publish(shop, THANKS)
    other = THANKS.replace("flow: thanks", "flow: huge").replace("Thank big", "Thank huge").replace(">= 100", ">= 9999")
    publish(shop, other)
    publish(shop, "flow: never\nname: Never\ntrigger: {event: custom.never}\nsteps: [log: {text: x}]\n")
    put(shop, order("1", "150.00"))
    for asked in ("%231", "mara@example.com"):
        page = read(client, f"/why?subject={asked}")
        assert re.search(r"Thank big orders Ran .*?\. It is still under way\.", page)
        assert "Thank huge orders Did not start: The condition order.total >= 9999 did not hold." in page
        assert "Never Nothing came that starts it: it starts on custom.never" in page
    assert "No flow ever looked at it" in read(client, "/why?subject=%23404")


# --- the map -------------------------------------------------------------------------------------------


def test_the_map_names_what_is_in_the_way(shop: Shop, client: Client) -> None:
    publish(shop, THANKS)
    assert "Nothing is in the way" in read(client, "/flows/map")
    second = (
        THANKS.replace("flow: thanks", "flow: again")
        .replace("Thank big orders", "Again")
        .replace("add_tag", "remove_tag")
    )
    (fought, mails) = conflicts_of(shop, second)
    assert (fought.kind, fought.path) == ("tag_fought", "1.else.0")
    assert (mails.kind, mails.path, mails.tone) == ("same_mail", "1.then.0", "lamp")
    publish(shop, second)
    page = read(client, "/flows/map")
    assert "both “Again” ( Thank you" in page or "both “Thank big orders” ( Thank you" in page
    assert "takes it off" in page and "Order paid" in page
    assert conflicts_of(make_shop("other", "Other"), second) == []


def test_a_flow_that_would_start_itself_is_named_before_it_is_published(shop: Shop) -> None:
    text = "flow: echo\nname: Echo\ntrigger: {event: custom.echo}\nsteps: [events.emit: {type: custom.echo}]\n"
    (conflict,) = conflicts_of(shop, text)
    assert (conflict.kind, conflict.tone) == ("loop", "bad")
    assert "“Echo” starts itself over" in str(conflict.say)
