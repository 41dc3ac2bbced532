"""Pictures of messages: taking them in, and giving them to whoever reads the mail, at an address that never changes."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from django.contrib import messages
from django.db import transaction
from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect
from django.utils.cache import patch_response_headers
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from sereno.modules.messages import arranging, editing, pictures
from sereno.modules.messages.compiling import PICTURE
from sereno.store.models import Audit, MessagePicture, MessageTemplate, Shop
from sereno.web.access import StaffRequest, staff
from sereno.web.content import words
from sereno.web.content.state import state_of
from sereno.web.wiring import wiring

YEAR = 365 * 24 * 3600


@require_safe
def serve(request: HttpRequest, name: str) -> HttpResponseBase:
    """A picture, for anybody: who has the address has had the mail. It may be kept for ever and can do nothing."""
    path = pictures.path_of(wiring().data_dir, name) or _fetched(name)
    if path is None:
        raise Http404
    response = FileResponse(path.open("rb"), content_type=pictures.TYPES[path.suffix[1:]])
    patch_response_headers(response, YEAR)
    response["Cache-Control"] = f"public, max-age={YEAR}, immutable"
    response["Content-Security-Policy"] = "default-src 'none'; sandbox"
    response["Cross-Origin-Resource-Policy"] = "cross-origin"
    response["Content-Disposition"] = "inline"
    return response


def _fetched(name: str) -> Path | None:
    """The picture as another host took it in, kept here from now on."""
    match = pictures.NAME.fullmatch(name)
    if match is None:
        return None
    row = MessagePicture.objects.filter(digest=match[1], kind=match[2], body__isnull=False).first()
    if row is None:
        return None
    picture = pictures.Looked(row.kind, row.width, row.height, bytes(row.body))
    pictures.keep(wiring().data_dir, picture)
    return pictures.path_of(wiring().data_dir, name)


@require_POST
@staff("flows")
def upload(request: StaffRequest, name: str) -> HttpResponse:
    """Take a file in and put it into the open picture block."""
    row = get_object_or_404(MessageTemplate, shop=request.shop, name=name)
    state = state_of(name, editing.draft_of(row), request.shop.locale, request.POST)
    try:
        source = take(request, request.shop)
        editing.change(
            request.shop.pk,
            name,
            lambda document: arranging.set_settings(document, state.block, {"source": source}),
            what="text",
            target=f"{state.block}|picture",
            by=request.user.username,
        )
    except (pictures.PictureInvalid, LookupError) as refused:
        messages.error(request, words.refusal(refused))
    return redirect(state.to())


def take(request: StaffRequest, shop: Shop) -> str:
    """The file of the form, kept; how a document names it. Raises PictureInvalid."""
    given = request.FILES.get("file")
    if given is None or not given.size:
        raise pictures.PictureInvalid("picture.empty")
    if given.size > pictures.LARGEST:
        raise pictures.PictureInvalid("picture.large")
    found = pictures.look(given.read())
    name = f"{found.digest}.{found.kind}"
    now = datetime.now(UTC)
    with transaction.atomic():
        held = MessagePicture.objects.filter(shop=shop)
        if not held.filter(digest=found.digest).exists():
            if held.count() >= pictures.MOST:
                raise pictures.PictureInvalid("picture.many")
            MessagePicture.objects.create(
                shop=shop,
                digest=found.digest,
                kind=found.kind,
                name=(given.name or _("Picture"))[:200],
                size=len(found.body),
                width=found.width,
                height=found.height,
                body=found.body,
                at=now,
                by=request.user.username[:200],
            )
            details = {"size": len(found.body), "kind": found.kind}
            by = request.user.username[:200]
            Audit.objects.create(shop=shop, at=now, by=by, action="message.picture_added", target=name, details=details)
        pictures.keep(wiring().data_dir, found)
    return f"{PICTURE}{name}"
