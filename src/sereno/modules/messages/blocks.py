"""The kinds of blocks a mail is made of: which texts each has in every language, and which settings all share.

One table serves the editor's forms, the check of a document and the compiler.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

from sereno.sdk.config import mark as _

TextShape = Literal["line", "rich"]
SettingShape = Literal["choice", "toggle", "number", "colour", "link", "picture", "products", "value"]

COLOUR = re.compile(r"#[0-9a-fA-F]{6}")
PRODUCT = re.compile(r"[^\s\"'<>{}%\\]{1,200}")
MOST_PRODUCTS = 6
CHOSEN = "chosen"
"""Of the block of products: those its writer chose."""
ABOUT = "about"
"""Those the event speaks of; with none of them to be had, the message is not sent."""
_LONGEST_LINK = 2000


@dataclass(frozen=True, slots=True)
class TextPart:
    """A text of a block. `rich` ones have paragraphs, lists and links. One that `is_needed` is missing when empty."""

    name: str
    label: str
    shape: TextShape = "line"
    help: str = ""
    longest: int = 300
    is_needed: bool = True


@dataclass(frozen=True, slots=True)
class Setting:
    """A setting of a block, the same in every language. `options` are value and label; numbers lie in `within`."""

    name: str
    label: str
    shape: SettingShape
    default: Any = ""
    help: str = ""
    options: tuple[tuple[str, str], ...] = ()
    within: tuple[int, int] = (0, 0)


@dataclass(frozen=True, slots=True)
class BlockKind:
    """`about`: the records it can speak of; empty when it fits any mail."""

    name: str
    label: str
    icon: str
    hint: str
    texts: tuple[TextPart, ...] = ()
    settings: tuple[Setting, ...] = ()
    about: tuple[str, ...] = ()
    can_nest: bool = True


_ALIGN = Setting(
    "align", _("Align"), "choice", "left", options=(("left", _("Left")), ("center", _("Centre")), ("right", _("Right")))
)
_COLOUR = Setting("colour", _("Colour"), "colour", help=_("Empty: the shop's own."))
_ON, _OFF = True, False
_NEEDED = Setting(
    "is_needed",
    _("Without it, send nothing"),
    "toggle",
    _OFF,
    help=_("The message is skipped where there is nothing to show here."),
)

KINDS: dict[str, BlockKind] = {
    kind.name: kind
    for kind in (
        BlockKind(
            "heading",
            _("Heading"),
            "heading",
            _("The first thing that is read."),
            (TextPart("text", _("Heading"), help=_("One line; it may be **bold** or *italic*.")),),
            (
                Setting(
                    "size",
                    _("Size"),
                    "choice",
                    "large",
                    options=(("large", _("Large")), ("medium", _("Medium")), ("small", _("Small"))),
                ),
                _ALIGN,
                _COLOUR,
            ),
        ),
        BlockKind(
            "text",
            _("Text"),
            "text",
            _("Paragraphs, lists and links."),
            (TextPart("text", _("Text"), "rich", longest=10_000),),
            (
                Setting(
                    "size",
                    _("Size"),
                    "choice",
                    "ordinary",
                    options=(("ordinary", _("Ordinary")), ("small", _("Small"))),
                ),
                _ALIGN,
                _COLOUR,
            ),
        ),
        BlockKind(
            "image",
            _("Picture"),
            "image",
            _("A photograph or a banner, from a file or an address."),
            (
                TextPart(
                    "alt",
                    _("What it shows"),
                    help=_("Read aloud to those who cannot see it, and shown where pictures are blocked."),
                    longest=250,
                ),
            ),
            (
                Setting("source", _("Picture"), "picture"),
                Setting("link", _("Leads to"), "link", help=_("Empty: it is not a link.")),
                Setting("width", _("Width in pixels"), "number", 528, within=(40, 600)),
                _ALIGN,
                Setting("is_round", _("Round corners"), "toggle", _OFF),
            ),
        ),
        BlockKind(
            "button",
            _("Button"),
            "mouse-pointer-click",
            _("The one thing to do next."),
            (TextPart("label", _("Label"), longest=100),),
            (
                Setting("link", _("Leads to"), "link", "{{ store.website }}"),
                Setting(
                    "style",
                    _("Style"),
                    "choice",
                    "full",
                    options=(("full", _("Filled")), ("outline", _("Outline"))),
                ),
                _ALIGN,
                Setting("background", _("Background"), "colour", help=_("Empty: the shop's brand colour.")),
                Setting("colour", _("Colour of the label"), "colour", help=_("Empty: the one that reads best on it.")),
            ),
        ),
        BlockKind("divider", _("Divider"), "minus", _("A thin line between two parts.")),
        BlockKind(
            "spacer",
            _("Space"),
            "move-vertical",
            _("Room to breathe."),
            settings=(Setting("height", _("Height in pixels"), "number", 24, within=(4, 120)),),
        ),
        BlockKind(
            "columns",
            _("Columns"),
            "columns-2",
            _("Two or three parts side by side; on a phone one below the other."),
            settings=(Setting("count", _("Columns"), "choice", "2", options=(("2", _("Two")), ("3", _("Three")))),),
            can_nest=False,
        ),
        BlockKind(
            "items",
            _("What is in it"),
            "shopping-cart",
            _("The lines of the order or the cart; a cart shows today's price and stock."),
            settings=(
                Setting("pictures", _("Show pictures"), "toggle", _ON),
                Setting("prices", _("Show prices"), "toggle", _ON),
            ),
            about=("order", "cart"),
        ),
        BlockKind("totals", _("Totals"), "hash", _("Subtotal, discount, shipping, tax and total."), about=("order",)),
        BlockKind("address", _("Delivery address"), "flag", _("Where the parcel goes."), about=("order",)),
        BlockKind(
            "tracking", _("Parcel"), "package", _("Carrier, number and the day it is expected."), about=("order",)
        ),
        BlockKind(
            "products",
            _("Products"),
            "square-stack",
            _("Products you choose, or recommended ones, with today's price; what is sold out is left out."),
            (TextPart("label", _("Label of their links"), longest=60, is_needed=False),),
            (
                Setting(
                    "by",
                    _("Which products"),
                    "choice",
                    CHOSEN,
                    options=(
                        (CHOSEN, _("Those below")),
                        (ABOUT, _("What the message is about")),
                        ("together", _("Bought together with what is in the order or cart")),
                        ("similar", _("Like what is in the order or cart")),
                        ("for_you", _("What fits the customer's past")),
                        ("trending", _("On the way up")),
                        ("new", _("New since the customer was last here")),
                        ("popular", _("Best sellers")),
                    ),
                    help=_("Recommended ones are found when the mail is written; where there are none, those below."),
                ),
                Setting("products", _("Products"), "products", help=_("Their SKUs or ids, one a line.")),
                Setting("most", _("At most"), "number", 3, within=(1, MOST_PRODUCTS)),
            ),
        ),
        BlockKind(
            "offer",
            _("Discount code"),
            "tag",
            _("A code to type at the checkout; the block is left out where there is none."),
            (TextPart("label", _("Above the code"), longest=120, is_needed=False),),
            (
                Setting(
                    "code",
                    _("Code"),
                    "value",
                    "{{ offer.code }}",
                    help=_("The shop's own code, or a code an earlier step made: {{ vars.gift.code }}."),
                ),
                _NEEDED,
            ),
        ),
        BlockKind(
            "scale",
            _("Question with a scale"),
            "star",
            _("A question of a survey, answered by a press in the mail; the page that opens has the others."),
            (
                TextPart("text", _("Question")),
                TextPart("low", _("Beside the lowest"), longest=60, is_needed=False),
                TextPart("high", _("Beside the highest"), longest=60, is_needed=False),
            ),
            (
                Setting("survey", _("Survey"), "value", "after-purchase", help=_("Its name.")),
                Setting("question", _("Question's id"), "value", "overall"),
                Setting(
                    "scale",
                    _("Scale"),
                    "choice",
                    "rating",
                    options=(("rating", _("1 to 5")), ("nps", _("0 to 10"))),
                ),
            ),
        ),
        BlockKind(
            "reviews", _("Reviews"), "star", _("What others said, from the shop's settings."), settings=(_NEEDED,)
        ),
        BlockKind("contact", _("Contact"), "headset", _("The shop's address for questions, and its telephone.")),
        BlockKind(
            "note",
            _("Small print"),
            "file-text",
            _("A quiet remark."),
            (TextPart("text", _("Text"), "rich", longest=5000),),
        ),
        BlockKind("social", _("Social links"), "share-2", _("Where else the shop is, from its brand.")),
        BlockKind(
            "footer",
            _("Own footer"),
            "panel-bottom",
            _("In place of the ordinary one. Marketing needs a link to unsubscribe in it."),
            (TextPart("text", _("Text"), "rich", longest=5000),),
            can_nest=False,
        ),
    )
}


class SettingInvalid(ValueError):  # noqa: N818
    """A setting that cannot be kept; `code` says why."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


def clean_setting(setting: Setting, value: Any) -> Any:
    """The value as it is kept. Raises SettingInvalid."""
    return _CLEANERS[setting.shape](setting, value)


def _choice(setting: Setting, value: Any) -> str:
    if value not in {name for name, _label in setting.options}:
        raise SettingInvalid("choice.unknown")
    return str(value)


def _toggle(setting: Setting, value: Any) -> bool:
    return value in (True, "on", "true", "1", "yes")


def _number(setting: Setting, value: Any) -> int:
    low, high = setting.within
    text = str(value).strip()
    if not text.isascii() or not text.isdigit() or not low <= int(text[:6]) <= high:
        raise SettingInvalid("number.outside")
    return int(text)


def _colour(setting: Setting, value: Any) -> str:
    text = str(value or "").strip().lower()
    if text and not COLOUR.fullmatch(text):
        raise SettingInvalid("colour.invalid")
    return text


def _text(setting: Setting, value: Any) -> str:
    text = " ".join(str(value or "").split())
    if len(text) > _LONGEST_LINK:
        raise SettingInvalid("text.long")
    return text


def _products(setting: Setting, value: Any) -> list[str]:
    found = value.split("\n") if isinstance(value, str) else list(value or ())
    keys = list(dict.fromkeys(str(key).strip() for key in found if str(key).strip()))
    if len(keys) > MOST_PRODUCTS:
        raise SettingInvalid("products.many")
    if not all(PRODUCT.fullmatch(key) for key in keys):
        raise SettingInvalid("products.invalid")
    return keys


_CLEANERS: dict[SettingShape, Callable[[Setting, Any], Any]] = {
    "choice": _choice,
    "toggle": _toggle,
    "number": _number,
    "colour": _colour,
    "link": _text,
    "picture": _text,
    "products": _products,
    "value": _text,
}
