"""What connecting a Salesforce B2C Commerce site takes."""

from sereno.sdk.config import mark as _
from sereno.sdk.connector import Guide, Setting

ACCESS = (
    Setting("short_code", _("Short code"), "text", True, _("Eight letters and digits, such as kv7kzm78.")),
    Setting("organization", _("Organisation id"), "text", True, _("Such as f_ecom_zzte_prd.")),
    Setting("site", _("Site id"), "text", True, _("Such as RefArch, as in Merchant Tools.")),
    Setting("client_id", _("API client id"), "text", True, _("Of an API client made in Account Manager.")),
    Setting("client_secret", _("API client password"), "secret", True),
    Setting("customer_list", _("Customer list"), "text", False, _("Its id; that of the site when left empty.")),
    Setting(
        "catalog", _("Catalogue"), "text", False, _("The storefront catalogue's id, to put products into categories.")
    ),
    Setting(
        "host",
        _("Address of the instance"),
        "url",
        False,
        _("Such as https://production-shop.demandware.net; for stock."),
    ),
    Setting("inventory_list", _("Inventory list"), "text", False, _("Its id; for stock.")),
)
ACCESS_STEPS = (
    _("In Account Manager open API Client, press “Add API Client”, and give it the role Salesforce Commerce API."),
    _(
        "Allow it the scopes sfcc.orders.rw, sfcc.products.rw, sfcc.catalogs.rw and sfcc.customerlists.rw, for your "
        "organisation."
    ),
    _("In Business Manager, Administration, Site Development, Salesforce Commerce API Settings: copy both ids."),
    _("For stock, allow the client /inventory_lists/** under Open Commerce API Settings (Data), to get and to patch."),
    _("For tags, notes, holds and parcels import the attributes named in the guide, Connect Salesforce."),
)

GUIDE = Guide(
    brings=_("Orders, customers, products and stock. Salesforce sends nothing itself: Sereno reads it."),
    is_polled=True,
    settings=(Setting("secret", _("Signing secret"), "secret", True, _("A long text; your cartridge signs with it.")),),
    steps=(
        _("Save, then give the permission to write below: with it Sereno reads what changed every minute."),
        _(
            "Or let a cartridge of yours tell at once: it posts the number of an order to this connection's address, "
            "with the header X-Sereno-Topic: orders and X-Sereno-Signature: base64(HMAC-SHA256(body, secret))."
        ),
        _("Or give the answers of the Commerce API as files to the command `sereno ingest`."),
    ),
    topics=("orders", "orders/created", "customers", "products", "inventory"),
)
