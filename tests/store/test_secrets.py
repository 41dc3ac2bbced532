"""Secrets come back as they were, by the same key or a former one, and by nothing else."""

from __future__ import annotations

import pytest

from sereno.store import secrets


@pytest.fixture(autouse=True)
def _restore():
    before = secrets._keys
    yield
    if before:
        secrets.configure(*before)
    else:
        secrets._keys = ()
        secrets.decrypt.cache_clear()


def test_round_trip_and_rotation_of_the_key():
    secrets.configure("one")
    text = secrets.encrypt(["new é", "old"])
    assert "new" not in text
    assert secrets.decrypt(text) == ["new é", "old"]
    secrets.configure("two", "one")
    assert secrets.decrypt(text) == ["new é", "old"]
    rewritten = secrets.encrypt(secrets.decrypt(text))
    secrets.configure("two")
    assert secrets.decrypt(rewritten) == ["new é", "old"]
    with pytest.raises(secrets.SecretsUnreadable, match="SERENO_SECRET_KEY"):
        secrets.decrypt(text)


def test_none_and_damaged():
    secrets.configure("one")
    assert secrets.encrypt([]) == ""
    assert secrets.decrypt("") == []
    for text in ("rubbish", "é", secrets.encrypt(["a"])[:-4]):
        with pytest.raises(secrets.SecretsUnreadable):
            secrets.decrypt(text)
    with pytest.raises(ValueError, match="empty"):
        secrets.configure("")
