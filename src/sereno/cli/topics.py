"""`sereno topic`: what the shop's marketing is about, and what an address wants to hear of it."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from cyclopts import App, Parameter

from sereno.cli import database
from sereno.cli.host import host
from sereno.cli.lists.rows import person
from sereno.cli.narrowing import Json, ShopName, shop_named
from sereno.cli.output import Failed, WrongUse, emit, say, table

topic = App(name="topic", help="What customers choose to hear about.", help_format="plaintext")
Channel = Literal["email", "sms", "whatsapp", "telegram", "push"]
Titles = Annotated[list[str] | None, Parameter(name="--title", negative=())]


def _prepare() -> None:
    host().prepare()
    database.ready()


@topic.command(name="list")
def list_topics(*, shop: ShopName = None, json: Json = False) -> None:
    """List the topics, in the order in which people see them."""
    _prepare()
    from sereno.runtime.preferences import current

    document = current(shop_named(shop).settings).document()
    _list(document, json)


@topic.command(name="put")
def put_topic(name: str, /, *, title: Titles = None, shop: ShopName = None, json: Json = False) -> None:
    """Add a topic, or change what people read.

    Parameters
    ----------
    name
        What flows and newsletters call it, such as new-arrivals.
    title
        What people read, by language: en=New arrivals. May be repeated.
    """
    _prepare()
    titles: dict[str, str] = {}
    for one in title or ():
        language, equals, text = one.partition("=")
        if not equals:
            raise WrongUse(f"--title: {one!r} is not like en=New arrivals")
        titles[language] = text
    if not titles:
        raise WrongUse("say what people read: --title en=New arrivals")

    def changed(document: list[dict[str, Any]]) -> list[dict[str, Any]]:
        held = next((one for one in document if one["name"] == name), None)
        if held is None:
            return [*document, {"name": name, "titles": titles}]
        held["titles"] = {**held["titles"], **titles}
        return document

    _change(changed, shop, json)


@topic.command(name="remove")
def remove_topic(name: str, /, *, shop: ShopName = None, json: Json = False) -> None:
    """Take a topic away. What people said of it is kept, and holds for flows that name it."""
    _prepare()

    def changed(document: list[dict[str, Any]]) -> list[dict[str, Any]]:
        left = [one for one in document if one["name"] != name]
        if len(left) == len(document):
            raise Failed(f"there is no topic {name}; there are {', '.join(one['name'] for one in left) or 'none'}")
        return left

    _change(changed, shop, json)


@topic.command(name="choice")
def show_choice(address: str, /, *, channel: Channel = "email", shop: ShopName = None, json: Json = False) -> None:
    """Show what an address wants to hear about by one channel.

    Parameters
    ----------
    address
        An e-mail address or a telephone number.
    channel
        By which it is written to.
    """
    _prepare()
    from sereno.runtime.preferences import way_at

    way = way_at(shop_named(shop).pk, address, channel)
    _show(way, json)


@topic.command(name="choose")
def choose(
    address: str,
    /,
    *,
    yes: Annotated[list[str] | None, Parameter(negative=())] = None,
    no: Annotated[list[str] | None, Parameter(negative=())] = None,
    often: Literal["always", "week", "month"] | None = None,
    text: str = "",
    source: str = "cli",
    channel: Channel = "email",
    shop: ShopName = None,
    json: Json = False,
) -> None:
    """Record what a person chose elsewhere. Yes or no to marketing at all: see `sereno consent record`.

    Parameters
    ----------
    address
        An e-mail address or a telephone number.
    yes
        A topic they want. May be repeated.
    no
        A topic they do not want. May be repeated.
    often
        At most one marketing message a week or a month; always: as often as there is one.
    text
        The words the person saw.
    source
        Where it was said: a form's name, or the till.
    """
    _prepare()
    from sereno.runtime.preferences import Wish, save, way_at
    from sereno.sdk.topics import Choice, topics_of

    place = shop_named(shop)
    said = {**dict.fromkeys(yes or (), True), **dict.fromkeys(no or (), False)}
    if not said and often is None:
        raise WrongUse("say what was chosen: --yes, --no, --often")
    known = {one.name for one in topics_of(place.settings)}
    if unknown := sorted(said.keys() - known):
        raise Failed(f"there is no topic {unknown[0]}; there are {', '.join(sorted(known)) or 'none'}")
    choice = Choice(said, None if often is None else "" if often == "always" else often)
    proof = {"by": person(), **({"text": text} if text else {})}
    save(place.pk, [Wish(channel, address, None, choice)], source=source, proof=proof)
    _show(way_at(place.pk, address, channel), json)


def _change(changed: Any, shop: str | None, json: bool) -> None:
    from sereno.runtime.preferences import TopicsChanged, change_topics, current
    from sereno.sdk.topics import TopicsInvalid

    place = shop_named(shop)
    held = current(place.settings)
    try:
        kept = change_topics(place.pk, changed(held.document()), person(), expected=held.tag)
    except (TopicsInvalid, TopicsChanged) as error:
        raise Failed(str(error)) from None
    _list(kept.document(), json)


def _list(document: list[dict[str, Any]], json: bool) -> None:
    if json:
        emit(document)
        return
    rows = ([one["name"], ", ".join(f"{code}: {text}" for code, text in one["titles"].items())] for one in document)
    table(["NAME", "TITLES"], rows, empty="There are no topics: customers say yes or no to all marketing together.")


def _show(way: Any, json: bool) -> None:
    wanted = sorted(name for name, yes in way.choice.topics.items() if yes)
    refused = sorted(name for name, yes in way.choice.topics.items() if not yes)
    often = way.choice.often or ""
    if json:
        emit({"marketing": way.granted, "topics": wanted, "refused_topics": refused, "often": often})
        return
    word = {True: "yes", False: "no", None: "nothing said"}[way.granted]
    say(f"marketing {word}")
    say(f"wants     {', '.join(wanted) or '-'}")
    say(f"refuses   {', '.join(refused) or '-'}")
    say(f"often     {f'at most one a {often}' if often else 'as often as there is something'}")
