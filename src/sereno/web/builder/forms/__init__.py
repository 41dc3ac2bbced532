"""The forms of the builder's side panel: one for every trigger, entry, exit and step, made from what each is.

`panel` gives what to render (inside a `<form>` of the page's own), `apply` the changed document. The page must load
`css/forms.css` and `js/forms.js`.
"""

from __future__ import annotations

from sereno.web.builder.forms.blanks import blank
from sereno.web.builder.forms.panels import FormInvalid, FormRedrawn, Panel, apply, panel

__all__ = ["FormInvalid", "FormRedrawn", "Panel", "apply", "blank", "panel"]
