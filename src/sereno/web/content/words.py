"""What checks found, what was refused and what changed, in sentences: each says what to do next."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from sereno.modules.messages.checks import Finding

LANGUAGES = {"en": "English", "es": "Español", "pt": "Português", "ro": "Română"}

KINDS: dict[str, tuple[str | Promise, str]] = {
    "email": (_("E-mail"), "mail"),
    "sms": (_("SMS"), "message-square"),
    "whatsapp": (_("WhatsApp"), "message-circle"),
}
PURPOSES: dict[str, str | Promise] = {
    "transactional": _("Transactional"),
    "marketing": _("Marketing"),
}
ABOUTS: dict[str, str | Promise] = {
    "order": _("An order"),
    "cart": _("A cart"),
    "customer": _("A customer"),
}

_PLAIN: dict[str, str | Promise] = {
    "subject.empty": _("The subject is empty. Write one: it decides whether the mail is opened."),
    "preview.empty": _("No preview text: mailboxes show the beginning of the mail instead."),
    "text.empty": _("There is no text yet. Write one."),
    "block.empty": _("This block has no text. Write one, or delete the block."),
    "blocks.none": _("The mail has no block. Insert the first one."),
    "image.missing": _("No picture is chosen. Upload one, or give its address."),
    "image.gone": _("The picture is not kept here any more. Upload it again."),
    "image.alt": _("The picture has no description. Say in a few words what it shows."),
    "products.none": _("No product is chosen: the block will be empty. Add their SKUs."),
    "columns.empty": _("The columns are empty. Insert blocks into them, or delete them."),
    "link.empty": _("The link leads nowhere. Give the address of a page."),
    "unsubscribe.missing": _(
        "Marketing without a link to unsubscribe is against the law in most places. Put {{ links.unsubscribe }} into "
        "the footer, or delete the own footer."
    ),
    "liquid.open": _("A bracket is opened here and never closed. A value stands between {{ and }}."),
    "liquid.unsafe": _("The filter “safe” would let a customer's name be markup. Take it out."),
    "whatsapp.edge": _("WhatsApp refuses a text that begins or ends with a value. Put words around it."),
    "whatsapp.adjacent": _("WhatsApp refuses two values side by side. Put words between them."),
    "whatsapp.logic": _("WhatsApp knows no conditions and loops. Use values alone."),
    "whatsapp.spaces": _("WhatsApp refuses tabs, many spaces and more than one empty line in a row."),
    "whatsapp.long": _("The text is longer than the 1,024 characters WhatsApp takes."),
    "whatsapp.part_long": _("WhatsApp takes 25 characters for a reply, and 60 here otherwise."),
    "whatsapp.value_here": _("WhatsApp takes no values here. Use words alone."),
    "whatsapp.unnamed": _("Say the name under which WhatsApp approved this text, once it has."),
    "whatsapp.name": _("The approved name has only small letters, digits and underscores."),
}
_VALUED: dict[str, str | Promise] = {
    "subject.long": _("The subject has %(number)s characters; a telephone shows about 60."),
    "preview.long": _("The preview text has %(number)s characters; a mailbox shows about 110."),
    "mail.clipped": _("The mail is %(number)s KB. Gmail cuts off what is past 102 KB: make it shorter."),
    "mail.broken": _("The mail cannot be written: %(detail)s"),
    "image.heavy": _("The picture is %(number)s KB. Under 300 KB it shows at once, also on the road."),
    "images.heavy": _("The pictures are %(number)s KB together. Under 1,000 KB they show at once."),
    "link.invalid": _("“%(address)s” is not the address of a page. It begins with https://."),
    "link.insecure": _("“%(address)s” begins with http://. Use https://: mailboxes distrust the other."),
    "link.local": _("“%(address)s” can be reached from this machine alone. Use the shop's own address."),
    "contrast.low": _(
        "%(colour)s on %(background)s has a contrast of %(contrast)s; text wants 4.5 to be read by everybody."
    ),
    "liquid.unended": _("“%(detail)s” is never ended. Close it with “end%(detail)s”."),
    "liquid.stray": _("“%(detail)s” stands where nothing was opened for it."),
    "liquid.tag": _("“%(detail)s” cannot be used in messages. There are if, unless, case, for and assign."),
    "liquid.broken": _("This cannot be read: %(detail)s."),
    "personal.birth": _("“%(name)s” shows a date of birth. Greet without it: whoever reads along would know it."),
    "personal.phone": _("“%(name)s” shows a telephone number. The reader knows theirs; leave it out."),
    "personal.place": _("“%(name)s” shows where somebody was. Leave it out."),
    "personal.score": _("“%(name)s” shows what you think of a customer. It is for you, not for them."),
    "personal.note": _("“%(name)s” shows a note. What is written there was not written for this mail."),
    "personal.address": _("“%(name)s” shows an address. It belongs into mails about an order only."),
    "personal.watched": _("“%(name)s” shows how somebody came to you. It feels watched; leave it out."),
    "personal.said_watched": _("“%(name)s” tells the reader that they are watched. Speak of the goods instead."),
    "personal.said_health": _("“%(name)s” touches health. Never guess it of a reader."),
}
REFUSALS: dict[str, str | Promise] = {
    "title.empty": _("Give the message a name."),
    "name.taken": _("The shop has a message of that name already. Choose another name."),
    "message.published": _("A published message cannot be deleted. Withdraw it first."),
    "message.unknown": _("The message is not there any more."),
    "version.unknown": _("There is no such version."),
    "nothing.to_undo": _("There is nothing to undo."),
    "nothing.to_redo": _("There is nothing to redo."),
    "block.unknown": _("There is no such block."),
    "block.not_here": _("This block cannot stand inside columns."),
    "block.into_itself": _("A block cannot be moved into itself."),
    "blocks.many": _("A mail takes 80 blocks at most."),
    "language.last": _("A message keeps at least one language."),
    "language.unknown": _("There is no such language."),
    "choice.unknown": _("Choose one of the list."),
    "number.outside": _("Write a whole number within the limits."),
    "colour.invalid": _("A colour is written as # and six digits: #2f5d50."),
    "text.long": _("This is too long."),
    "products.many": _("Six products at most."),
    "products.invalid": _("One SKU or id a line, without spaces."),
    "link.invalid": _("Give a whole address that begins with https://."),
    "email.invalid": _("Write a whole e-mail address, such as name@example.com."),
    "price.invalid": _("Write an amount, such as 0.045."),
    "picture.empty": _("The file is empty."),
    "picture.large": _("The picture is larger than 1 MB. Make it smaller: 1,200 pixels across are enough."),
    "picture.wide": _("The picture has more than 4,000 pixels on a side. Make it smaller."),
    "picture.kind": _("This is no PNG, JPEG, GIF or WebP picture."),
    "picture.broken": _("The file says it is a picture and is not whole. Save it anew."),
    "picture.many": _("500 pictures are kept already. Use one of those."),
}


def sentence(finding: Finding) -> str:
    """A finding in words."""
    values = dict(finding.values)
    if finding.code == "text.untranslated":
        return _untranslated(values)
    if finding.code in ("variable.unknown", "variable.unknown_field"):
        return _unknown(finding.code, values)
    if finding.code in _PLAIN:
        return str(_PLAIN[finding.code])
    return str(_VALUED[finding.code]) % values


def refusal(error: Exception) -> str:
    """Why something was not done."""
    code = str(getattr(error, "code", None) or (error.args[0] if error.args else ""))
    return str(REFUSALS.get(code) or gettext("That is not possible now."))


def _untranslated(values: Mapping[str, Any]) -> str:
    number, language = int(values["number"]), LANGUAGES.get(str(values["language"]), str(values["language"]))
    said = ngettext("%(number)s text is still in %(language)s.", "%(number)s texts are still in %(language)s.", number)
    return said % {"number": number, "language": language}


def _unknown(code: str, values: Mapping[str, Any]) -> str:
    said = (
        gettext("There is no value called “%(name)s”: nothing would stand there.")
        if code == "variable.unknown"
        else gettext("Nobody knows a “%(name)s”: nothing may stand there.")
    )
    guess = gettext("Did you mean %(name)s?") % {"name": values["nearest"]} if values["nearest"] else ""
    return " ".join(part for part in (said % {"name": values["name"]}, guess) if part)


def too_close(code: str, name: str) -> str:
    """What is too personal about a text, for who wrote it."""
    return str(_VALUED[code]) % {"name": name}
