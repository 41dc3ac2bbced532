"""Content of the site: the pages that keep it, and the addresses at which storefronts ask for it."""
