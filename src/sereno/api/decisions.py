"""What a checkout offers: asked, tried, drafted, published, rolled back; and the keys of storefronts."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Annotated, Any

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404
from ninja import Field, Router, Schema, Status

from sereno.api import rows
from sereno.api.keys import caller, shop_of
from sereno.api.preconditions import IfMatch, version_in
from sereno.api.problems import Problem
from sereno.engine.decisions.document import DecisionsInvalid, read_plan
from sereno.modules.decisions.models import DecisionsVersion, Winner
from sereno.modules.insights.documents import flow_document
from sereno.modules.insights.results import results
from sereno.runtime.decisions import asking, keeping, telling
from sereno.runtime.experiments.measuring import measured_variants
from sereno.sdk.plugin import registry
from sereno.store import storefronts
from sereno.store.models import Shop, StorefrontKey

router = Router(tags=["Decisions"])
Id = Annotated[str, Field(max_length=100)]


class WhoAsks(Schema):
    id: str = Field("", max_length=200, description="The platform's id of the customer.")
    email: str = Field("", max_length=254)


class CheckoutFacts(Schema):
    """What is known of the checkout that asks. Only what the rules read is looked at."""

    visitor: dict[str, Any] = Field({}, description="`id` (what the browser is known by), `device`, `language`, ...")
    cart: dict[str, Any] = Field({}, description="As in `cart` of flows: `id`, `total`, `currency`, `lines`.")
    address: dict[str, Any] = Field({}, description="Where the goods go: `country`, `region`, `postal_code`.")
    customer: WhoAsks | None = Field(None, description="Who it is, as far as you know; their history is read by it.")
    options: dict[str, list[Id]] = Field(
        {}, description="Ids of what you have to offer just now, under `payment` and `delivery`; else all there are."
    )


class TrialFacts(CheckoutFacts):
    document: dict[str, Any] | None = Field(None, description="The document to try; left out, the draft.")


class OfferedOut(Schema):
    id: str
    name: str
    is_shown: bool
    by: list[str] = Field(description="Ids of the rules that had a word in it.")


class ArmOut(Schema):
    arm: str | None = Field(description="Null: this visitor is not asked about it.")
    values: dict[str, str]
    why: str = Field(description="`split`, `winner`, `not_asked`, `unknown` or `nobody`.")
    is_measured: bool
    error: str | None
    seen: dict[str, Any]


class ReasonOut(Schema):
    rule: str
    name: str
    do: str
    held: bool | None = Field(description="Null: it could not be answered, and did nothing.")
    options: list[str]
    kept: list[str] = Field(description="What it would have hidden, had it not been the last.")
    error: str | None
    seen: dict[str, Any]


class DecisionOut(Schema):
    version: int
    payment: list[OfferedOut]
    delivery: list[OfferedOut]
    variants: dict[str, ArmOut]
    why: list[ReasonOut]


class DecisionsOut(Schema):
    draft: dict[str, Any]
    revision: int
    version: int | None = Field(description="The live version; null before the first.")
    currency: str = Field(description="The shop's: amounts in conditions are numbers in it, and compared as they are.")


class DecisionsIn(Schema):
    document: dict[str, Any] = Field(description="`options`, `rules`, `variants`.")


class PublishIn(Schema):
    note: str = Field("", max_length=200)


class RollBackIn(Schema):
    version: int = Field(ge=1, le=1_000_000)


class PublishedOut(Schema):
    version: int


class VersionRow(Schema):
    number: int
    note: str
    published_by: str
    published_at: str | None
    document: dict[str, Any]


class VersionRows(Schema):
    items: list[VersionRow]


class CheckoutResults(Schema):
    currency: str
    confidence: float
    experiments: list[dict[str, Any]]
    decided: list[dict[str, Any]] = Field(description="How comparisons ended: `arm` is null when nobody won in time.")


class NewStorefrontKey(Schema):
    name: str = Field(min_length=1, max_length=100)
    origins: list[Annotated[str, Field(max_length=200)]] = Field(
        [], max_length=20, description="Sites whose pages may ask, such as `https://www.example.com`; none for any."
    )


class StorefrontKeyOut(Schema):
    id: int
    key: str
    name: str
    origins: list[str]
    created_by: str
    created_at: str | None
    revoked_at: str | None


class MadeStorefrontKey(StorefrontKeyOut):
    secret: str = Field(description="Shown only now. Your server signs with it who is signed in.")


class StorefrontKeys(Schema):
    items: list[StorefrontKeyOut]


@router.post("/decisions", response=DecisionOut)
def decide(request: HttpRequest, facts: CheckoutFacts) -> Any:
    """What this checkout is to offer, in this order, with which variant, and why. Visitors count in the variants they
    are given. The sender is believed about who the customer is."""
    # Written as it is: checking our own answer against its schema takes longer than making it.
    return JsonResponse(telling.told(asking.ask(shop_of(request).pk, _facts(facts))))


@router.post("/decisions/trials", response=DecisionOut)
def try_decisions(request: HttpRequest, facts: TrialFacts) -> dict[str, Any]:
    """What the draft, or the document given, would answer. Nothing is noted."""
    shop = shop_of(request).pk
    document = facts.document if facts.document is not None else keeping.read_kept(shop).draft
    answer = _sound(lambda: asking.rehearse(shop, read_plan(document, registry()), _facts(facts)))
    return telling.told_of(answer)


@router.get("/decisions/draft", response=DecisionsOut)
def show_decisions(request: HttpRequest, response: HttpResponse) -> dict[str, Any]:
    """The draft, which is what is published next, and the number of the live version."""
    shop = shop_of(request)
    return _draft(shop, keeping.read_kept(shop.pk), response)


@router.put("/decisions/draft", response=DecisionsOut)
def change_decisions(
    request: HttpRequest, response: HttpResponse, given: DecisionsIn, if_match: IfMatch = None
) -> dict[str, Any]:
    """Put another document in place of the draft. One with flaws is refused, each with its place."""
    shop, expected = shop_of(request), _revision(if_match)
    kept = _sound(lambda: keeping.keep_draft(shop.pk, given.document, caller(request), expected=expected))
    return _draft(shop, kept, response)


@router.post("/decisions/publish", response=PublishedOut)
def publish_decisions(request: HttpRequest, given: PublishIn, if_match: IfMatch = None) -> dict[str, int]:
    """Let the draft decide from now on."""
    shop, expected = shop_of(request).pk, _revision(if_match)
    return {"version": _sound(lambda: keeping.publish(shop, caller(request), note=given.note, expected=expected))}


@router.post("/decisions/rollback", response=PublishedOut)
def roll_back_decisions(request: HttpRequest, given: RollBackIn) -> dict[str, int]:
    """Publish an earlier version once more."""
    return {"version": _sound(lambda: keeping.roll_back(shop_of(request).pk, given.version, caller(request)))}


@router.get("/decisions/versions", response=VersionRows)
def list_decision_versions(request: HttpRequest) -> dict[str, Any]:
    """What was published, the newest 50 first."""
    found = DecisionsVersion.objects.filter(shop=shop_of(request)).order_by("-number")[:50]
    return {
        "items": [
            {
                "number": one.number,
                "note": one.note,
                "published_by": one.published_by,
                "published_at": rows.instant(one.published_at),
                "document": one.document,
            }
            for one in found
        ]
    }


@router.get("/decisions/results", response=CheckoutResults)
def show_variant_results(request: HttpRequest) -> dict[str, Any]:
    """The variants side by side, with intervals that hold however often one looks, and how comparisons ended."""
    shop = shop_of(request)
    live = asking.live_plan(shop.pk)
    experiments = {one.experiment.name: one.experiment for one in live.variants}
    found = measured_variants(shop.pk, shop.currency, experiments)
    today = (datetime.now(UTC).date() - date(1970, 1, 1)).days
    shown = flow_document("", "", shop.currency, results(experiments, found.sums, shop.currency, today))
    ended = Winner.objects.filter(shop=shop).order_by("-id")[:50]
    decided = [
        {
            "experiment": one.experiment,
            "design": one.design,
            "arm": one.arm or None,
            "at": rows.instant(one.at),
            **one.evidence,
        }
        for one in ended
    ]
    return {**{name: shown[name] for name in ("currency", "confidence", "experiments")}, "decided": decided}


@router.get("/storefront-keys", response=StorefrontKeys)
def list_storefront_keys(request: HttpRequest) -> dict[str, Any]:
    """Keys that stand in the shop's pages; they are no secret."""
    return {"items": [_key(one) for one in StorefrontKey.objects.filter(shop=shop_of(request)).order_by("-id")[:200]]}


@router.post("/storefront-keys", response={201: MadeStorefrontKey})
def create_storefront_key(request: HttpRequest, new: NewStorefrontKey) -> Any:
    """A key for the shop's pages, and the secret your server proves with who is signed in."""
    key, secret = storefronts.issue(shop_of(request).pk, new.name, new.origins, caller(request))
    return Status(201, {**_key(key), "secret": secret})


@router.delete("/storefront-keys/{int:id}", response={204: None})
def revoke_storefront_key(request: HttpRequest, id: rows.Id) -> Any:
    """Pages that carry it get no answer any more."""
    key = get_object_or_404(StorefrontKey, shop=shop_of(request), pk=id, revoked_at=None)
    storefronts.revoke(key, caller(request))
    return Status(204, None)


def _facts(given: CheckoutFacts) -> asking.Facts:
    try:
        return telling.facts_in(given.dict())
    except ValueError as error:
        raise Problem("request.invalid", str(error), {"fields": []}) from None


def _sound(what: Any) -> Any:
    try:
        return what()
    except DecisionsInvalid as invalid:
        fields = [{"at": flaw.path, "message": flaw.message} for flaw in invalid.flaws]
        raise Problem(
            "request.invalid", "The document is not right; each flaw names its place.", {"fields": fields}
        ) from None
    except keeping.DraftMoved as moved:
        raise Problem("decisions.conflict", str(moved)) from None


def _draft(shop: Shop, kept: keeping.Kept, response: HttpResponse) -> dict[str, Any]:
    response["ETag"] = f'"{kept.revision}"'
    held = {"draft": dict(kept.draft), "revision": kept.revision, "version": kept.version}
    return {**held, "currency": shop.currency}


def _revision(tag: str | None) -> int | None:
    """None where nobody asks for one; -1, which is no draft's, for what was never an ETag of ours."""
    return None if tag is None else version_in(tag)


def _key(row: StorefrontKey) -> dict[str, Any]:
    return {
        "id": row.pk,
        "key": row.token,
        "name": row.name,
        "origins": row.origins,
        "created_by": row.created_by,
        "created_at": rows.instant(row.created_at),
        "revoked_at": rows.instant(row.revoked_at),
    }
