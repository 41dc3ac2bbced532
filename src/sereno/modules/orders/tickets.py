"""A pick and pack ticket as a PDF, in the ticket's language: A4, the order's number as Code 128, a box
to tick for each line, and for goods made to order all that the customer specified.

Invariant: what is printed of a person (the address) is read from the order at that moment, never kept with the ticket.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from io import BytesIO
from pathlib import Path
from typing import Any

from django.utils import translation
from django.utils.translation import gettext as _

from sereno.commerce.merging import parts

FONTS = Path(__file__).resolve().parent / "fonts"
REGULAR, BOLD = "SerenoSans", "SerenoSans-Bold"
MOST_LINES = 500

Record = Mapping[str, Any]


def ticket_pdf(ticket: Record, order: Record | None, shop: str) -> bytes:
    """`order` as it is today, None where its address is not to be shown. The same data gives the same bytes."""
    from reportlab.lib.pagesizes import A4
    from reportlab.lib.units import mm
    from reportlab.platypus import SimpleDocTemplate

    _register_fonts()
    with translation.override(str(ticket.get("locale") or "en")):
        title = _title(ticket)
        held = BytesIO()
        document = SimpleDocTemplate(
            held,
            pagesize=A4,
            leftMargin=16 * mm,
            rightMargin=16 * mm,
            topMargin=14 * mm,
            bottomMargin=16 * mm,
            title=f"{title} {_number(ticket)}",
            author=shop,
            invariant=1,
        )
        width = A4[0] - 32 * mm
        document.build(
            [*_head(ticket, shop, title, width), *_about(ticket, order, width), *_lines(ticket, width)],
            onFirstPage=_foot(ticket),
            onLaterPages=_foot(ticket),
        )
    return held.getvalue()


def _title(ticket: Record) -> str:
    return _("To make") if ticket.get("kind") == "make" else _("To pick and pack")


def _made(ticket: Record) -> str:
    at = str(ticket.get("created_at") or "")
    return f"{at[:16].replace('T', ' ')} UTC" if at else ""


def _number(ticket: Record) -> str:
    return str(ticket.get("order_number") or ticket.get("order_id") or "")


def _head(ticket: Record, shop: str, title: str, width: float) -> list[Any]:
    from reportlab.graphics.barcode.code128 import Code128
    from reportlab.lib.units import mm
    from reportlab.platypus import Spacer, Table, TableStyle

    plain = "".join(one for one in _number(ticket) if " " <= one <= "~")[:30]
    code: Any = Code128(plain, barHeight=12 * mm, barWidth=0.35 * mm) if plain else ""
    left = [_paragraph(shop, 9, colour="#5a5a5a"), _paragraph(title, 17, bold=True), _paragraph(_number(ticket), 13)]
    table = Table([[left, code]], colWidths=[width - 75 * mm, 75 * mm])
    table.setStyle(TableStyle([("VALIGN", (0, 0), (-1, -1), "TOP"), ("ALIGN", (1, 0), (1, 0), "RIGHT")]))
    return [table, Spacer(0, 5 * mm)]


def _about(ticket: Record, order: Record | None, width: float) -> list[Any]:
    from reportlab.lib.units import mm
    from reportlab.platypus import Spacer, Table, TableStyle

    facts = [
        (_("Warehouse"), ticket.get("warehouse")),
        (_("Queue"), ticket.get("queue")),
        (_("Packaging"), ticket.get("packaging")),
        (_("Shipping"), ticket.get("shipping_method")),
        (_("Made"), _made(ticket)),
        (_("Pieces"), ticket.get("item_count")),
    ]
    said = [_paragraph(f"{name}:  {value}", 10) for name, value in facts if value]
    address = [_paragraph(one, 10) for one in address_lines(order)]
    if address:
        address.insert(0, _paragraph(_("Ship to"), 9, colour="#5a5a5a"))
    table = Table([[said or "", address or ""]], colWidths=[width / 2, width / 2])
    table.setStyle(TableStyle([("VALIGN", (0, 0), (-1, -1), "TOP"), ("LEFTPADDING", (0, 0), (0, 0), 6)]))
    found: list[Any] = [table, Spacer(0, 4 * mm)]
    for text in (ticket.get("note"), (order or {}).get("note")):
        if text:
            found += [_paragraph(str(text)[:2000], 11, bold=True), Spacer(0, 3 * mm)]
    return found


def _lines(ticket: Record, width: float) -> list[Any]:
    from reportlab.lib import colors
    from reportlab.lib.units import mm
    from reportlab.platypus import Table, TableStyle

    heads = ["", _("SKU"), _("What"), _("Quantity")]
    rows: list[list[Any]] = [[_paragraph(one, 9, colour="#5a5a5a") for one in heads]]
    for line in parts(ticket.get("lines"))[:MOST_LINES]:
        title = " · ".join(str(line[name]) for name in ("title", "variant_title") if line.get(name))
        cell = [_paragraph(title or "–", 11)]
        properties = line.get("properties")
        if isinstance(properties, Mapping):
            cell += [_paragraph(f"{name}:  {value}", 11, bold=True) for name, value in properties.items()]
        sku, count = str(line.get("sku") or "–"), _count(line.get("quantity"))
        rows.append([_box(), _paragraph(sku, 11, bold=True), cell, _paragraph(count, 15, bold=True)])
    rule = colors.HexColor("#c9c9c9")
    style: list[tuple[Any, ...]] = [
        ("VALIGN", (0, 0), (-1, -1), "TOP"),
        ("LINEBELOW", (0, 0), (-1, -1), 0.5, rule),
        ("TOPPADDING", (0, 1), (-1, -1), 7),
        ("BOTTOMPADDING", (0, 1), (-1, -1), 9),
    ]
    table = Table(rows, colWidths=[9 * mm, 42 * mm, width - 73 * mm, 22 * mm], repeatRows=1, style=TableStyle(style))
    return [table]


def address_lines(order: Record | None) -> list[str]:
    """As it is written on a parcel."""
    address = (order or {}).get("shipping_address")
    if not isinstance(address, Mapping):
        return []
    name = address.get("name") or " ".join(str(address[one]) for one in ("first_name", "last_name") if address.get(one))
    town = " ".join(str(address[one]) for one in ("postal_code", "city") if address.get(one))
    country = address.get("country_name") or address.get("country")
    phone = address.get("phone") or (order or {}).get("phone")
    wanted: Sequence[Any] = (
        name, address.get("company"), address.get("line1"), address.get("line2"), town, address.get("region"), country,
        phone,
    )  # fmt: skip
    return [str(one) for one in wanted if one]


def _count(value: Any) -> str:
    return (
        str(int(value)) if isinstance(value, float) and value.is_integer() else str(value if value is not None else 1)
    )


def _box() -> Any:
    """To tick; drawn, so that no font is needed for it."""
    from reportlab.graphics.shapes import Drawing, Rect
    from reportlab.lib import colors

    drawing = Drawing(12, 12)
    drawing.add(Rect(0.5, 0.5, 11, 11, fillColor=None, strokeColor=colors.HexColor("#2b2b2b"), strokeWidth=0.9))
    return drawing


def _paragraph(text: Any, size: int, *, bold: bool = False, colour: str = "#1c1c1c") -> Any:
    from xml.sax.saxutils import escape

    from reportlab.lib.styles import ParagraphStyle
    from reportlab.platypus import Paragraph

    style = ParagraphStyle(
        "said",
        fontName=BOLD if bold else REGULAR,
        fontSize=size,
        leading=size * 1.35,
        textColor=colour,
        splitLongWords=1,
    )
    return Paragraph(escape(str(text)[:3000]).replace("\n", "<br/>"), style)


def _foot(ticket: Record) -> Any:
    from reportlab.lib.pagesizes import A4
    from reportlab.lib.units import mm

    said = f"{_number(ticket)} · {ticket.get('id') or ''}"

    def draw(canvas: Any, document: Any) -> None:
        canvas.setFont(REGULAR, 8)
        canvas.setFillColorRGB(0.35, 0.35, 0.35)
        canvas.drawString(16 * mm, 9 * mm, said)
        canvas.drawRightString(A4[0] - 16 * mm, 9 * mm, str(document.page))

    return draw


@lru_cache(maxsize=1)
def _register_fonts() -> None:
    from reportlab.pdfbase import pdfmetrics
    from reportlab.pdfbase.ttfonts import TTFont

    pdfmetrics.registerFont(TTFont(REGULAR, str(FONTS / "noto-sans-regular.ttf")))
    pdfmetrics.registerFont(TTFont(BOLD, str(FONTS / "noto-sans-bold.ttf")))
