"""Orders as suppliers read them, in their language. Pure."""

from __future__ import annotations

from decimal import Decimal
from html import escape

from sereno.commerce.money import Money
from sereno.sdk.context import ShopFacts
from sereno.sdk.purchasing import Letter

WORDS = {
    "en": {
        "subject": "Purchase order PO-{number} from {shop}",
        "subject_chase": "Reminder: purchase order PO-{number} from {shop}",
        "hello": "Hello {name},",
        "order": "please deliver:",
        "chase": "we have not heard from you, or not received all, of this order. These are still to come:",
        "head": ("Your SKU", "Our SKU", "Item", "Quantity", "Price", "Amount"),
        "total": "Total",
        "ask": "Please answer this mail with your order number and the day of delivery.",
        "link": "Confirm, change or decline this order",
    },
    "es": {
        "subject": "Pedido de compra PO-{number} de {shop}",
        "subject_chase": "Recordatorio: pedido de compra PO-{number} de {shop}",
        "hello": "Hola, {name}:",
        "order": "les pedimos que nos envíen:",
        "chase": "no hemos tenido respuesta sobre este pedido o no lo hemos recibido completo. Falta por llegar:",
        "head": ("Su referencia", "Nuestra referencia", "Artículo", "Cantidad", "Precio", "Importe"),
        "total": "Total",
        "ask": "Respondan a este correo con su número de pedido y el día de entrega, por favor.",
        "link": "Confirmar, cambiar o rechazar este pedido",
    },
    "pt": {
        "subject": "Encomenda PO-{number} de {shop}",
        "subject_chase": "Lembrete: encomenda PO-{number} de {shop}",
        "hello": "Olá, {name},",
        "order": "pedimos que nos enviem:",
        "chase": "não tivemos resposta sobre esta encomenda ou não a recebemos completa. Falta chegar:",
        "head": ("A vossa referência", "A nossa referência", "Artigo", "Quantidade", "Preço", "Valor"),
        "total": "Total",
        "ask": "Respondam a este e-mail com o vosso número de encomenda e o dia da entrega, por favor.",
        "link": "Confirmar, alterar ou recusar esta encomenda",
    },
    "ro": {
        "subject": "Comanda de achiziție PO-{number} de la {shop}",
        "subject_chase": "Reamintire: comanda de achiziție PO-{number} de la {shop}",
        "hello": "Bună ziua, {name},",
        "order": "vă rugăm să ne livrați:",
        "chase": "nu am primit un răspuns despre această comandă sau nu am primit-o întreagă. Mai avem de primit:",
        "head": ("Codul dvs.", "Codul nostru", "Articol", "Cantitate", "Preț", "Valoare"),
        "total": "Total",
        "ask": "Vă rugăm să răspundeți la acest e-mail cu numărul comenzii dvs. și ziua livrării.",
        "link": "Confirmați, modificați sau refuzați comanda",
    },
}


def write(letter: Letter, kind: str, shop: ShopFacts) -> tuple[str, str, str]:
    """Subject, text and HTML. A reminder lists what has not come yet."""
    words = WORDS.get(letter.locale, WORDS["en"])
    is_chase = kind == "chase"
    subject = str(words["subject_chase" if is_chase else "subject"]).format(number=letter.number, shop=shop.name)
    rows = [_row(line, letter.currency, is_chase) for line in letter.lines if not is_chase or line["left"]]
    hello = str(words["hello"]).format(name=letter.contact or letter.name)
    opening = str(words["chase" if is_chase else "order"])
    total = f"{words['total']}: {letter.total} {letter.currency}"
    before = [part for part in ("" if is_chase else total, letter.note) if part]
    link = f"{words['link']}: {letter.answer_url}" if letter.answer_url else str(words["ask"])
    closing = [*before, link, shop.name]
    plain = "\n\n".join([hello, opening, "\n".join("  ".join(one for one in row if one) for row in rows), *closing])
    head = "".join(f"<th align='left'>{escape(one)}</th>" for one in words["head"])
    body = "".join("<tr>" + "".join(f"<td>{escape(cell)}</td>" for cell in row) + "</tr>" for row in rows)
    button = f"<a href='{escape(letter.answer_url)}'>{escape(str(words['link']))}</a>" if letter.answer_url else ""
    ending = "".join(f"<p>{one}</p>" for one in (*map(escape, before), button or escape(link), escape(shop.name)))
    table = f"<table cellpadding='6'><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"
    return subject, plain + "\n", f"<p>{escape(hello)}</p><p>{escape(opening)}</p>{table}{ending}"


def _row(line: object, currency: str, is_chase: bool) -> tuple[str, ...]:
    assert isinstance(line, dict)
    count = int(line["left"] if is_chase else line["quantity"])
    price = Decimal(line["price"])
    amount = Money(price * count, currency).rounded().amount
    return (line["supplier_sku"], line["sku"], line["title"], f"{count} ×", f"{price} {currency}", f"= {amount}")
