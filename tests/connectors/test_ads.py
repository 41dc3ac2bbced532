"""Advertisers' platforms: people as hashes in batches, who was turned away, and campaigns that stop and run again; each
as its published schema has it. And the actions: only what Sereno paused runs again."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from bodies import connector_of

from sereno.modules.ads.actions import AdConfig, pause, resume
from sereno.sdk.ads import SetAdRunning
from sereno.sdk.audience import Person, PushPeople, RemovePeople
from sereno.sdk.context import Context, ShopFacts
from sereno.sdk.ports import HttpAnswer, HttpRequest, Marks
from sereno.sdk.result import Done, Fail, Result, Retry
from sereno.sdk.stores import Call, Exchange, StoreApi, StoreBusy, StoreLimited, StoreRefused, Written
from sereno.sdk.tools import Tools

NOW = datetime(2026, 11, 27, 9, 0, tzinfo=UTC)
ANA = Person("7", "Ana@Example.com", "+34600111222", "Ana María", "Núñez", "ES", "San Sebastián", "20 001")
BEN = Person("8", "", "+34600111223")
NOBODY = Person("9")
ACCESS = {
    "metaads": {"token": "EAAB", "account": "act_42"},
    "googleads": {
        "developer_token": "dev", "client_id": "c", "client_secret": "s", "refresh_token": "r",
        "account": "123-456-7890", "manager": "999-000-1111",
    },
}  # fmt: skip
TOKEN = {"access_token": "ya29", "expires_in": 3599, "token_type": "Bearer"}


@dataclass
class Wire:
    """Answers in their order, and keeps what it was asked."""

    answers: list[tuple[int, Any]]
    asked: list[HttpRequest] = field(default_factory=list)

    def send(self, request: HttpRequest) -> HttpAnswer:
        self.asked.append(request)
        status, body = self.answers.pop(0)
        return HttpAnswer(status, {}, json.dumps(body).encode())

    def said(self, number: int) -> tuple[str, str, Any]:
        """Method, address below the version, body."""
        one = self.asked[number]
        parts = urlsplit(one.url)
        is_json = (one.body or b"").startswith(b"{")
        body = json.loads(one.body or b"") if is_json else (one.body or b"").decode()
        return (
            one.method,
            parts.path.partition("/v2")[2].partition("/")[2] + ("?" + parts.query if parts.query else ""),
            body,
        )


def sha(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def wired(kind: str, *answers: tuple[int, Any], attempt: int = 1) -> tuple[StoreApi, Wire, Call]:
    api = connector_of(kind).store
    assert api is not None and api.tool is not None
    first = [(200, TOKEN)] if kind == "googleads" else []
    wire = Wire([*first, *answers])
    return api, wire, Call(Exchange(wire, {}, ACCESS[kind], api.sign), "run1/0", attempt, NOW)


def audience(api: StoreApi) -> Any:
    assert api.tool is not None and api.tool.audience is not None and api.tool.audience.needs_consent
    return api.tool.audience


def test_meta_gets_each_person_as_a_row_of_hashes_in_one_session() -> None:
    said = {"audience_id": "5", "session_id": "1", "num_received": 2, "num_invalid_entries": 1}
    api, wire, call = wired("metaads", (200, said), (200, said))
    done = audience(api).push(call, PushPeople("5", (ANA, BEN, NOBODY)))
    assert done.value["taken"] == 1 and done.value["invalid"] == 1
    assert [(one["key"], one["code"]) for one in done.value["turned"]] == [("9", "address.missing")]
    method, path, body = wire.said(0)
    assert (method, path) == ("POST", "5/users") and wire.asked[0].headers["Authorization"] == "Bearer EAAB"
    schema, (ana, ben) = body["payload"]["schema"], body["payload"]["data"]
    row = dict(zip(schema, ana, strict=True))
    assert row["EMAIL"] == sha("ana@example.com") and row["PHONE"] == sha("34600111222")
    assert row["FN"] == sha("anamaría") and row["CT"] == sha("sansebastián") and row["ZIP"] == sha("20001")
    assert row["COUNTRY"] == sha("es") and dict(zip(schema, ben, strict=True))["EMAIL"] == ""
    assert b"example.com" not in (wire.asked[0].body or b"")
    audience(api).push(call, PushPeople("5", (ANA, BEN, NOBODY)))
    assert wire.said(1)[2]["session"] == body["session"], "sent once more it is the same batch"


def test_meta_replaces_a_list_in_one_session() -> None:
    said = {"num_received": 1, "num_invalid_entries": 0}
    api, wire, call = wired("metaads", (200, said), (200, said))
    done = audience(api).replace(call, "5", [[ANA, NOBODY], [BEN]])
    assert done.value["taken"] == 2 and [one["key"] for one in done.value["turned"]] == ["9"]
    first, last = wire.said(0), wire.said(1)
    assert first[:2] == last[:2] == ("POST", "5/usersreplace")
    assert first[2]["session"]["session_id"] == last[2]["session"]["session_id"]
    assert [(one[2]["session"]["batch_seq"], one[2]["session"]["last_batch_flag"]) for one in (first, last)] == [
        (1, False),
        (2, True),
    ]
    assert first[2]["session"]["estimated_num_total"] == 2
    with pytest.raises(StoreRefused, match="empties no list"):
        audience(api).replace(call, "5", [[NOBODY]])


def test_google_replaces_a_list_in_one_job_that_empties_it_first() -> None:
    job = (200, {"resourceName": "customers/1/offlineUserDataJobs/9"})
    api, wire, call = wired("googleads", job, (200, {}), (200, {}), (200, {}), (200, {}))
    done = audience(api).replace(call, "5", [[ANA], [BEN, NOBODY]])
    assert done.value["taken"] == 2 and done.value["job"].endswith("/9")
    ends = [wire.said(number)[1].rpartition(":")[2] for number in range(1, 6)]
    assert ends == ["create", "addOperations", "addOperations", "addOperations", "run"]
    assert wire.said(2)[2] == {"operations": [{"removeAll": True}]}
    assert all("create" in one for number in (3, 4) for one in wire.said(number)[2]["operations"])


def test_how_many_are_on_a_list_is_said_where_the_platform_does() -> None:
    rows = [{"id": "5", "name": "VIP", "approximate_count_lower_bound": 1200}]
    rows += [{"id": "6", "name": "New", "approximate_count_lower_bound": -1}]
    api, _, call = wired("metaads", (200, {"data": rows}))
    assert [one.count for one in audience(api).lists(call.exchange)] == [1200, None]
    found = [{"userList": {"id": "7", "name": "All", "sizeForDisplay": "5400"}}, {"userList": {"id": "8", "name": "N"}}]
    api, wire, call = wired("googleads", (200, {"results": found}))
    assert [one.count for one in audience(api).lists(call.exchange)] == [5400, None]
    assert "membership_status = 'OPEN'" in wire.said(1)[2]["query"], "what is closed takes nobody"


def test_meta_takes_people_off_and_knows_its_lists() -> None:
    api, wire, call = wired("metaads", (200, {"num_received": 1}), (200, {"data": [{"id": "5", "name": "VIP"}]}))
    assert audience(api).remove(call, RemovePeople("5", (ANA,))).value["taken"] == 1
    assert wire.said(0)[:2] == ("DELETE", "5/users")
    assert [(one.id, one.name) for one in audience(api).lists(call.exchange)] == [("5", "VIP")]
    assert audience(api).push(call, PushPeople("5", (NOBODY,))).value["taken"] == 0 and len(wire.asked) == 2
    with pytest.raises(StoreRefused):
        audience(api).push(call, PushPeople("../me", (ANA,)))


@pytest.mark.parametrize(
    ("error", "kind", "code"),
    [
        ({"code": 190, "message": "expired"}, StoreRefused, "store.key_refused"),
        ({"code": 200, "message": "permissions"}, StoreRefused, "store.key_refused"),
        ({"code": 80003, "message": "too many"}, StoreLimited, ""),
        ({"code": 2, "message": "later", "is_transient": True}, StoreBusy, ""),
        ({"code": 100, "error_subcode": 33, "message": "gone"}, StoreRefused, "store.not_found"),
        ({"code": 100, "error_subcode": 1713230, "error_user_msg": "Appeal first"}, StoreRefused, "store.refused"),
    ],
)
def test_what_meta_refuses_says_what_to_do(error: Any, kind: type[Exception], code: str) -> None:
    api, _wire, call = wired("metaads", (400, {"error": error}))
    with pytest.raises(kind) as found:
        audience(api).push(call, PushPeople("5", (ANA,)))
    assert getattr(found.value, "code", "") == code and (error.get("error_user_msg") or error["message"]) in str(
        found.value
    )


def test_google_gets_a_job_of_hashes_with_the_consent_and_says_whom_it_refused() -> None:
    failure = {"partialFailureError": {"code": 3, "details": [{"errors": [{
        "message": "bad identifier",
        "location": {"fieldPathElements": [{"fieldName": "operations", "index": 1}, {"fieldName": "create"}]},
    }]}]}}  # fmt: skip
    job = "customers/1234567890/offlineUserDataJobs/77"
    api, wire, call = wired("googleads", (200, {"resourceName": job}), (200, failure), (200, {"name": "op"}))
    done = audience(api).push(call, PushPeople("5", (ANA, BEN, NOBODY)))
    assert done.value["taken"] == 1 and done.value["job"] == job
    codes = {one["key"]: one["code"] for one in done.value["turned"]}
    assert codes == {"9": "address.missing", "8": "person.refused"}
    assert parse_qs(wire.said(0)[2])["grant_type"] == ["refresh_token"]
    made = wire.said(1)
    assert made[1] == "customers/1234567890/offlineUserDataJobs:create"
    about = made[2]["job"]["customerMatchUserListMetadata"]
    assert about["userList"] == "customers/1234567890/userLists/5" and about["consent"]["adUserData"] == "GRANTED"
    assert wire.asked[1].headers["login-customer-id"] == "9990001111"
    (first, second) = wire.said(2)[2]["operations"]
    assert first["create"]["userIdentifiers"] == [
        {"hashedEmail": sha("ana@example.com")}, {"hashedPhoneNumber": sha("+34600111222")},
    ]  # fmt: skip
    assert second["create"]["userIdentifiers"] == [{"hashedPhoneNumber": sha("+34600111223")}]
    assert wire.said(3)[1] == f"{job}:run"


def test_google_takes_people_off_without_a_word_on_consent() -> None:
    api, wire, call = wired(
        "googleads", (200, {"resourceName": "customers/1/offlineUserDataJobs/7"}), (200, {}), (200, {})
    )
    assert audience(api).remove(call, RemovePeople("5", (ANA,))).value["taken"] == 1
    assert "consent" not in wire.said(1)[2]["job"]["customerMatchUserListMetadata"]
    assert "remove" in wire.said(2)[2]["operations"][0]


def test_a_key_google_does_not_take_is_said() -> None:
    api, wire, call = wired("googleads")
    wire.answers[0] = (400, {"error": "invalid_grant", "error_description": "Token has been revoked."})
    with pytest.raises(StoreRefused, match="revoked") as found:
        audience(api).push(call, PushPeople("5", (ANA,)))
    assert found.value.code == "store.key_refused"


def run(kind: str, act: SetAdRunning, *answers: tuple[int, Any]) -> tuple[Written, Wire]:
    api, wire, call = wired(kind, *answers)
    assert api.tool is not None
    return api.tool.acts[SetAdRunning](call, act), wire


@pytest.mark.parametrize(
    ("was", "wanted", "changed"), [("ACTIVE", False, True), ("PAUSED", False, False), ("DELETED", True, False)]
)
def test_meta_stops_a_campaign_only_where_it_runs(was: str, wanted: bool, changed: bool) -> None:
    done, wire = run(
        "metaads", SetAdRunning("12", wanted), (200, {"id": "12", "status": was}), (200, {"success": True})
    )
    assert done.value["changed"] is changed and len(wire.asked) == 1 + changed
    if changed:
        assert wire.said(1) == ("POST", "12", {"status": "PAUSED"})


@pytest.mark.parametrize(
    ("kind", "id", "row", "plural"),
    [
        ("campaign", "12", {"campaign": {"status": "PAUSED"}}, "campaigns"),
        ("group", "12", {"adGroup": {"status": "PAUSED"}}, "adGroups"),
        ("ad", "12~34", {"adGroupAd": {"status": "PAUSED"}}, "adGroupAds"),
    ],
)
def test_google_has_a_campaign_a_group_or_an_ad_run_again(kind: Any, id: str, row: Any, plural: str) -> None:
    done, wire = run("googleads", SetAdRunning(id, True, kind), (200, {"results": [row]}), (200, {"results": [{}]}))
    assert done.value == {"changed": True, "was": "paused"}
    name = f"customers/1234567890/{plural}/{id}"
    assert wire.said(2)[1] == f"customers/1234567890/{plural}:mutate"
    assert wire.said(2)[2]["operations"] == [
        {"update": {"resourceName": name, "status": "ENABLED"}, "updateMask": "status"}
    ]
    with pytest.raises(StoreRefused):
        run("googleads", SetAdRunning("1' OR 1=1", True, kind))


# --- the actions ------------------------------------------------------------------------------------


@dataclass
class Platform:
    """Marks and tools of one shop; answers as the test says."""

    answers: list[Result]
    marks: dict[tuple[str, str], str] = field(default_factory=dict)
    acts: list[SetAdRunning] = field(default_factory=list)

    def get(self, product: str, kind: str) -> str | None:
        return self.marks.get((product, kind))

    def put(self, product: str, kind: str, text: str) -> None:
        assert len(kind) <= 64
        self.marks[product, kind] = text

    def remove(self, product: str, kind: str) -> None:
        self.marks.pop((product, kind), None)

    def do(self, act: SetAdRunning, **_more: Any) -> Result:
        self.acts.append(act)
        if not act.is_running:
            assert self.marks, "it is written down before the platform is asked"
        return self.answers.pop(0)

    def context(self, product: str = "p1") -> Context:
        ports: dict[Any, Any] = {Marks: self, Tools: self}
        shop = ShopFacts(1, "Demo", "EUR", "UTC", "en", "")
        refs = {"product": product} if product else {}
        return Context("run1/0", 1, "f", "run1", "product:p1", shop, refs, {}, {}, {}, NOW, lambda kind: ports[kind])


def test_only_what_sereno_paused_runs_again() -> None:
    held = Platform([Done({"changed": True, "was": "running"}), Done({"changed": True, "was": "paused"})])
    assert pause(AdConfig(id="12"), held.context()) == Done({"changed": True, "was": "running", "reason": None})
    assert resume(AdConfig(id="12"), held.context("p2")) == Done({"changed": False, "reason": "not_ours"})
    assert isinstance(resume(AdConfig(id="12"), held.context()), Done) and held.marks == {}
    assert [one.is_running for one in held.acts] == [False, True]


@pytest.mark.parametrize("answer", [Done({"changed": False, "was": "paused"}), Fail("tool.none", "none")])
def test_what_somebody_else_paused_is_not_remembered_as_ours(answer: Result) -> None:
    held = Platform([answer])
    pause(AdConfig(id="12"), held.context())
    assert held.marks == {}


def test_a_try_whose_answer_was_lost_is_still_ours() -> None:
    held = Platform([Retry("tool.busy", "late"), Done({"changed": False, "was": "paused"})])
    assert isinstance(pause(AdConfig(id="12"), held.context()), Retry)
    pause(AdConfig(id="12"), held.context())
    assert len(held.marks) == 1, "it was paused by the try before"


def test_without_an_advertisement_or_a_product_nobody_is_asked() -> None:
    held = Platform([])
    assert pause(AdConfig(id=" "), held.context()) == Done({"changed": False, "reason": "no_ad"})
    assert isinstance(resume(AdConfig(id="12"), held.context("")), Fail) and held.acts == []
