"""`sereno flow lint | diff`: what is wrong with a flow file, and what it would change."""

from __future__ import annotations

import difflib
import sys
from pathlib import Path
from typing import Any

from sereno.cli import database
from sereno.cli.flows import documents
from sereno.cli.host import host
from sereno.cli.narrowing import Json, ShopName, shop_named
from sereno.cli.output import Failed, emit, note, say


def lint(*files: str, json: Json = False) -> None:
    """Check flow files. Needs no database; exit status 1 when anything is wrong. What a message says too personally is
    warned of and no error.

    Parameters
    ----------
    files
        Flow files, folders of them, or - for standard input.
    """
    read = documents.read(files)
    plugins = host().prepare(needs_data=False)
    report = []
    for document in read:
        flow, problems = documents.check(document, plugins)
        warnings = documents.warnings_of(flow)
        name = flow.name if flow else None
        report.append({"file": document.path, "flow": name, "problems": problems, "warnings": warnings})
        if not json:
            for warning in warnings:
                note(f"{document.path}: step {warning['path']}: {warning['message']}")
            for line in documents.problem_lines(document, problems):
                note(line)
            if flow:
                say(f"{document.path}: {flow.name} is good")
    if json:
        emit(report)
    wrong = sum(len(item["problems"]) for item in report)
    if wrong:
        raise Failed(f"{wrong} {'problem' if wrong == 1 else 'problems'}")


def diff(*files: str, shop: ShopName = None, json: Json = False) -> None:
    """Show what publishing would change, as a unified diff against what is live.

    Parameters
    ----------
    files
        Flow files, folders of them, or - for standard input; the name of a flow stands for its draft.
    """
    plugins = host().prepare()
    database.ready()
    place = shop_named(shop)
    drafts = _drafts(place, files)
    left = [name for name in files if name not in {draft.path for draft in drafts}]
    read = drafts + (documents.read(left) if left or not drafts else [])
    from sereno.engine.flow import to_yaml

    report = []
    for document in read:
        flow, problems = documents.check(document, plugins)
        if flow is None:
            raise Failed("\n".join(documents.problem_lines(document, problems)))
        held = published(place, flow.name)
        lines = list(
            difflib.unified_diff(
                (held or "").splitlines(keepends=True),
                to_yaml(flow.document).splitlines(keepends=True),
                f"{flow.name} (published)" if held else "/dev/null",
                document.path,
            )
        )
        report.append({"file": document.path, "flow": flow.name, "is_new": held is None, "diff": "".join(lines)})
    if json:
        emit(report)
        return
    for item in report:
        if item["diff"]:
            sys.stdout.write(str(item["diff"]))
        else:
            say(f"{item['file']}: {item['flow']} is published as it is")


def _drafts(place: Any, names: tuple[str, ...]) -> list[documents.Document]:
    """The drafts of those names that are flows and not files."""
    from sereno.store.models import Flow

    wanted = [name for name in names if name != "-" and not Path(name).exists()]
    held = Flow.objects.filter(shop=place, name__in=wanted).values_list("name", "draft")
    return [documents.Document(name, draft) for name, draft in held]


def published(place, name: str) -> str | None:
    """The published document in its canonical spelling; None when nothing is published."""
    import yaml

    from sereno.engine.flow import to_yaml
    from sereno.store.models import Flow, FlowVersion

    flow = Flow.objects.filter(shop=place, name=name, version__isnull=False).first()
    if flow is None:
        return None
    text = FlowVersion.objects.get(flow=flow, number=flow.version).document
    return to_yaml(yaml.safe_load(text))
