"""Lead capture forms: in the shop's storefront, on a page of their own, and the desk's pages about them."""
