"""Mails in the demo's inbox go with the person they are to, and only those."""

from __future__ import annotations

from pathlib import Path

from sereno.runtime.privacy import outside
from sereno.site.demo.forgetting import watch_inbox

HEAD = b"X-Envelope-To: %s\r\nTo: %s\r\nContent-Type: text/plain; charset=utf-8\r\n"
MAIL = HEAD + b"Content-Transfer-Encoding: base64\r\n\r\n%s"


def test_mails_of_the_person_go(tmp_path: Path) -> None:
    (tmp_path / "1.eml").write_bytes(MAIL % (b"ana@example.com", b"ana@example.com", b"SG9sYQ=="))
    (tmp_path / "2.eml").write_bytes(MAIL % (b"mariana@example.com", b"mariana@example.com", b"SG9sYQ=="))
    # "of ana@example.com"
    (tmp_path / "3.eml").write_bytes(MAIL % (b"staff@example.com", b"staff@example.com", b"b2YgYW5hQGV4YW1wbGUuY29t"))
    held = dict(outside.KEPT)
    try:
        watch_inbox(tmp_path)
        count, forget = outside.KEPT["inbox"]
        assert (count(["ana@example.com"]), forget(["ana@example.com"]), count(["ana@example.com"])) == (2, 2, 0)
        assert [path.name for path in tmp_path.iterdir()] == ["2.eml"]
    finally:
        outside.KEPT.clear()
        outside.KEPT.update(held)
