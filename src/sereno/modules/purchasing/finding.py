"""Suppliers by what somebody remembers of them: name, code, address or contact, or the SKU of something they sell."""

from __future__ import annotations

from django.db.models import Q, QuerySet

from sereno.modules.purchasing.models import Supplier, SupplierPrice


def matching(shop_id: int, search: str) -> QuerySet[Supplier]:
    """All of the shop, or those that fit. A shop's suppliers are few; their price lists, which are not, are asked of an
    index for the whole SKU."""
    rows = Supplier.objects.filter(shop_id=shop_id)
    if not search:
        return rows
    sellers = SupplierPrice.objects.filter(shop_id=shop_id, sku=search).values_list("supplier_id", flat=True)
    said = (Q(**{f"{name}__icontains": search}) for name in ("name", "code", "email", "contact"))
    fits = Q(pk__in=list(sellers))
    for one in said:
        fits |= one
    return rows.filter(fits)
