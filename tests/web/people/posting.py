"""A mail server that takes everything and keeps it."""

from __future__ import annotations

from sereno.sdk.ports import Mail
from sereno.sdk.result import Done, Result
from sereno.web.people import mailing


class Post:
    """A mail server that takes everything."""

    def __init__(self) -> None:
        self.mails: list[Mail] = []

    def send(self, mail: Mail) -> Result:
        self.mails.append(mail)
        return Done({})

    def all(self) -> list[Mail]:
        mailing.wait_for_background()
        mailing.wait_for_background()  # a letter begun by what was begun
        return self.mails
