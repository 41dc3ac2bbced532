"""Writes through the API: repeats are safe, two editors never overwrite each other, secrets are shown once."""

from __future__ import annotations

import json
import threading
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import connection as django_connection
from django.test import Client
from seeding import Seeded, make_shop
from test_actions import work
from test_api import Caller

from sereno.api import repeating
from sereno.store.keys import issue
from sereno.store.models import ApiAnswer, Audit, Effect, Event, Flow, Webhook

DRAFT = "flow: hello\nname: Hello\ntrigger: {event: order.paid}\nsteps:\n  - log: {text: hi}\n"


class Writer(Caller):
    """May do everything; `headers` go with one call."""

    def __init__(self, shop: Any, scopes: str = "read write settings") -> None:
        super().__init__(shop, scopes)

    def call(self, method: str, path: str, body: Any = None, **headers: str) -> Any:
        given = {f"HTTP_{name.upper()}": value for name, value in headers.items()}
        document = json.dumps(body if body is not None else {})
        return self.client.generic(method, f"/api/v1/{path}", document, "application/json", **self.headers, **given)


# --- problem details --------------------------------------------------------------------------------


def test_every_refusal_is_a_problem_with_a_code(seeded: Seeded) -> None:
    writer, reader = Writer(seeded.shop), Writer(seeded.shop, "read")
    bare = Client()
    broken = writer.client.generic("POST", "/api/v1/events", "{", "application/json", **writer.headers)
    found = {
        "key.missing": bare.get("/api/v1/flows"),
        "key.scope": reader.call("POST", "webhooks", {}),
        "not_found": writer.get("flows/absent/draft"),
        "method.not_allowed": writer.call("DELETE", "flows"),
        "request.invalid": writer.call("POST", "flows", {"name": 7}),
        "request.unreadable": broken,
        "refused": writer.call("POST", "flows", {"name": "thanks"}),
        "precondition.missing": writer.call("PUT", "flows/thanks/draft", {"text": DRAFT}),
    }
    for code, answer in found.items():
        assert answer["Content-Type"] == "application/problem+json", code
        document = answer.json()
        assert (document["code"], document["status"]) == (code, answer.status_code)
        assert document["detail"] and document["type"].endswith(code) and document["title"]
    assert found["method.not_allowed"]["Allow"]
    assert bare.get("/api/v1/nothing/here").json()["code"] == "not_found"


# --- repeats ----------------------------------------------------------------------------------------


def test_a_repeat_gets_the_first_answer_and_nothing_happens_twice(seeded: Seeded) -> None:
    writer = Writer(seeded.shop)
    body = {"name": "ERP", "url": "https://erp.example/hooks", "types": ["run.failed"]}
    first = writer.call("POST", "webhooks", body, idempotency_key="one")
    again = writer.call("POST", "webhooks", body, idempotency_key="one")
    assert first.status_code == again.status_code == 201
    assert again.json() == first.json() and again["Location"] == first["Location"]
    assert again["Idempotency-Replayed"] == "true" and not first.has_header("Idempotency-Replayed")
    assert Webhook.objects.count() == 1
    assert b"whsec" not in bytes(ApiAnswer.objects.get().body), "what is kept is encrypted"
    other = writer.call("POST", "webhooks", {**body, "name": "CRM"}, idempotency_key="one")
    assert other.status_code == 422 and other.json()["code"] == "idempotency.mismatch"
    assert writer.call("POST", "webhooks", body, idempotency_key="two words").status_code == 422


def test_keys_of_others_are_others(seeded: Seeded) -> None:
    body = {"name": "hello", "text": DRAFT}
    mine, theirs = Writer(seeded.shop), Writer(make_shop(slug="other"))
    assert mine.call("POST", "flows", body, idempotency_key="one").status_code == 201
    assert theirs.call("POST", "flows", body, idempotency_key="one").status_code == 201
    assert Flow.objects.filter(name="hello").count() == 2


def test_a_revoked_key_gets_no_kept_answer(seeded: Seeded) -> None:
    writer = Writer(seeded.shop)
    assert writer.call("POST", "flows", {"name": "hello"}, idempotency_key="one").status_code == 201
    key = writer.get("keys").json()["items"][0]["id"]
    assert writer.call("DELETE", f"keys/{key}").status_code == 204
    assert writer.call("POST", "flows", {"name": "hello"}, idempotency_key="one").status_code == 401


def test_what_is_refused_is_kept_too_and_what_broke_is_not(seeded: Seeded, monkeypatch: pytest.MonkeyPatch) -> None:
    writer = Writer(seeded.shop)
    refused = writer.call("POST", "flows", {"name": "thanks"}, idempotency_key="one")
    assert refused.status_code == 409
    assert writer.call("POST", "flows", {"name": "thanks"}, idempotency_key="one")["Idempotency-Replayed"] == "true"
    writer.client.raise_request_exception = False
    with monkeypatch.context() as patch:

        def broken(*_: Any, **__: Any) -> Any:
            raise RuntimeError("on purpose")

        patch.setattr("sereno.runtime.drafting.create_draft", broken)
        fault = writer.call("POST", "flows", {"name": "hello"}, idempotency_key="two")
        assert fault.status_code == 500 and fault.json()["code"] == "fault"
    assert writer.call("POST", "flows", {"name": "hello"}, idempotency_key="two").status_code == 201


def test_answers_are_kept_for_a_day(seeded: Seeded) -> None:
    writer = Writer(seeded.shop)
    assert writer.call("POST", "flows", {"name": "hello"}, idempotency_key="one").status_code == 201
    ApiAnswer.objects.update(begun_at=datetime.now(UTC) - timedelta(hours=25))
    assert writer.call("POST", "flows", {"name": "hello"}, idempotency_key="one").status_code == 409, "done anew"


def test_duplicates_at_the_same_moment_are_one(seeded: Seeded) -> None:
    token = issue(seeded.shop.pk, "test", "read write settings", "ana@example.com")
    answers: list[Any] = []
    gate = threading.Barrier(6)

    def send() -> None:
        client = Client()
        gate.wait(120)
        try:
            answers.append(
                client.generic(
                    "POST",
                    "/api/v1/flows",
                    json.dumps({"name": "hello", "text": DRAFT}),
                    "application/json",
                    HTTP_AUTHORIZATION=f"Bearer {token}",
                    HTTP_IDEMPOTENCY_KEY="one",
                )
            )
        finally:
            django_connection.close()

    threads = [threading.Thread(target=send) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    statuses = sorted(answer.status_code for answer in answers)
    assert set(statuses) <= {201, 409} and 201 in statuses
    assert {answer.json()["code"] for answer in answers if answer.status_code == 409} <= {"idempotency.in_progress"}
    assert Flow.objects.filter(name="hello").count() == 1
    assert Audit.objects.filter(action="flow.drafted", target="hello").count() == 1


def test_a_request_whose_process_died_may_be_made_again(seeded: Seeded) -> None:
    writer = Writer(seeded.shop)
    assert writer.call("POST", "flows", {"name": "hello"}, idempotency_key="one").status_code == 201
    ApiAnswer.objects.update(status=None)
    assert writer.call("POST", "flows", {"name": "hello"}, idempotency_key="one").json()["code"] == (
        "idempotency.in_progress"
    )
    ApiAnswer.objects.update(begun_at=datetime.now(UTC) - repeating.GIVEN_UP - timedelta(seconds=1))
    assert writer.call("POST", "flows", {"name": "hello"}, idempotency_key="one").json()["code"] == "refused"


# --- drafts and versions ----------------------------------------------------------------------------


def test_two_editors_never_overwrite_each_other(seeded: Seeded) -> None:
    ana, eva = Writer(seeded.shop), Writer(seeded.shop)
    made = ana.call("POST", "flows", {"name": "hello", "text": DRAFT})
    tag = made["ETag"]
    assert made.status_code == 201 and eva.get("flows/hello/draft")["ETag"] == tag
    mine = ana.call("PUT", "flows/hello/draft", {"text": DRAFT.replace("hi", "A"), "what": "greets"}, if_match=tag)
    assert mine.status_code == 200 and mine["ETag"] != tag
    late = eva.call("PUT", "flows/hello/draft", {"text": DRAFT.replace("hi", "B")}, if_match=tag)
    assert late.status_code == 412 and late.json()["code"] == "draft.conflict"
    assert "A" in late.json()["current"]["text"] and late["ETag"] == mine["ETag"]
    assert late.json()["changes"][0]["what"] == "greets"
    back = eva.call("POST", "flows/hello/draft/undo", if_match=mine["ETag"])
    assert back.json()["text"] == DRAFT and back.json()["can_redo"]
    forth = eva.call("POST", "flows/hello/draft/redo", if_match=back["ETag"])
    assert "A" in forth.json()["text"]
    assert len(ana.get("flows/hello/draft/changes").json()["items"]) == 4
    assert ana.call("PUT", "flows/hello/draft", {"text": "x"}, if_match="nonsense").status_code == 412


def test_a_draft_keeps_its_problems_and_publishing_refuses_them(seeded: Seeded) -> None:
    writer = Writer(seeded.shop)
    tag = writer.call("POST", "flows", {"name": "hello", "text": DRAFT})["ETag"]
    wrong = writer.call("PUT", "flows/hello/draft", {"text": DRAFT.replace("log", "lgo")}, if_match=tag)
    (problem,) = wrong.json()["problems"]
    assert wrong.status_code == 200 and problem["path"] == "0" and problem["suggestion"] == "log"
    refused = writer.call("POST", "flows/hello/publish")
    assert refused.status_code == 422 and refused.json()["code"] == "flow.invalid"
    checked = writer.call("POST", "checks", {"text": DRAFT.replace("log", "lgo")}).json()
    assert checked["is_right"] is False and checked["problems"][0]["line"] == 5


def test_versions_are_compared_rolled_back_and_tried(seeded: Seeded) -> None:
    writer = Writer(seeded.shop)
    tag = writer.call("POST", "flows", {"name": "hello", "text": DRAFT})["ETag"]
    assert writer.call("POST", "flows/hello/publish", {"note": "first"}).json()["version"] == 1
    writer.call("PUT", "flows/hello/draft", {"text": DRAFT.replace("hi", "bye")}, if_match=tag)
    assert writer.get("flows/hello/diff", before="1").json()["text"].count("\n") >= 3
    assert writer.call("POST", "flows/hello/publish").json()["version"] == 2
    assert writer.get("flows/hello/diff", before="2", after="2").json()["is_same"]
    rolled = writer.call("POST", "flows/hello/versions/1/roll-back", {"note": "back"})
    assert rolled.json() == {"name": "hello", "version": 3}
    page = writer.get("flows/hello/versions", limit=2).json()
    assert [one["number"] for one in page["items"]] == [3, 2] and page["next"] == 2
    assert "hi" in writer.get("flows/hello/versions/3").json()["document"]
    paid = Event.objects.filter(type="order.paid").latest("id")
    tried = writer.call("POST", "trials", {"flow": "hello", "event": paid.pk}).json()
    assert tried["status"] == "finished", tried["skipped"]
    assert tried["effects"][0]["action"] == "log"
    assert not Effect.objects.filter(flow__name="hello").exists()


def test_flows_are_paged_by_name(seeded: Seeded) -> None:
    writer = Writer(seeded.shop)
    names, after = [], None
    for _ in range(20):
        page = writer.get("flows", limit=1, **({"after": after} if after else {})).json()
        names += [one["name"] for one in page["items"]]
        after = page["next"]
        if after is None:
            break
    assert names == sorted(names) and "thanks" in names and len(names) == len(set(names))


# --- the rest of what staff can do ------------------------------------------------------------------


def test_failed_effects_are_retried_and_skipped_by_cause(seeded: Seeded) -> None:
    writer = Writer(seeded.shop)
    (cause,) = writer.get("attention").json()["causes"]
    assert cause["count"] == 1 and cause["example"] == seeded.failed_effect.pk
    named = {name: cause[name] for name in ("action", "error", "connection")}
    skipped = writer.call("POST", "attention/skip", named).json()
    assert skipped["count"] == 1 and writer.get("attention").json()["causes"] == []
    assert writer.call("POST", "attention/unskip", skipped).json() == {"unskipped": 1}
    assert writer.call("POST", "attention/retry", named).json() == {"replayed": 1, "held_back": 1}


def test_connections_are_made_changed_and_their_secrets_rotated(seeded: Seeded) -> None:
    writer = Writer(seeded.shop)
    made = writer.call("POST", "connections", {"kind": "generic", "title": "Till", "make_secret": True})
    assert made.status_code == 201, made.json()
    name, secret = made.json()["name"], made.json()["secret"]
    assert made.json()["address"].endswith(f"/hooks/{name}") and secret
    assert secret not in writer.get(f"connections/{name}").content.decode()
    assert writer.call("POST", f"connections/{name}/secrets", {}).json()["secret"] not in (None, secret)
    closed = writer.call("PATCH", f"connections/{name}", {"is_active": False, "title": "Old till"})
    assert closed.json()["is_active"] is False and closed.json()["title"] == "Old till"
    assert writer.call("DELETE", f"connections/{name}").status_code == 204
    assert writer.call("POST", f"connections/{name}/put-back").json()["is_active"] is True
    assert "generic" in {one["kind"] for one in writer.get("connectors").json()["items"]}
    other = Writer(make_shop(slug="other"))
    assert other.get(f"connections/{name}").status_code == 404
    assert other.call("PATCH", f"connections/{name}", {"title": "mine"}).status_code == 404


def test_a_key_gives_no_more_than_it_has(seeded: Seeded) -> None:
    writer = Writer(seeded.shop, "read settings")
    made = writer.call("POST", "keys", {"name": "report", "scopes": ["read"]})
    assert made.status_code == 201 and made.json()["key"].startswith("sereno_")
    assert made.json()["key"] not in writer.get("keys").content.decode()
    refused = writer.call("POST", "keys", {"name": "more", "scopes": ["work"]})
    assert refused.status_code == 403 and refused.json()["code"] == "key.scope"
    assert writer.get("audit", action="key.*").json()["items"][0]["action"] == "key.made"
    assert writer.get("people").json()["items"][0]["role"]


def test_people_are_invited_changed_and_taken_out(seeded: Seeded) -> None:
    writer, other = Writer(seeded.shop), Writer(make_shop(slug="other"))
    made = writer.call("POST", "people/invitations", {"email": "New@Example.com", "role": "support"})
    assert made.status_code == 201 and made.json()["email"] == "new@example.com"
    assert writer.client.get(f"/join/{made.json()['token']}").status_code == 200
    listed = writer.get("people/invitations")
    assert [one["id"] for one in listed.json()["items"]] == [made.json()["id"]]
    assert made.json()["token"] not in listed.content.decode()
    assert other.call("DELETE", f"people/invitations/{made.json()['id']}").status_code == 404
    assert writer.call("DELETE", f"people/invitations/{made.json()['id']}").status_code == 204
    assert writer.client.get(f"/join/{made.json()['token']}").status_code == 404
    assert writer.call("POST", "people/invitations", {"email": "nobody"}).status_code == 422
    people = {one["role"]: one for one in writer.get("people").json()["items"]}
    viewer, owner = people["viewer"]["id"], people["owner"]["id"]
    changed = writer.call("PATCH", f"people/{viewer}", {"role": "marketer"})
    assert changed.status_code == 200 and changed.json()["role"] == "marketer"
    assert writer.call("PATCH", f"people/{viewer}", {"role": "owner"}).status_code == 422
    assert other.call("DELETE", f"people/{viewer}").status_code == 404
    assert writer.call("PATCH", f"people/{owner}", {"role": "viewer"}).status_code == 409
    assert writer.call("DELETE", f"people/{owner}").status_code == 409
    assert writer.call("DELETE", f"people/{viewer}").status_code == 204
    weak = Writer(seeded.shop, "read settings").call(
        "POST", "people/invitations", {"email": "a@example.com", "role": "marketer"}
    )
    assert weak.status_code == 403 and weak.json()["code"] == "key.scope"
    actions = [one["action"] for one in writer.get("audit", action="person.*").json()["items"]]
    assert actions == ["person.removed", "person.role_changed", "person.uninvited", "person.invited"]


def test_webhooks_from_making_to_removing(seeded: Seeded) -> None:
    writer, other = Writer(seeded.shop), Writer(make_shop(slug="other"))
    wanted = {"name": "ERP", "url": "https://erp.invalid/hooks", "types": ["run.finished"]}
    made = writer.call("POST", "webhooks", wanted).json()
    assert made["secret"].startswith("whsec_")
    at = f"webhooks/{made['id']}"
    assert made["secret"] not in writer.get(at).content.decode() + writer.get("webhooks").content.decode()
    assert "run.finished" in {one["type"] for one in writer.get("webhook-types").json()["items"]}
    assert writer.call("POST", f"{at}/secret").json()["secret"] != made["secret"]
    message = writer.call("POST", f"{at}/test").json()["message"]
    work()
    (sent,) = writer.get(f"{at}/messages").json()["items"]
    assert (sent["id"], sent["type"]) == (message, "webhook.test")
    assert writer.call("PATCH", at, {"types": ["*"]}).json()["types"] == ["*"]
    assert writer.call("POST", f"{at}/status", {"status": "paused"}).json()["status"] == "paused"
    assert writer.call("POST", "webhooks", {**wanted, "types": ["run.done"]}).status_code == 409
    for method, path in (("GET", at), ("PATCH", at), ("DELETE", at), ("POST", f"{at}/test"), ("POST", f"{at}/resend")):
        assert other.call(method, path).status_code == 404, path
    assert writer.call("DELETE", at).status_code == 204
    assert writer.get(at).status_code == 404
