"""The demo shop's customers: invented names, invented streets, addresses at reserved mail domains."""

from __future__ import annotations

import random
import re
import unicodedata
from dataclasses import asdict, dataclass
from typing import Any

_GIVEN = {
    "es": "Lucía Marta Carmen Elena Sofía Paula Inés Rocío Alba Nuria Javier Pablo Álvaro Diego Hugo Sergio Iván Mateo",
    "pt": "Mariana Beatriz Inês Leonor Catarina Joana Rita Sofia João Tiago Duarte Rui Miguel Gonçalo Nuno Pedro",
    "en": "Emily Grace Hannah Olivia Sarah Chloe Freya Megan Oliver Jack Harry Thomas George Callum Rory Daniel",
    "ro": "Andreea Ioana Maria Elena Cristina Raluca Alexandra Bianca Andrei Mihai Radu Vlad Ștefan Tudor Bogdan Ion",
}
_FAMILY = {
    "es": "García Fernández López Romero Navarro Ortega Castillo Molina Vidal Serrano Núñez Cano Ibáñez Peña",
    "pt": "Silva Santos Ferreira Oliveira Costa Carvalho Almeida Ribeiro Pinto Teixeira Moreira Gonçalves",
    "en": "Walker Hughes Turner Bennett Collins Murphy Foster Shaw Palmer Doyle Kelly Watson Barnes",
    "ro": "Popescu Ionescu Dumitru Stan Munteanu Radu Constantin Marin Tudor Dobre Barbu Năstase",
}
# place | postal code | region | country | street
_PLACES = {
    "es": (
        ("Madrid", "28004", "Madrid", "ES", "Calle de la Palma"),
        ("Sevilla", "41004", "Sevilla", "ES", "Calle Betis"),
        ("Valencia", "46003", "Valencia", "ES", "Carrer de Quart"),
        ("Barcelona", "08012", "Barcelona", "ES", "Carrer de Verdi"),
        ("Granada", "18010", "Granada", "ES", "Cuesta de San Gregorio"),
        ("Bilbao", "48005", "Bizkaia", "ES", "Calle Somera"),
        ("Zaragoza", "50001", "Zaragoza", "ES", "Calle del Temple"),
        ("Las Palmas", "35002", "Las Palmas", "ES", "Calle Mayor de Triana"),
    ),
    "pt": (
        ("Lisboa", "1200-109", "Lisboa", "PT", "Rua da Rosa"),
        ("Porto", "4050-014", "Porto", "PT", "Rua das Taipas"),
        ("Coimbra", "3000-150", "Coimbra", "PT", "Rua da Sofia"),
        ("Évora", "7000-522", "Évora", "PT", "Rua da Moeda"),
    ),
    "en": (
        ("Bristol", "BS1 5TR", "England", "GB", "Park Street"),
        ("Dublin", "D02 X285", "Dublin", "IE", "Camden Row"),
        ("Edinburgh", "EH3 9DR", "Scotland", "GB", "Lauriston Place"),
        ("Cork", "T12 W8P5", "Cork", "IE", "Douglas Street"),
    ),
    "ro": (
        ("București", "010055", "București", "RO", "Strada Franceză"),
        ("Cluj-Napoca", "400098", "Cluj", "RO", "Strada Matei Corvin"),
        ("Timișoara", "300054", "Timiș", "RO", "Strada Eugeniu de Savoya"),
        ("Iași", "700259", "Iași", "RO", "Strada Lăpușneanu"),
    ),
}
COORDINATES = {
    "Madrid": (40.4168, -3.7038), "Sevilla": (37.3886, -5.9823), "Valencia": (39.4699, -0.3763),
    "Barcelona": (41.3874, 2.1686), "Granada": (37.1773, -3.5986), "Bilbao": (43.2630, -2.9350),
    "Zaragoza": (41.6488, -0.8891), "Las Palmas": (28.1235, -15.4363), "Lisboa": (38.7223, -9.1393),
    "Porto": (41.1579, -8.6291), "Coimbra": (40.2033, -8.4103), "Évora": (38.5714, -7.9135),
    "Bristol": (51.4545, -2.5879), "Dublin": (53.3498, -6.2603), "Edinburgh": (55.9533, -3.1883),
    "Cork": (51.8985, -8.4756), "București": (44.4268, 26.1025), "Cluj-Napoca": (46.7712, 23.6236),
    "Timișoara": (45.7489, 21.2087), "Iași": (47.1585, 27.6014),
}  # fmt: skip
"""Degrees north and east."""
_CODES = {"ES": "+34 6", "PT": "+351 9", "GB": "+44 7", "IE": "+353 8", "RO": "+40 7"}
_LANGUAGES = (("es", 55), ("pt", 18), ("en", 17), ("ro", 10))
_DOMAINS = ("example.com", "example.org", "example.net", "nowhere.example")


@dataclass(slots=True)
class Person:
    """A customer as the platforms know them. `number` is the customer's number; `orders` and `spent` (cents) grow."""

    number: int
    given: str
    family: str
    email: str
    phone: str
    locale: str
    city: str
    postal_code: str
    region: str
    country: str
    street: str
    accepts: bool
    birthday: str
    created: str = ""
    orders: int = 0
    spent: int = 0
    is_known: bool = False

    @property
    def name(self) -> str:
        return f"{self.given} {self.family}"

    def document(self) -> dict[str, Any]:
        return asdict(self)


def invent(chance: random.Random, number: int, languages: tuple[str, ...] | None = None) -> Person:
    """A person who never was. The same chance gives the same person."""
    if languages is None:
        words, weights = zip(*_LANGUAGES, strict=True)
        language = chance.choices(words, weights)[0]
    else:
        language = chance.choice(languages)
    given, family = chance.choice(_GIVEN[language].split()), chance.choice(_FAMILY[language].split())
    city, postal_code, region, country, street = chance.choice(_PLACES[language])
    mailbox = f"{plain(given)}.{plain(family)}{number}"
    return Person(
        number=number,
        given=given,
        family=family,
        email=f"{mailbox}@{chance.choices(_DOMAINS, (40, 30, 28, 2))[0]}",
        phone=_CODES[country] + "".join(chance.choice("0123456789") for _ in range(8)),
        locale=language,
        city=city,
        postal_code=postal_code,
        region=region,
        country=country,
        street=f"{street} {chance.randint(1, 90)}",
        accepts=chance.random() < 0.62,
        birthday=f"{chance.randint(1955, 2004)}-{chance.randint(1, 12):02}-{chance.randint(1, 28):02}",
    )


def plain(text: str) -> str:
    """The name as it can stand in an address."""
    bare = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z]", "", bare)
