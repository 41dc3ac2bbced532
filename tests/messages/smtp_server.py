"""A real SMTP server in a process of its own: what it takes is kept as files, and it can be told to refuse.

Started as `python smtp_server.py FOLDER [--tls CERTIFICATE KEY] [--user NAME:PASSWORD] [--ascii]`; prints its port. The
file FOLDER/rules.json says what to answer: {"rcpt": {address: "550 ..."}, "data": "451 ...", "drop_after_data": true}.
"""

from __future__ import annotations

import asyncio
import json
import ssl
import sys
import warnings
from itertools import count
from pathlib import Path
from typing import Any

warnings.simplefilter("ignore")

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session  # noqa: E402

FOLDER = Path(sys.argv[1])
NUMBERS = count(1)
SESSIONS = count(1)


def rules() -> dict[str, Any]:
    path = FOLDER / "rules.json"
    return json.loads(path.read_text()) if path.exists() else {}


class Handler:
    def __init__(self) -> None:
        self.session = next(SESSIONS)

    async def handle_RCPT(  # noqa: N802
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        said = rules().get("rcpt", {}).get(address)
        if said:
            return str(said)
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        said = rules().get("data")
        if said:
            return str(said)
        name = f"{next(NUMBERS):04d}"
        (FOLDER / f"{name}.eml").write_bytes(envelope.original_content or b"")
        facts = {
            "from": envelope.mail_from,
            "to": envelope.rcpt_tos,
            "session": self.session,
            "tls": session.ssl is not None,
            "user": session.auth_data.login.decode() if session.auth_data else None,
        }
        (FOLDER / f"{name}.json").write_text(json.dumps(facts))
        if rules().get("drop_after_data"):
            assert server.transport is not None
            server.transport.close()
        return "250 Taken"


def check(password: str) -> Any:
    def authenticate(server: SMTP, session: Session, envelope: Envelope, mechanism: str, data: Any) -> AuthResult:
        is_right = isinstance(data, LoginPassword) and f"{data.login.decode()}:{data.password.decode()}" == password
        return AuthResult(success=is_right, handled=False, auth_data=data)

    return authenticate


async def main() -> None:
    context = None
    if "--tls" in sys.argv:
        at = sys.argv.index("--tls")
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(sys.argv[at + 1], sys.argv[at + 2])
    password = sys.argv[sys.argv.index("--user") + 1] if "--user" in sys.argv else None

    def make() -> SMTP:
        return SMTP(
            Handler(),
            hostname="mail.test",
            enable_SMTPUTF8="--ascii" not in sys.argv,
            tls_context=context,
            authenticator=check(password) if password else None,
            auth_required=password is not None,
            auth_require_tls=False,
        )

    server = await asyncio.get_running_loop().create_server(make, "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


asyncio.run(main())
