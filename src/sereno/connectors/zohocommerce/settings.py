"""What connecting a Zoho Commerce store takes."""

from sereno.sdk.config import mark as _
from sereno.sdk.connector import Guide, Setting

DOMAINS = {
    "com": ("zoho.com", "zohoapis.com"),
    "eu": ("zoho.eu", "zohoapis.eu"),
    "in": ("zoho.in", "zohoapis.in"),
    "com.au": ("zoho.com.au", "zohoapis.com.au"),
    "jp": ("zoho.jp", "zohoapis.jp"),
    "ca": ("zohocloud.ca", "zohoapis.ca"),
    "sa": ("zoho.sa", "zohoapis.sa"),
}
"""Zoho's data centres: where accounts and stores are, and where its other interfaces are."""

ACCESS = (
    Setting(
        "data_center",
        _("Data centre"),
        "choice",
        True,
        _("How the address ends at which you sign in to Zoho."),
        tuple(DOMAINS),
    ),
    Setting("organization", _("Organisation id"), "text", True, _("A number; the guide says how to ask Zoho for it.")),
    Setting("client_id", _("Client ID"), "text", True, _("Begins with 1000.")),
    Setting("client_secret", _("Client secret"), "secret", True),
    Setting("refresh_token", _("Refresh token"), "secret", True, _("It is good until you take it back.")),
    Setting("currency", _("Currency of the prices"), "currency", True, _("Zoho's products do not say it.")),
)
ACCESS_STEPS = (
    _("In Zoho's API Console, api-console.zoho.com or that of your data centre, add a Self Client."),
    _(
        "Under Generate Code enter the scopes ZohoCommerce.salesorders.READ, ZohoCommerce.shipmentorders.CREATE, "
        "ZohoCommerce.items.READ, ZohoCommerce.items.UPDATE, ZohoCommerce.sitesIndex.READ and "
        "ZohoInventory.inventoryadjustments.ALL."
    ),
    _("Exchange the code for a refresh token within its minutes, by the command in the guide, Connect Zoho Commerce."),
    _("Ask Zoho for the organisation id of the store, also with a command in that guide."),
)

GUIDE = Guide(
    brings=_("Orders, products and stock. Customers come with their orders."),
    settings=(Setting("secret", _("Secret"), "secret", True, _("Any long text; one can be made here.")),),
    steps=(
        _("In Zoho Commerce open Settings, Developer Space, Webhooks, and create one."),
        _("Give it this connection's address with ?secret= and the secret behind it."),
        _("Tick the events of sales orders. Place an order: it shows up on this page."),
    ),
    topics=("salesorder", "product"),
)
