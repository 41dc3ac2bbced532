"""Addresses of people, sign-in and shops."""

from __future__ import annotations

from django.urls import URLPattern, path

from sereno.web.people import accounts, joining, keys, members, resets, setup, shops, signin, trail

urlpatterns: list[URLPattern] = [
    path("sign-in", signin.sign_in, name="sign-in"),
    path("sign-in/code", signin.code, name="sign-in-code"),
    path("sign-in/company", signin.company_start, name="company"),
    path("sign-in/company/back", signin.company_back, name="company-back"),
    path("sign-in/forgotten", resets.forgotten, name="forgotten"),
    path("sign-in/reset/<str:key>/<str:token>", resets.reset, name="password-reset"),
    path("sign-out", signin.sign_out, name="sign-out"),
    path("join/<str:token>", joining.join, name="join"),
    path("setup", setup.setup, name="setup"),
    path("welcome", setup.welcome, name="welcome"),
    path("welcome/test-mail", setup.test_mail, name="test-mail"),
    path("language", signin.set_language, name="language"),
    path("account", accounts.account, name="account"),
    path("account/name", accounts.rename, name="account-name"),
    path("account/password", accounts.change_password, name="account-password"),
    path("account/two-factor", accounts.two_factor, name="two-factor"),
    path("account/two-factor/off", accounts.two_factor_off, name="two-factor-off"),
    path("account/two-factor/codes", accounts.recovery_codes, name="recovery-codes"),
    path("account/sign-ins", accounts.sign_ins, name="sign-ins"),
    path("account/sign-ins/end", accounts.end_sign_in, name="sign-in-end"),
    path("people", members.people, name="people"),
    path("people/invite", members.invite, name="invite"),
    path("people/<int:id>/role", members.change_role, name="person-role"),
    path("people/<int:id>/remove", members.remove, name="person-remove"),
    path("people/invitations/<int:id>/renew", members.renew_invitation, name="invitation-renew"),
    path("people/invitations/<int:id>/withdraw", members.withdraw_invitation, name="invitation-withdraw"),
    path("shop", shops.settings, name="shop-settings"),
    path("shops/new", shops.add, name="shop-add"),
    path("shops/switch", shops.switch, name="shop-switch"),
    path("keys", keys.keys, name="keys"),
    path("keys/<int:id>/revoke", keys.revoke, name="key-revoke"),
    path("audit", trail.audit, name="audit"),
    path("audit.csv", trail.export, name="audit-export"),
]
