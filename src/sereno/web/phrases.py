"""What the engine, the connectors and the runtime say in English, said in the reader's language.

They know no languages, and what they said is kept in rows. So a sentence is recognised by its form: a phrase with
places, which are its parameters. One that nobody knows stays as it is; a test holds every sentence of theirs to these.
"""

from __future__ import annotations

import re
from functools import lru_cache

from django.utils.translation import gettext, override

from sereno.sdk.config import mark as _
from sereno.web.formats import language

_OF_ACTION = re.compile(r"([a-z_]+\.[a-z_]+: (?:[\w.]+: )?)(.+)", re.DOTALL)
"""An action's name and the key of its config stand before what is wrong with it."""
_TRANSLATED = frozenset({"what", "reason", "label"})
"""Places that hold phrases themselves."""

ENDS = (
    _("; did you mean %(guess)s?"),
    _("; it has %(names)s"),
    _("; it is one of %(names)s"),
    _("; pick one with exists, all or [0]"),
    _(" (column %(number)s)"),
)
"""What may follow a phrase."""

PHRASES = (
    _("it is another by now: somebody was quicker, or a store said something else; look again"),
    _("%(name)s cannot take part; these can: %(names)s. Others are off, or their ids have no prefix."),
    _("two connections with products are needed; let them be read first"),
    _("there is no rule for %(field)s"),
    _("the rule of this field is no more"),
    _("the fields are %(names)s"),
    _("what decides is one of %(names)s"),
    _("the decisions are %(names)s"),
    _("give the most a price may change at once in percent, from 0 (any) to 1000"),
    _("nobody knows what is right: take the value of the store that has it"),
    _("this store says two things under the SKU: make it one there first"),
    _("the stores agree by now, or the rule is no more"),
    _("the two stores sell in different currencies: leave it different, or let the store take part no more"),
    _("nothing can be written there: give the connection its key, or change the value in the store itself"),
    _("there is nothing to write: a title and a price cannot be taken away"),
    _("how far a price may move is a whole number of percent, 0 or more"),
    _("a segment cannot ask that"),
    _("a segment compares with >= and <=, not with > and <"),
    _("a segment knows no field %(name)s of customers"),
    _("an event has a name"),
    _("an event does not end before it begins"),
    _("an event lasts %(number)s days at the most; what lasts longer is a season"),
    _("an event is between the years 2000 and 2100"),
    _("what is expected is between -90 and +1000 percent"),
    _("a calendar holds %(number)s events at the most"),
    _("HubSpot sends a list of what changed."),
    _("The notice names no customer (merchant_id or email)."),
    _("The form does not say what happened (type)."),
    _("The form has too many fields."),
    _("The address to confirm at is none of Amazon SNS."),
    _("The action names no card."),
    _("The notice names no ticket (id)."),
    _("the segment %(name)s cannot be both written to and left out: take it out of one list"),
    _("the schedule is now, at, local or best"),
    _("within is for the schedule best"),
    _("the best moment is looked for within 1h to 3d, such as 24h"),
    _("what is transactional is never put off: leave best_moment out, or say purpose: marketing"),
    _("best_moment is from 1h to 3d, such as 24h"),
    _("best_moment is shorter than expires, or it would be too late to send it"),
    _("say the day and the hour, such as 2026-11-27T09:00"),
    _("a trial needs at least 2 per cent of the readers, one half for each subject"),
    _("the wait of the trial is a length of time, such as 4h"),
    _("the wait of the trial is from 5m to 7d"),
    _("a trial is decided by opened or clicked"),
    _("a trial needs a second subject"),
    _("the share that does not get it is a percentage from 0 to %(most)s"),
    _("the window of hold_out is a length of time, such as 14d"),
    _("the window of hold_out is from 1h to 365d"),
    _("%(kind)s keeps no lists of people"),
    _("%(name)s has no key: give it one first"),
    _("%(name)s has no list %(list)s that takes people"),
    _("%(kind)s cannot replace a list: put people on it instead"),
    _("nobody of %(segment)s may be put on the list: it stays as it is"),
    _("%(segment)s has more than %(most)s people: choose a smaller one"),
    _("%(what)s: a whole number from %(low)s to %(high)s"),
    _("give the newsletter a name"),
    _("it is scheduled: take it back to change it"),
    _("it is scheduled already"),
    _("that hour has passed: choose a later one, or send it now"),
    _("it has begun: pause or cancel it"),
    _("it is not on its way"),
    _("it is not paused"),
    _("nothing of it has gone"),
    _("only a draft can be thrown away"),
    _("there is no published message %(name)s: publish it, or choose another"),
    _("%(name)s is not a marketing mail about a customer: choose or write one that is"),
    _("%(name)s speaks of what happened (%(missing)s), which a newsletter has not: choose another"),
    _("there is no segment %(name)s any more: choose another"),
    _("no mail server is set: set SERENO_SMTP_URL, then resume"),
    _("share is the percentage held out, from 0 to %(most)s, with two decimals at most, such as 10"),
    _(
        "step %(step)s sends a message that %(what)s, and nobody may be kept from such a message: take c"
        "ontrol away, or move that step into a flow of its own"
    ),
    _("window is from 1h to 365d"),
    _("a decision at the checkout knows the cart, the customer, the address, the visitor and the history"),
    _("id is the storefront's own word for it, without spaces"),
    _("name at least one option"),
    _("there is no option %(name)s"),
    _("say what it is to be called"),
    _("give at least two variants a weight above 0"),
    _("at_most is not shorter than at_least"),
    _("use small letters, digits and hyphens"),
    _("a weight is a whole number from 0 to 10000"),
    _("values are up to 20 names with a text each"),
    _("this is a mapping of names to values"),
    _("%(key)s is not one of %(names)s"),
    _("this is a list"),
    _("there are at most %(most)s"),
    _("%(name)s is there twice"),
    _("this is a text of at most %(most)s characters"),
    _("this is one of %(names)s"),
    _("this is a length of time %(span)s, such as 14d"),
    _("effects_per_hour is a whole number from 1, such as 500"),
    _("spend_per_day is an amount for each currency, such as EUR: 200; %(name)s: %(value)s is not"),
    _("priority is a whole number from %(first)s (goes first) to %(last)s; without it, it is %(usual)s"),
    _("need is any, all, or how many of the %(count)s must agree"),
    _("in_order is true or false"),
    _("in order, each is asked when the one before has agreed: say need: all, or how many"),
    _("not_by is requester: who started the run by hand"),
    _("by names from 1 to %(most)s roles or addresses"),
    _("%(name)s is asked twice"),
    _("a minute is the least"),
    # What a problem is about.
    _("a flow"),
    _("a step"),
    _("the step %(name)s"),
    _("a trigger by %(kind)s"),
    _("the config of %(name)s"),
    # What is wrong with a flow (engine).
    _("a flow file may have %(size)s KB"),
    _("the file is empty"),
    _("this is not YAML: half a character"),
    _("this is not YAML: %(reason)s"),
    _("this is not YAML"),
    _("anchors and aliases (& and *) are not allowed; write it out"),
    _("tags (!) are not allowed; quote the text"),
    _("a number has at most %(count)s digits"),
    _("a key must be a plain text"),
    _("%(key)s is given twice"),
    _("this is nested too deeply"),
    _("%(start)s... is not a length of time: it has %(count)s characters"),
    _("%(text)s is not a length of time; write it like 30m, 4h, 3d, 2w or 1d12h"),
    _("%(text)s is longer than ten years"),
    _("%(text)s is past the end of the calendar"),
    _("%(text)s is not a time of day such as 09:00"),
    _("flow names it, in small letters, digits and -, such as cart-recovery"),
    _("name is a text of up to 200 characters"),
    _("description is a text"),
    _("a flow needs steps, a list"),
    _("a flow needs a trigger"),
    _("while_running is ignore or restart"),
    _("reentry is one of %(modes)s"),
    _("%(mode)s is true or left out"),
    _("a key is a text or a number, this is %(type)s"),
    _("there is no step or action %(key)s"),
    _("on_error is stop, continue or a list of steps"),
    _("%(value)s cannot be a name in vars; use letters, digits and _"),
    _("a flow may have %(count)s steps"),
    _("a step is one thing, this is %(heads)s"),
    _("if needs then or else"),
    _("the weights add up to nothing"),
    _("text is a text"),
    _("items is a list, this is %(type)s"),
    _("limit is from 1 to %(most)s"),
    _("timeout goes with until: {event: ...}"),
    _("zone goes with until: {time: ...} or {date: ...}"),
    _("as goes with until: {event: ...}"),
    _("a date is wanted, this is %(type)s"),
    _("until needs event, time, weekday or date"),
    _("zone is recipient or store"),
    _("%(value)s is never %(name)s"),
    _("a branch cannot be called %(name)s"),
    _("a weight is a whole number such as 50"),
    _("a wording cannot be called %(name)s"),
    _("only a message can be tried in several wordings"),
    _("only a message can be kept from a share of people"),
    _("this message %(what)s, and nobody may be kept from such a message: take hold_out away"),
    _("a test needs two wordings at least, and weights for them"),
    _("all wordings of a message have one purpose"),
    _("%(action)s needs the %(root)s, but %(reason)s"),
    _("%(label)s does not supply the %(name)s, only %(have)s"),
    _("%(label)s does not supply the %(name)s"),
    _("there is no %(name)s"),
    _("%(what)s is written as keys and values"),
    _("%(what)s is a list"),
    _("%(what)s is a text"),
    _("%(what)s has no key %(key)s"),
    _("%(what)s needs an event"),
    _("%(what)s needs %(key)s"),
    _("an expression is expected here"),
    _("a length of time cannot be negative here"),
    _("a length of time is wanted, this is %(type)s"),
    _("%(what)s names an event, such as order.created"),
    _("there is no event %(name)s"),
    _("the template is wrong: %(error)s"),
    _("a trigger is one of %(kinds)s"),
    _("a trigger is one thing, this is %(kinds)s"),
    _("%(value)s is not one of %(names)s"),
    _("yearly is true or false"),
    _("%(text)s is %(type)s, not a date"),
    # What is wrong with an expression (engine.expressions).
    _("an expression may have %(count)s characters"),
    _("there is nothing called %(name)s"),
    _("no step before this one sets %(name)s"),
    _("%(shown)s is %(type)s; it has no items"),
    _("%(shown)s is %(type)s; it has no field %(part)s"),
    _("%(shown)s has no field %(part)s"),
    _("- wants a number, this is %(type)s"),
    _("in wants a list on its right, this is %(type)s"),
    _("%(operator)s wants true or false on both sides, this is %(type)s"),
    _("%(operator)s wants true or false, this is %(type)s"),
    _("%(type)s has no method %(name)s"),
    _("size wants a list or a text, this is %(type)s"),
    _("%(name)s wants a text, this is %(type)s"),
    _("%(name)s wants a list, this is %(type)s"),
    _("%(name)s wants a name and an expression, as in %(example)s"),
    _("%(shown)s wants %(wanted)s arguments, not %(count)s"),
    _("there is no function %(name)s"),
    _("%(value)s is not a point in time; write it like 2026-01-31T09:00:00Z"),
    _("nothing is %(relation)s null; compare with == or !="),
    _("cannot compare %(left)s with %(right)s"),
    _("cannot reckon %(sum)s"),
    _("%% wants whole numbers"),
    _("this number is too large"),
    _("this is never %(value)s"),
    _("write %(word)s instead of %(token)s"),
    _("did not expect %(token)s here"),
    _("expected a field's name after the dot, found %(token)s"),
    _("the expression ends before its closing %(text)s"),
    _("expected %(text)s before %(token)s"),
    _("there is no escape %(text)s in a text"),
    _("%(text)s is not a character"),
    _("this text has no closing quote"),
    _("%(character)s is not part of an expression"),
    _("a condition is true or false, this is %(type)s"),
    _("has wants one path, as in has(order.note)"),
    _("the expression ends too early"),
    _("this expression is nested too deeply"),
    # Why a delivery could not be read (connectors).
    _("%(topic)s: the body is not a JSON object but a %(type)s."),
    _("The body is not a JSON object but a %(type)s."),
    _("The body is not a list of events."),
    _("It is neither a `message` with `id` and `from` nor a `status` that is known."),
    _("The form names no message (MessageSid)."),
    _("The body is not UTF-8: byte %(place)s."),
    _("The body is JSON nested too deep."),
    _("The body is not JSON: %(error)s"),
    _("The body is not a form: %(error)s"),
    _("The body holds %(count)s events; at most %(most)s can come at once."),
    _("A stock notice without a product."),
    _("A stock level without an inventory item."),
    _("A stock record without an SKU."),
    _("A product without an id or SKU."),
    _("A source item without a SKU or a quantity."),
    _("An inventory record without a product_id."),
    _("A variant that does not say of which product it is: let the subscriber send the record."),
    _("No column of the table is known: name them in the connection's setting columns."),
    _("The table has %(count)s rows; at most %(most)s can come at once."),
    _("The table cannot be read: %(problem)s"),
    _("A customer without an id."),
    _("An order without an id."),
    _("An order without an entity_id."),
    _("An order without a number."),
    _("An edited order without an id."),
    _("A risk assessment without an order."),
    _("The table has more than %(most)s rows: part it."),
    _("This is no table: the first line must name the columns, parted by commas, semicolons or tabs."),
    _("This is an old or locked Excel file: save it as .xlsx without a password, or as CSV."),
    _("This spreadsheet cannot be read: save it anew as .xlsx, or as CSV."),
    _("This spreadsheet is damaged: save it anew as .xlsx, or as CSV."),
    _("This spreadsheet unpacks to far more than a table: save its first sheet as CSV."),
    _("This is no spreadsheet: bring a .xlsx or a CSV."),
    _("This spreadsheet has no sheet that is shown."),
    _("This spreadsheet declares entities, which no spreadsheet program does: save it anew."),
    _("Cell %(cell)s is a formula: copy the column and paste it as values."),
    _("The cells %(cells)s are merged: a table has a cell for each value, so split them."),
    _("This spreadsheet does not say where its cells are: save it anew as .xlsx, or as CSV."),
    _("The table is too wide at cell %(cell)s: bring %(most)s columns at most."),
    _("Cell %(cell)s names a text that is not there: save the file anew."),
    _("Cell %(cell)s holds the error %(error)s: mend it, or leave the cell empty."),
    _("Cell %(cell)s holds no number, though it says so: save the file anew."),
    _("Cell %(cell)s holds a number too large to be one: write it as text."),
    _("Cell %(cell)s holds a date that is none: %(number)s."),
    _("The first sheet is empty: the table must stand in it."),
    _("Row %(row)s names the columns and has a gap: give every column a heading."),
    _("the topic is one of the shop's, by its name, such as new-arrivals"),
    _("a topic's name is of small letters, digits and hyphens, such as new-arrivals"),
    _("A cart without a token."),
    _("A cart without a code."),
    _("A deleted checkout without a token."),
    _("A checkout without an id or token."),
    _("A parcel without an id or number."),
    _("A fulfillment without an id: let the subscription query ask for it."),
    _("%(what)s without an id: let the subscription query ask for it."),
    _("%(what)s without an id."),
    _("%(what)s without %(name)s."),
    # Why something a person asked for is not possible (runtime).
    _("%(name)s has no published version yet; publish it first"),
    _("%(name)s is a flow Sereno brings along; give yours another name"),
    _("%(name)s is not started by hand; its trigger would have to be `manual`"),
    _("%(name)s is paused; set it live first"),
    # Of a roll-out.
    _("%(name)s has a version on its way in already; take it back or all the way first"),
    _("%(name)s has no live version yet to be compared with; publish it first"),
    _("%(name)s has no version on its way in"),
    _("the two versions have different schedules, and one flow has one: publish this one at once instead"),
    _("a version for all is published at once"),
    _("version %(number)s is the one that is live"),
    _("the roll-out of %(name)s has been changed in the meantime; look at it again"),
    _("it serves %(share)s %% already: go higher, or take it back"),
    _("the limit %(name)s is a number above 0, %(most)s at most, or nothing for no limit"),
    _("each step is a percentage, from 0.01 to 100"),
    _("the steps rise, such as 5, 50, 100"),
    _("a stage goes up by itself after hours, runs, or both"),
    _("%(name)s is a number above 0"),
    _("%(name)s runs for one %(kind)s: give a subject such as %(example)s"),
    _("%(name)s is in this shop already"),
    _("that question has been answered already, or its time is over"),
    _("the run's flow cannot be used here now; is a plug-in missing?"),
    _("the run does not wait for that answer any more"),
    _("that run has ended already"),
    _("the period ends before it begins"),
    _("the text is of the flow %(name)s, not of %(other)s"),
    _("%(name)s is a flow Sereno brings along; every back-test runs it anyway"),
    _("%(count)s back-tests are waiting already; wait for one, or cancel one"),
    _("that back-test is over already, or being cancelled"),
    _("that back-test is still under way; cancel it first"),
    _("the file is larger than %(size)s MB; take a shorter period"),
    _("there are no events in the file"),
    _("the file of events is gone; upload it again"),
    _("%(name)s has no version %(number)s"),
    _("there is no back-test %(number)s in this shop"),
    # What cannot be done with stock.
    _("how many there are is a whole number of 0 or more"),
    _("how many are kept back is a whole number of 0 or more"),
    _("there is no item %(item)s"),
    _("there is no such count"),
    _("the count is taken back already"),
    _("a transfer goes from one place to another"),
    _("a transfer needs at least one item, and 1 or more of each"),
    _("there is no item %(item)s: a transfer moves what is in the book of stock"),
    _("%(item)s is not in this transfer"),
    _("choose where it leaves and where it goes"),
    _("there is a place called %(name)s already"),
    _("a shop has %(number)s places at the most"),
    _("there is no place %(name)s of your own"),
    _("there is no connection %(name)s"),
    _("something was kept there: say instead that nothing is sold from it"),
    _("the order of a place is a whole number of 0 or more"),
    _("a barcode has up to 128 letters, digits and signs"),
    _("%(code)s finds %(item)s already: take it off there first"),
    _("of %(item)s only %(number)s can be sent: the rest is promised or gone"),
    _("of %(item)s %(number)s were sent: as many or fewer can arrive"),
    _("there is no transfer %(number)s"),
    _("the transfer is %(state)s: it cannot be %(wanted)s now"),
    _("a place needs a name"),
    # Why an effect failed (modules).
    _("This run is about no single variant. Start it by an event of stock or a variant."),
    _("This run is about no single variant: choose all variants of the product."),
    _("This run is about no product. Start the flow by an event that names one."),
    _("The store's figure moved meanwhile; it is reckoned anew from the new one."),
    _("Nobody's address is known here: name one with `to`, or wait for it."),
    _("Set SERENO_SMTP_URL to the mail server that is to send for you."),
    _("Set the shop's alert_email, or name one: channel: email:you@shop.example."),
    _("Set the shop's slack_webhook to the address Slack gave you."),
    _("Marketing needs a link to unsubscribe: set SERENO_BASE_URL."),
    _("The mail could not be written: %(error)s"),
)


def said(text: object) -> str:
    """The sentence in the reader's language."""
    return _said(str(text or ""), language())


@lru_cache(maxsize=2048)
def _said(text: str, language_code: str) -> str:
    with override(language_code):
        return _whole(text)


def _whole(text: str) -> str:
    if len(text) > 2000:
        return text
    prefixed = _OF_ACTION.fullmatch(text)
    if prefixed is not None:
        return prefixed.group(1) + _whole(prefixed.group(2))
    end = ""
    for phrase, pattern in _ends():
        match = pattern.search(text)
        if match is not None:
            text, end = text[: match.start()], gettext(phrase) % match.groupdict() + end
    return _one(text) + end


def _one(text: str) -> str:
    for phrase, pattern in _phrases():
        match = pattern.fullmatch(text)
        if match is not None:
            given = {name: _whole(value) if name in _TRANSLATED else value for name, value in match.groupdict().items()}
            return gettext(phrase) % given
    return text


def known(text: str) -> str | None:
    """The phrase that this English sentence is an instance of."""
    for _phrase, pattern in _ends():
        match = pattern.search(text)
        text = text[: match.start()] if match is not None else text
    return next((phrase for phrase, pattern in _phrases() if pattern.fullmatch(text)), None)


@lru_cache(maxsize=1)
def _phrases() -> tuple[tuple[str, re.Pattern[str]], ...]:
    # Those with more words of their own first: "%(what)s is a text" would also fit what a longer phrase says.
    ordered = sorted(PHRASES, key=lambda phrase: (phrase.count("%("), -len(phrase)))
    return tuple((phrase, re.compile(_pattern(phrase), re.DOTALL)) for phrase in ordered)


@lru_cache(maxsize=1)
def _ends() -> tuple[tuple[str, re.Pattern[str]], ...]:
    # The column stands last, so it is taken off first.
    # "it has no items" is a phrase of its own.
    return tuple((one, re.compile(_pattern(one, "(?!no )") + r"\Z", re.DOTALL)) for one in reversed(ENDS))


def _pattern(phrase: str, but: str = "") -> str:
    parts = re.split(r"%\((\w+)\)s", phrase.replace("%%", "%"))
    return "".join(f"(?P<{part}>{but}.+?)" if place % 2 else re.escape(part) for place, part in enumerate(parts))
