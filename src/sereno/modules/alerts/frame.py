"""The look of the mails that ask the shop's own people something."""

from __future__ import annotations

from html import escape

from sereno.sdk.context import ShopFacts

_BUTTON = (
    "display:inline-block;padding:11px 20px;margin:0 8px 8px 0;border-radius:8px;border:1px solid {line};"
    "background:{paint};color:{ink};text-decoration:none;font-weight:600"
)


def button(label: str, address: str, *, is_first: bool = False) -> str:
    style = (
        _BUTTON.format(line="#d99a20", paint="#ffbf47", ink="#2b1d00")
        if is_first
        else _BUTTON.format(line="#b9bccb", paint="#ffffff", ink="#1c2140")
    )
    return f'<a href="{escape(address)}" style="{style}">{escape(label)}</a>'


def framed(title: str, parts: str, shop: ShopFacts) -> str:
    """`parts` is HTML; the rest is text."""
    return (
        f'<html lang="{escape(shop.locale[:2])}"><body style="margin:0;padding:24px;background:#f5f6fa;'
        "font-family:system-ui,-apple-system,'Segoe UI',Roboto,sans-serif;font-size:15px;line-height:1.5;"
        'color:#1c2140">'
        '<div style="max-width:560px;margin:0 auto;padding:24px;background:#ffffff;border-radius:12px">'
        f'<p style="margin:0 0 8px;color:#555b75">{escape(shop.name)}</p>'
        f'<h1 style="margin:0 0 16px;font-size:19px;line-height:1.35">{escape(title)}</h1>{parts}</div></body></html>'
    )
