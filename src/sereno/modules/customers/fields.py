"""What `customer` is in an expression."""

from sereno.commerce.records import CUSTOMER
from sereno.sdk.plugin import root_record

root_record("customer", CUSTOMER)
