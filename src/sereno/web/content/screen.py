"""What the editor shows: the blocks with what is wrong in each, the open form, the languages, the preview's choices."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.contrib.auth.models import User
from django.utils.translation import gettext as _

from sereno.engine.templates import TemplateFailed
from sereno.modules.messages import editing, variables
from sereno.modules.messages.blocks import KINDS, BlockKind, Setting, TextPart
from sereno.modules.messages.checks import PREVIEW, SUBJECT, Finding
from sereno.modules.messages.compiling import PICTURE
from sereno.modules.messages.documents import LOCALES, PARTS, WHATSAPP_SETTINGS, Block, Document
from sereno.modules.messages.markup import LIQUID, plain_line
from sereno.modules.messages.writing import Content
from sereno.store.documents import encode
from sereno.store.models import Membership, MessageChange, MessagePicture, MessageTemplate
from sereno.web.access import StaffRequest
from sereno.web.content import rendering, words
from sereno.web.content.state import State, state_of

METERS = {"subject": SUBJECT, "preview": PREVIEW}
_ELSE = re.compile(r"\{%-?\s*(?:else|elsif)\b.*?\{%-?\s*end(?:if|unless|case)\s*-?%\}", re.DOTALL)
SHELF = 24
"""How many of the shop's pictures a form offers."""


@dataclass(frozen=True, slots=True)
class Said:
    """A finding in words, and where it leads."""

    finding: Finding
    text: str
    href: str

    @property
    def level(self) -> str:
        return self.finding.level


@dataclass(frozen=True, slots=True)
class Row:
    """A line of the list of blocks. `columns` hold the rows inside."""

    block: Block
    excerpt: str
    errors: int
    warnings: int
    is_hidden: bool
    is_open: bool
    columns: Sequence[Sequence[Row]] = ()

    @property
    def type(self) -> BlockKind:
        return self.block.type


@dataclass(frozen=True, slots=True)
class Input:
    """A field of a form. `spare` is what readers of this language get while the text is missing, `spare_language` in
    which language that is; `meter` how many characters a mailbox shows, `length` how
    many there are on the record at hand."""

    name: str
    label: str
    shape: str
    value: Any
    help: str = ""
    error: str = ""
    options: Sequence[tuple[str, str]] = ()
    within: tuple[int, int] = (0, 0)
    spare: str = ""
    spare_language: str = ""
    meter: int = 0
    length: int = 0
    longest: int = 0
    said: Sequence[Said] = ()


@dataclass(frozen=True, slots=True)
class Language:
    """A tab. `missing` texts are still in another language."""

    code: str
    label: str
    missing: int
    errors: int
    is_here: bool
    href: str


@dataclass(slots=True)
class Given:
    """What somebody typed that was not taken, and why: shown again, so that nothing is lost."""

    values: Mapping[str, str] = field(default_factory=dict[str, str])
    errors: Mapping[str, str] = field(default_factory=dict[str, str])
    block: str | None = None
    conflict_by: str = ""


def digest(document: Document, block: str, locale: str) -> str:
    """What a form was filled in from: when it is another by the time it comes back, somebody else changed it."""
    settings: Any = dict(document.block(block).settings) if block else dict(document.settings)
    texts = {
        key: document.own_text(key, locale) for key, _part, one in document.parts() if (one.id if one else "") == block
    }
    return hashlib.sha256(encode([settings, texts]).encode()).hexdigest()[:16]


def editor_context(request: StaffRequest, row: MessageTemplate, given: Given | None = None) -> dict[str, Any]:
    """Everything the template `content/editor.html` names."""
    document = editing.draft_of(row)
    state = state_of(row.name, document, request.shop.locale, request.POST if request.method == "POST" else request.GET)
    given = given or Given()
    offered = rendering.choices(request.shop, document.about)
    where = rendering.stage(request.shop, document.about, state.record, is_offered=offered)
    found, written = rendering.findings(document, where)
    said = [Said(one, words.sentence(one), _place(state, one)) for one in found]
    mail = written.get(state.locale)
    preview = _line_of(document, where, state, request.shop.locale)
    lengths = {"subject": len(mail.subject) if isinstance(mail, Content) else 0, "preview": len(preview)}
    changes = {one.position: one for one in MessageChange.objects.filter(template=row).defer("document")}
    return {
        "section": "messages",
        "row": row,
        "document": document,
        "state": state,
        "given": given,
        "languages_here": _languages(document, state, found),
        "languages_left": [(code, words.LANGUAGES[code]) for code in LOCALES if code not in document.languages],
        "preview_line": preview,
        "rows": [_row(block, document, state, found, request.shop.locale) for block in document.blocks],
        "head": _inputs(document, "", state, request.shop.locale, said, given, lengths),
        "form": _inputs(document, state.block, state, request.shop.locale, said, given) if state.block else (),
        "open_block": document.block(state.block) if state.block else None,
        "digests": {key: digest(document, key, state.locale) for key in {"", state.block}},
        "places": _places(document, state.block, state.locale, request.shop.locale) if state.block else (),
        "insertable": _insertable(document, state.after) if state.after else (),
        "findings": said,
        "errors": sum(1 for one in said if one.level == "error"),
        "warnings": sum(1 for one in said if one.level == "warning"),
        "offered": offered,
        "where": where,
        "mail": mail if isinstance(mail, Content) else None,
        "broken": str(mail) if isinstance(mail, TemplateFailed) else "",
        "undo": changes.get(row.position) if row.position - 1 in changes else None,
        "redo": changes.get(row.position + 1),
        "groups": _groups(document, where, state.locale),
        "fields": variables.fields(document.about),
        "pictures": _pictures(request) if state.block and document.block(state.block).kind == "image" else (),
        "kinds": words.KINDS,
        "purposes": words.PURPOSES,
        "abouts": words.ABOUTS,
        "is_changed": _is_changed(row),
        "colleagues": [(one, one) for one in colleagues(request)] if state.panel == "test" else (),
    }


def colleagues(request: StaffRequest) -> list[str]:
    """The addresses a test may go to: of those who belong to the shop, one's own first."""
    held = User.objects.filter(pk__in=Membership.objects.filter(shop=request.shop).values("user"), is_active=True)
    addresses = sorted({user.email or user.username for user in held if "@" in (user.email or user.username)})
    own = request.user.email or request.user.username
    return sorted(addresses, key=lambda address: address != own)


# --- inside -------------------------------------------------------------------------------------


def _is_changed(row: MessageTemplate) -> bool:
    """Whether the draft is not what is sent."""
    if row.version is None:
        return True
    document = row.versions.filter(number=row.version).values_list("document", flat=True).first()
    return document != row.draft


def _place(state: State, finding: Finding) -> str:
    changes: dict[str, Any] = {"block": finding.block, "after": "", "panel": ""}
    if finding.locale:
        changes["locale"] = finding.locale
    href = state.to(**changes)
    return href if finding.block else f"{href}#head"


def _languages(document: Document, state: State, found: Sequence[Finding]) -> list[Language]:
    return [
        Language(
            code,
            words.LANGUAGES[code],
            len(document.untranslated(code)),
            sum(1 for one in found if one.locale == code and one.level == "error"),
            code == state.locale,
            state.to(locale=code),
        )
        for code in document.languages
    ]


def _row(block: Block, document: Document, state: State, found: Sequence[Finding], fallback: str) -> Row:
    mine = [one for one in found if one.block == block.id and one.locale in ("", state.locale)]
    errors = sum(1 for one in mine if one.level == "error")
    columns = [[_row(one, document, state, found, fallback) for one in column] for column in block.columns]
    return Row(
        block,
        _excerpt(block, document, state.locale, fallback),
        errors,
        len(mine) - errors,
        state.locale in block.hidden,
        block.id == state.block,
        columns,
    )


def _excerpt(block: Block, document: Document, locale: str, fallback: str) -> str:
    """What is in a block, in a few words."""
    for part in block.type.texts:
        text, _language = document.text(f"{block.id}.{part.name}", locale, fallback)
        if text:
            shown = LIQUID.sub(
                lambda found: "…" if found.group().startswith("{{") else "", _ELSE.sub("", plain_line(text))
            )
            return " ".join(shown.split())[:90]
    if block.kind == "products":
        return ", ".join(block.setting("products"))[:90]
    if block.kind == "spacer":
        return f"{block.setting('height')} px"
    return ""


def _inputs(
    document: Document,
    block: str,
    state: State,
    fallback: str,
    said: Sequence[Said],
    given: Given,
    lengths: Mapping[str, int] | None = None,
) -> list[Input]:
    kind = document.block(block).type if block else None
    parts: Sequence[TextPart] = kind.texts if kind else PARTS[document.kind]
    settings: Sequence[Setting] = kind.settings if kind else WHATSAPP_SETTINGS if document.kind == "whatsapp" else ()
    is_mine = given.block is not None and given.block == block
    found: list[Input] = []
    for part in parts:
        key = f"{block}.{part.name}" if block else part.name
        spare, language = document.text(key, state.locale, fallback)
        own = document.own_text(key, state.locale)
        name = f"t.{key}"
        found.append(
            Input(
                name=name,
                label=_(part.label),
                shape=part.shape,
                value=given.values.get(name, own) if is_mine else own,
                help=_(part.help) if part.help else "",
                error=given.errors.get(name, "") if is_mine else "",
                spare="" if own else spare,
                spare_language="" if own or not spare else words.LANGUAGES[language],
                meter=METERS.get(key, 0),
                length=(lengths or {}).get(key, 0),
                longest=part.longest,
                said=_here(said, block, part.name, state.locale),
            )
        )
    for setting in settings:
        name = f"s.{setting.name}"
        value = (
            document.block(block).setting(setting.name)
            if block
            else document.settings.get(setting.name, setting.default)
        )
        shown = "\n".join(value) if isinstance(value, list) else value
        found.append(
            Input(
                name=name,
                label=_(setting.label),
                shape=setting.shape,
                value=given.values.get(name, shown) if is_mine else shown,
                help=_(setting.help) if setting.help else "",
                error=given.errors.get(name, "") if is_mine else "",
                options=[(key, _(label)) for key, label in setting.options],
                within=setting.within,
                said=_here(said, block, setting.name, state.locale),
            )
        )
    return found


def _line_of(document: Document, where: rendering.Stage, state: State, fallback: str) -> str:
    """The preview text as a mailbox shows it."""
    text, _language = document.text("preview", state.locale, fallback)
    try:
        return " ".join(rendering.render_line(text, where, state.locale, document.about).split())
    except TemplateFailed:
        return ""


def _here(said: Sequence[Said], block: str, part: str, locale: str) -> list[Said]:
    return [
        one
        for one in said
        if one.finding.block == block and one.finding.part == part and one.finding.locale in ("", locale)
    ]


def _insertable(document: Document, after: str) -> list[BlockKind]:
    """The kinds that fit there, those that speak of the record first."""
    owner, colon, _number = after.partition(":")
    is_nested = bool(colon) or (after != "-" and all(block.id != owner for block in document.blocks))
    fitting = [kind for kind in KINDS.values() if not kind.about or document.about in kind.about]
    has_footer = any(block.kind == "footer" for block in document.blocks)
    return [kind for kind in fitting if (kind.can_nest or not is_nested) and not (kind.name == "footer" and has_footer)]


def _places(document: Document, id: str, locale: str, fallback: str) -> list[tuple[str, str]]:
    """Where the open block can be put, and what to call each place."""
    moved = document.block(id)
    inside = {id, *(one.id for column in moved.columns for one in column)}
    found: list[tuple[str, str]] = [("-", _("At the top"))]
    for block in document.blocks:
        if block.id not in inside:
            found.append((block.id, _after(block, document, locale, fallback)))
        for number, column in enumerate(block.columns, start=1):
            if block.id in inside or not moved.type.can_nest:
                continue
            found.append((f"{block.id}:{number - 1}", "— " + _("Column %(number)s") % {"number": number}))
            found += [
                (one.id, "— " + _after(one, document, locale, fallback)) for one in column if one.id not in inside
            ]
    return found


def _after(block: Block, document: Document, locale: str, fallback: str) -> str:
    excerpt = _excerpt(block, document, locale, fallback)[:40]
    return _("After %(block)s") % {"block": _(block.type.label) + (f": {excerpt}" if excerpt else "")}


def _groups(document: Document, where: rendering.Stage, locale: str) -> list[tuple[str, list[tuple[str, str, str]]]]:
    """What can be chosen from the list of values: heading, then Liquid, label and its value on the record."""
    found: list[tuple[str, list[tuple[str, str, str]]]] = []
    for title, entries in variables.groups(document.about, document.purpose):
        shown: list[tuple[str, str, str]] = []
        for liquid, label in entries:
            try:
                example = rendering.render_line(liquid, where, locale, document.about) if "%" not in liquid[:2] else ""
            except TemplateFailed:
                example = ""
            shown.append((liquid, _(label), " ".join(example.split())[:60]))
        found.append((_(title), shown))
    return found


def _pictures(request: StaffRequest) -> list[tuple[str, str, MessagePicture]]:
    rows = MessagePicture.objects.filter(shop=request.shop).defer("body").order_by("-id")[:SHELF]
    return [(f"{PICTURE}{row.digest}.{row.kind}", f"/media/{row.digest}.{row.kind}", row) for row in rows]
