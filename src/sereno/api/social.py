"""Posts on social networks, the accounts they go to, and the calendar."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Annotated, Any, Literal

from django.http import HttpRequest
from ninja import Field, Query, Router, Schema
from ninja import Status as Answer
from ninja.errors import HttpError

from sereno.api import rows
from sereno.api.keys import caller, shop_of
from sereno.api.problems import Problem
from sereno.modules.http.shops import shop_http
from sereno.modules.social.models import SocialCopy, SocialPost
from sereno.runtime.calendar import Entry
from sereno.runtime.social import accounts, undoing, writing
from sereno.runtime.social.calendar import everything
from sereno.runtime.social.plan import PostInvalid, read_habits, read_written
from sereno.store.database import default_database
from sereno.store.fields import instant_text

router = Router(tags=["Social posts"])
PostStatus = Literal["draft", "waiting", "scheduled", "published", "failed", "refused"]
LONGEST = timedelta(days=370)


class SocialPicture(Schema):
    name: str = Field(description="As Sereno keeps it: its SHA-256 and kind, such as `9f86….jpg`.")
    alt: str = Field("", max_length=4000, description="What it shows.")


class SocialPostIn(Schema):
    """`texts` are by language (`es`) or network (`mastodon`) where they differ from `text`. `plan`: `{kind: now | at |
    slot | best, at?, every?: days, until?}`."""

    text: str = Field("", max_length=70_000, description="Put `{link}` where the link belongs.")
    texts: dict[str, str] = Field({})
    title: str = Field("", max_length=200, description="Left out: the first line.")
    link: str = Field("", max_length=1000)
    campaign: str = Field("", max_length=100)
    accounts: list[int] = Field([])
    pictures: list[SocialPicture] = Field([])
    plan: dict[str, Any] = Field({})


class SocialCopyOut(Schema):
    id: int
    account: int
    network: str
    text: str
    status: str = Field(description="`planned`, `begun`, `published`, `failed`, `unclear` or `removed`.")
    url: str
    reason: str
    published_at: str | None
    likes: int | None
    reposts: int | None
    replies: int | None
    clicks: int | None
    views: int | None
    measured_at: str | None


class SocialPostOut(SocialPostIn):
    """`copies`: one for each account, once it is planned."""

    id: int
    status: PostStatus
    at: str | None = Field(description="When it goes, or went.")
    copies: list[SocialCopyOut]


class SocialPosts(Schema):
    items: list[SocialPostOut]
    next: int | None = Field(None, description="Give it as `before` for those that come after.")


class SocialDoing(Schema):
    do: Literal["schedule", "take_back", "withdraw"] = Field(description="`withdraw` takes a `copy` off its network.")
    copy_id: int | None = Field(None, description="Of `withdraw`: which copy.")


class SocialAccountIn(Schema):
    network: str = Field(max_length=16, description="`mastodon`, `bluesky`, `facebook`, `instagram`, `x` ...")
    title: str = Field("", max_length=100)
    language: str = Field("", max_length=2, description="Of its readers; left out: the shop's.")
    access: dict[str, str] = Field({}, description="Keys; one that is left out stays as it was.")
    settings: dict[str, str] = Field({})
    account: int | None = Field(None, description="The account to change; left out: a new one.")
    is_asked: bool = Field(True, description="Ask the network whether it takes the key before it is kept.")


class SocialAccountOut(Schema):
    id: int
    network: str
    title: str
    language: str
    known_as: str
    url: str
    is_active: bool
    given: list[str] = Field(description="Names of the keys that are kept; they are never given back.")
    expires_at: str | None = Field(description="When its key ends, where the network tells.")
    trouble: str = Field(description="Why the network last refused its key; empty: it did not.")


class SocialAccounts(Schema):
    items: list[SocialAccountOut]


class SocialHabits(Schema):
    times: list[str] = Field(description="Regular times on the shop's clock, such as `mon 09:00`.")
    approver: Literal["", "owner", "marketer"] = Field("", description="Who has to agree to every post.")


class CalendarEntry(Schema):
    at: str
    until: str | None
    kind: str = Field(description="`post`, `newsletter`, `launch`, `sale` or `content`.")
    title: str
    state: str = Field(description="`planned`, `running`, `done`, `failed` or `waiting`.")
    url: str


class CalendarEntries(Schema):
    items: list[CalendarEntry]


@router.get("/social/posts", response=SocialPosts)
def list_social_posts(
    request: HttpRequest,
    page: Query[rows.PageOf],
    status: Annotated[PostStatus | None, Query(description="Only with this status.")] = None,
) -> dict[str, Any]:
    """The newest first."""
    found = SocialPost.objects.filter(shop=shop_of(request))
    listed = rows.page_by_id(found.filter(status=status) if status else found, page, lambda row: row)
    held = listed["items"]
    return {**listed, "items": _shown(held)}


@router.post("/social/posts", response={201: SocialPostOut})
def make_social_post(request: HttpRequest, given: SocialPostIn) -> Answer[Any]:
    """A draft."""
    with _Refusals():
        written = read_written(given.dict())
        return Answer(201, _one(request, writing.create(shop_of(request).pk, written, caller(request))))


@router.get("/social/posts/{int:id}", response=SocialPostOut)
def show_social_post(request: HttpRequest, id: rows.Id) -> dict[str, Any]:
    """One, with what became of it on each account."""
    return _one(request, id)


@router.put("/social/posts/{int:id}", response=SocialPostOut)
def change_social_post(request: HttpRequest, id: rows.Id, given: SocialPostIn) -> dict[str, Any]:
    """While it is a draft."""
    with _Refusals():
        writing.change(shop_of(request).pk, id, read_written(given.dict()), caller(request))
    return _one(request, id)


@router.delete("/social/posts/{int:id}", response={204: None})
def drop_social_post(request: HttpRequest, id: rows.Id) -> Answer[Any]:
    """Throw a draft away."""
    with _Refusals():
        writing.discard(shop_of(request).pk, id, caller(request))
    return Answer(204, None)


@router.post("/social/posts/{int:id}/do", response=SocialPostOut)
def steer_social_post(request: HttpRequest, id: rows.Id, given: SocialDoing) -> dict[str, Any]:
    """Plan it as it says, take it back to change it, or take a published copy off its network."""
    shop, by = shop_of(request), caller(request)
    with _Refusals():
        match given.do:
            case "schedule":
                writing.schedule(shop.pk, id, by)
            case "take_back":
                writing.take_back(shop.pk, id, by)
            case "withdraw":
                if not SocialCopy.objects.filter(shop=shop, post=id, pk=given.copy_id).exists():
                    raise HttpError(404, f"post {id} has no copy {given.copy_id}")
                undoing.withdraw(shop.pk, given.copy_id or 0, by=by, http=shop_http(shop.settings))
    return _one(request, id)


@router.get("/social/accounts", response=SocialAccounts)
def list_social_accounts(request: HttpRequest) -> dict[str, Any]:
    """The accounts Sereno posts from, without their keys."""
    return {"items": [_account(one) for one in accounts.listed(shop_of(request).pk)]}


@router.put("/social/accounts", response=SocialAccountOut)
def put_social_account(request: HttpRequest, given: SocialAccountIn) -> dict[str, Any]:
    """Connect an account, or change one."""
    shop = shop_of(request)
    with _Refusals():
        kept = accounts.connect(
            shop.pk, given.network, given.access, given.settings, by=caller(request), title=given.title,
            language=given.language, account=given.account, http=shop_http(shop.settings) if given.is_asked else None,
        )  # fmt: skip
    return _account(kept)


@router.delete("/social/accounts/{int:id}", response={204: None})
def end_social_account(request: HttpRequest, id: rows.Id) -> Answer[Any]:
    """Forget an account's keys: nothing is posted from it any more."""
    with _Refusals():
        accounts.disconnect(shop_of(request).pk, id, by=caller(request))
    return Answer(204, None)


@router.get("/social/times", response=SocialHabits)
def show_social_times(request: HttpRequest) -> dict[str, Any]:
    """The shop's regular times, and who has to agree."""
    return writing.habits_of(shop_of(request).pk).document()


@router.put("/social/times", response=SocialHabits)
def put_social_times(request: HttpRequest, given: SocialHabits) -> dict[str, Any]:
    """Set them."""
    with _Refusals():
        habits = read_habits(given.dict())
    writing.set_habits(shop_of(request).pk, habits, caller(request))
    return habits.document()


@router.get("/calendar", response=CalendarEntries)
def show_calendar(
    request: HttpRequest,
    since: Annotated[datetime | None, Query(description="From this instant; left out: now.")] = None,
    until: Annotated[datetime | None, Query(description="Up to this instant; left out: 30 days later.")] = None,
) -> dict[str, Any]:
    """What goes out and when: posts, newsletters, launches, content of the site."""
    begins = (since or datetime.now(UTC)).astimezone(UTC)
    ends = until.astimezone(UTC) if until is not None else begins + timedelta(days=30)
    if not begins < ends <= begins + LONGEST:
        raise Problem("request.invalid", "`until` comes after `since`, by up to 370 days.")
    with default_database().read() as tx:
        found = everything(tx, shop_of(request).pk, begins, ends)
    names = ("kind", "title", "state", "url")
    return {
        "items": [
            {
                **{name: getattr(one, name) for name in names},
                "at": instant_text(one.at),
                "until": instant_text(one.until),
            }
            for one in found
        ]
    }


class _Refusals:
    """A refusal of the room as the API says it."""

    def __enter__(self) -> None: ...

    def __exit__(self, kind: Any, error: BaseException | None, trace: Any) -> None:
        if isinstance(error, PostInvalid):
            said = {"reason": error.code, **{key: value for key, value in error.values.items() if value}}
            raise Problem("request.invalid", str(error), said) from None
        if isinstance(error, LookupError):
            raise Problem("not_found", str(error.args[0] if error.args else error)) from None


def _entry(one: Entry) -> dict[str, Any]:
    told = {name: getattr(one, name) for name in ("kind", "title", "state", "url")}
    return {**told, "at": instant_text(one.at), "until": instant_text(one.until)}


def _one(request: HttpRequest, id: int) -> dict[str, Any]:
    row = SocialPost.objects.filter(shop=shop_of(request), pk=id).first()
    if row is None:
        raise Problem("not_found", f"There is no post {id}.")
    return _shown([row])[0]


def _shown(held: list[SocialPost]) -> list[dict[str, Any]]:
    copies: dict[int, list[dict[str, Any]]] = {}
    for one in SocialCopy.objects.filter(post__in=[row.pk for row in held]).order_by("id"):
        names = ("id", "account", "network", "text", "status", "url", "reason", "likes", "reposts", "replies", "clicks",
                 "views")  # fmt: skip
        told = {name: getattr(one, name) for name in names}
        told |= {name: instant_text(getattr(one, name)) for name in ("published_at", "measured_at")}
        copies.setdefault(one.post, []).append(told)
    names = ("id", "title", "link", "campaign", "accounts", "pictures", "plan", "status")
    return [
        {
            **{name: getattr(row, name) for name in names},
            "text": row.texts.get("", ""),
            "texts": {key: text for key, text in row.texts.items() if key},
            "at": instant_text(row.at),
            "copies": copies.get(row.pk, []),
        }
        for row in held
    ]


def _account(one: accounts.Account) -> dict[str, Any]:
    names = ("id", "network", "title", "language", "known_as", "url", "is_active", "trouble")
    told = {name: getattr(one, name) for name in names}
    return {**told, "given": sorted(one.access), "expires_at": instant_text(one.expires_at)}
