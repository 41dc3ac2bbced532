"""`sereno connection access`: what a store lets Sereno do, given and taken at the terminal."""

from __future__ import annotations


def test_a_key_is_given_shown_and_taken_without_being_told(shop, tmp_path) -> None:
    assert shop("connect", "shopify", "--name", "till", "--secret", "a-secret-of-theirs").status == 0
    before = shop("connection", "access", "till", "--json").json
    assert before["can_write"] and not before["is_given"] and before["abilities"]["tag_order"]
    names = [one["name"] for one in before["asked_for"] if one["is_required"]]
    (tmp_path / "key").write_text("a-very-secret-token-1234\n")
    values = {name: "https://casa.example" if "url" in name else f"@{tmp_path / 'key'}" for name in names}
    given = [word for name, value in values.items() for word in ("--set", f"{name}={value}")]
    made = shop("connection", "access", "till", *given, "--unasked", "--json")
    assert made.status == 0, made.err
    assert made.json["is_given"] and "very-secret" not in made.out
    assert "may write" in shop("connection", "access", "till").out
    gone = shop("connection", "access", "till", "--take-away", "--json")
    assert gone.json["is_given"] is False


def test_what_is_wrong_is_said(shop) -> None:
    shop("connect", "shopify", "--name", "till", "--secret", "a-secret-of-theirs")
    assert shop("connection", "access", "tills").status == 2
    assert shop("connection", "access", "till", "--set", "nothing").status == 2
    assert "is not asked for" in shop("connection", "access", "till", "--set", "colour=red").err
    assert shop("connection", "access", "till", "--check").status == 1
    assert shop("connection", "access", "till", "--check", "--take-away").status == 2
