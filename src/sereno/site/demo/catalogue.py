"""What the demo shop sells: Casa Azahar, things for the table and the house from Spain. All of it is invented.

`channel` says which of the shop's three storefronts a product is sold in.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Literal

Channel = Literal["shopify", "woocommerce", "vendure"]

NAME = "Casa Azahar"
SLUG = "casa-azahar"


@dataclass(frozen=True, slots=True)
class Item:
    """A variant. `price` in euro cents. `weight` is how often it is bought, `stock` what a full shelf holds."""

    sku: str
    title: str
    variant: str
    kind: str
    price: int
    grams: int
    weight: int
    stock: int
    channel: Channel
    number: int


# sku | title | variants | kind | price | grams | how often | full shelf
_SHOPIFY = """
AZ-CUE | Cuenco esmaltado Triana | Blanco, Azul cobalto, Verde oliva | Cerámica | 24.90 | 620 | 9 | 40
AZ-PLA | Plato llano Lebrija | 22 cm, 27 cm | Cerámica | 19.50 | 780 | 8 | 48
AZ-JAR | Jarra de agua Níjar | 1 l | Cerámica | 38.00 | 1150 | 4 | 18
AZ-AZU | Azulejo pintado a mano | Granada, Limón, Azahar | Cerámica | 14.00 | 410 | 6 | 60
AZ-TAZ | Taza de desayuno Úbeda | Blanca, Azul | Cerámica | 16.90 | 380 | 10 | 55
AZ-FUE | Fuente ovalada Totana | | Cerámica | 46.00 | 1640 | 3 | 14
AZ-MAC | Maceta trenzada Guadix | 14 cm, 20 cm | Cerámica | 21.00 | 1200 | 4 | 24
AZ-AOV | Aceite de oliva virgen extra Picual | 500 ml, 2 l | Despensa | 13.50 | 980 | 14 | 90
AZ-ARB | Aceite Arbequina sin filtrar | 500 ml | Despensa | 15.20 | 980 | 9 | 60
AZ-PIM | Pimentón de la Vera ahumado | Dulce, Picante | Despensa | 5.40 | 120 | 12 | 120
AZ-AZF | Azafrán de La Mancha | 1 g, 4 g | Despensa | 9.80 | 30 | 7 | 60
AZ-MIE | Miel de azahar | 500 g | Despensa | 9.60 | 640 | 9 | 70
AZ-TUR | Turrón blando de Jijona | | Despensa | 11.90 | 330 | 6 | 80
AZ-ALM | Almendra marcona frita | 200 g | Despensa | 7.90 | 220 | 9 | 80
AZ-SAL | Flor de sal de Cádiz | | Despensa | 6.20 | 190 | 8 | 80
AZ-VIN | Vinagre de Jerez reserva | | Despensa | 12.40 | 720 | 5 | 40
AZ-QUE | Queso manchego curado | 1 kg | Despensa | 27.50 | 1050 | 6 | 26
AZ-MAN | Manta de lana de Grazalema | Gris, Mostaza | Textil | 129.00 | 1700 | 2 | 9
AZ-MNT | Mantel de lino lavado | 150 x 150, 150 x 250 | Textil | 64.00 | 720 | 4 | 18
AZ-SER | Servilletas de lino (4) | Natural, Azul | Textil | 32.00 | 260 | 6 | 30
AZ-DEL | Delantal de algodón a rayas | | Textil | 29.00 | 310 | 5 | 25
AZ-TOA | Paño de cocina tejido (2) | | Textil | 17.50 | 190 | 7 | 45
AZ-COJ | Funda de cojín bordada | Limones, Olas | Textil | 34.00 | 240 | 4 | 20
AZ-CES | Cesta de esparto | Pequeña, Grande | Casa | 36.00 | 900 | 5 | 22
AZ-VEL | Vela de cera de abeja Azahar | | Casa | 18.00 | 320 | 10 | 50
AZ-JAB | Jabón de aceite de oliva (3) | | Casa | 12.00 | 300 | 9 | 70
AZ-ABA | Abanico de madera de peral | | Casa | 26.00 | 90 | 4 | 25
AZ-CAN | Candelabro de hierro forjado | | Casa | 78.00 | 2300 | 2 | 8
AZ-TAB | Tabla de cortar de olivo | Mediana, Grande | Cocina | 42.00 | 1350 | 6 | 24
AZ-PAE | Paellera pulida | 34 cm, 46 cm | Cocina | 27.00 | 1500 | 5 | 24
AZ-MOR | Mortero de mármol de Macael | | Cocina | 39.00 | 3100 | 3 | 12
AZ-CUC | Juego de cucharas de boj (5) | | Cocina | 22.00 | 240 | 6 | 35
"""
_WOOCOMMERCE = """
MY-AOV | Aceite Picual, caja de 6 | | Mayorista | 69.00 | 5900 | 8 | 40
MY-CUE | Cuencos Triana, lote de 12 | | Mayorista | 248.00 | 7500 | 3 | 10
MY-TAZ | Tazas Úbeda, lote de 12 | | Mayorista | 168.00 | 4600 | 4 | 12
MY-JAB | Jabón de oliva, caja de 24 | | Mayorista | 79.00 | 2500 | 5 | 25
MY-VEL | Velas Azahar, caja de 12 | | Mayorista | 159.00 | 3900 | 4 | 16
MY-CES | Cesta de regalo surtida | | Mayorista | 54.00 | 2100 | 7 | 30
"""
_VENDURE = """
RE-ACE | Estuche de aceite y flor de sal | | Regalos | 21.50 | 1200 | 6 | 30
RE-MAN | Manta de lana, edición Alpujarra | | Regalos | 139.00 | 1700 | 1 | 6
RE-CUE | Cuencos Triana, juego de 2 | | Regalos | 44.00 | 1300 | 4 | 20
"""


def _read(text: str, channel: Channel, first: int) -> list[Item]:
    items: list[Item] = []
    number = first
    for line in text.strip().splitlines():
        sku, title, variants, kind, price, grams, weight, stock = (part.strip() for part in line.split("|"))
        cents = round(float(price) * 100)
        names = [name.strip() for name in variants.split(",")]
        for step, name in enumerate(names):
            items.append(
                Item(
                    sku=f"{sku}-{step + 1}" if len(names) > 1 else sku,
                    title=title,
                    variant=name,
                    kind=kind,
                    # The larger size costs more; colours cost the same.
                    price=round(cents * (1.7 if step and name[:1].isdigit() else 1)),
                    grams=int(grams),
                    weight=int(weight),
                    stock=int(stock),
                    channel=channel,
                    number=number,
                )
            )
            number += 1
    return items


ITEMS: tuple[Item, ...] = (
    *_read(_SHOPIFY, "shopify", 101),
    *_read(_WOOCOMMERCE, "woocommerce", 301),
    *_read(_VENDURE, "vendure", 401),
)
BY_SKU = {item.sku: item for item in ITEMS}


@cache
def products(channel: Channel) -> dict[str, list[Item]]:
    """The items of a storefront by product title."""
    found: dict[str, list[Item]] = {}
    for item in ITEMS:
        if item.channel == channel:
            found.setdefault(item.title, []).append(item)
    return found
