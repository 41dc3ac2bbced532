"""`sereno decisions`: what the checkout offers, as a file: checked, drafted, published, rolled back, asked."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

from cyclopts import App, Parameter

from sereno.cli import database
from sereno.cli.host import host
from sereno.cli.lists.rows import person
from sereno.cli.narrowing import Flag, Json, ShopName, shop_named
from sereno.cli.output import Failed, WrongUse, emit, say, table

decisions = App(name="decisions", help="What the checkout offers, and why.", help_format="plaintext")

Note = Annotated[str, Parameter(help="What has changed, in a few words.")]
LARGEST = 1_000_000


def _prepare() -> None:
    host().prepare()
    database.ready()


@decisions.command(name="show")
def show_decisions(*, shop: ShopName = None, json: Json = False) -> None:
    """Show the draft, as a file that `apply` takes."""
    _prepare()
    from sereno.engine.documents import to_yaml
    from sereno.runtime.decisions.keeping import read_kept

    held = read_kept(shop_named(shop).pk)
    if json:
        emit({"draft": held.draft, "revision": held.revision, "version": held.version})
    else:
        say(to_yaml(held.draft).rstrip("\n"))


@decisions.command(name="lint")
def lint_decisions(file: Path, /) -> None:
    """Check a file; each flaw is named with its place."""
    _prepare()
    _checked(file, _read(file))
    say("It is sound.")


@decisions.command(name="apply")
def apply_decisions(file: Path, /, *, publish: Flag = False, note: Note = "", shop: ShopName = None) -> None:
    """Put a file in place of the draft; with --publish let it decide from now on."""
    _prepare()
    from sereno.runtime.decisions import keeping

    place, located = shop_named(shop).pk, _read(file)
    _checked(file, located)
    keeping.keep_draft(place, located.document, person())
    if publish:
        say(f"Version {keeping.publish(place, person(), note=note)} decides from now on.")
    else:
        say("Drafted. `sereno decisions publish` lets it decide.")


@decisions.command(name="publish")
def publish_decisions(*, note: Note = "", shop: ShopName = None) -> None:
    """Let the draft decide from now on."""
    _prepare()
    from sereno.runtime.decisions import keeping

    say(f"Version {keeping.publish(shop_named(shop).pk, person(), note=note)} decides from now on.")


@decisions.command(name="versions")
def list_decision_versions(*, shop: ShopName = None, json: Json = False) -> None:
    """List what was published, the newest first."""
    _prepare()
    from sereno.modules.decisions.models import DecisionsVersion
    from sereno.store.fields import instant_text

    found = DecisionsVersion.objects.filter(shop=shop_named(shop)).order_by("-number")
    rows = [(one.number, instant_text(one.published_at), one.published_by, one.note) for one in found]
    if json:
        emit([dict(zip(("number", "published_at", "published_by", "note"), row, strict=True)) for row in rows])
    else:
        table(["VERSION", "AT", "BY", "NOTE"], rows, empty="Nothing was published yet.")


@decisions.command(name="rollback")
def roll_back_decisions(version: int, /, *, shop: ShopName = None) -> None:
    """Publish an earlier version once more."""
    _prepare()
    from sereno.runtime.decisions import keeping

    try:
        number = keeping.roll_back(shop_named(shop).pk, version, person())
    except LookupError as error:
        raise WrongUse(str(error)) from None
    say(f"Version {number} decides from now on, and says what version {version} said.")


@decisions.command(name="ask")
def ask_decisions(file: Path, /, *, shop: ShopName = None, json: Json = False) -> None:
    """Ask the draft about a checkout (a file with cart, address, visitor, customer); nothing is noted."""
    _prepare()
    from sereno.engine.decisions import read_plan
    from sereno.runtime.decisions import asking, telling
    from sereno.runtime.decisions.keeping import read_kept
    from sereno.sdk.plugin import registry

    place = shop_named(shop).pk
    try:
        facts = telling.facts_in(_read(file).document)
    except ValueError as error:
        raise WrongUse(str(error)) from None
    found = telling.told_of(asking.rehearse(place, read_plan(read_kept(place).draft, registry()), facts))
    if json:
        emit(found)
        return
    for one in (*found["payment"], *found["delivery"]):
        say(f"{'shown ' if one['is_shown'] else 'hidden'}  {one['id']}  {', '.join(one['by'])}")
    for name, one in found["variants"].items():
        say(f"{name}: {one['arm'] or '-'} ({one['why']})")


def _read(file: Path) -> Any:
    from sereno.engine.documents import Unreadable, read_document

    try:
        text = file.read_text()
    except (OSError, UnicodeDecodeError) as error:
        raise WrongUse(f"{file}: {error}") from None
    try:
        located, problems = read_document(text)
    except Unreadable as error:
        raise Failed(f"{file}:{error.problem.line}: {error}") from None
    if problems:
        raise Failed("\n".join(f"{file}:{one.line}: {one.message}" for one in problems))
    return located


def _checked(file: Path, located: Any) -> None:
    from sereno.engine.decisions import DecisionsInvalid, read_plan
    from sereno.sdk.plugin import registry

    try:
        read_plan(located.document, registry())
    except DecisionsInvalid as invalid:
        lines = (f"{file}:{located.line(flaw.where)}: {flaw.path}: {flaw.message}" for flaw in invalid.flaws)
        raise Failed("\n".join(lines)) from None
