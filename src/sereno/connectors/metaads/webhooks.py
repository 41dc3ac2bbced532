"""Meta's advertisements tell nothing by themselves: they are asked."""

from __future__ import annotations

from typing import Any

from sereno.connectors.advertising import advertiser
from sereno.sdk.config import mark as _
from sereno.sdk.connector import Guide, Setting
from sereno.sdk.plugin import connector


def _load() -> Any:
    from sereno.connectors.metaads.tool import TOOL

    return TOOL


METAADS = connector(
    advertiser(
        "metaads",
        "Meta Ads",
        _load,
        Guide(
            brings=_("Puts your segments into its audiences, hashed, and pauses advertisements of what is sold out."),
            is_store=False,
            settings=(Setting("secret", _("Secret"), "secret", True, _("Any long text; one can be made here.")),),
            steps=(_("Meta's advertisements send no notices: give the key under Connections, and all is done."),),
        ),
    )
)
