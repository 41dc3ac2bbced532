"""Addresses of the pages."""

from __future__ import annotations

from django.urls import path

from sereno.web.audiences import urls as audiences
from sereno.web.backtests import urls as backtests
from sereno.web.builder import urls as builder
from sereno.web.campaigns import urls as campaigns
from sereno.web.capture import urls as capture
from sereno.web.channels import urls as channels
from sereno.web.connecting import urls as connecting
from sereno.web.content import urls as content
from sereno.web.customers import urls as customers
from sereno.web.decisions import urls as decisions
from sereno.web.deliverability import urls as deliverability
from sereno.web.desk import urls as desk
from sereno.web.feeds import urls as feeds
from sereno.web.gallery import urls as gallery
from sereno.web.guardrails import urls as guardrails
from sereno.web.incentives import urls as incentives
from sereno.web.interests import urls as interests
from sereno.web.limits import urls as limits
from sereno.web.live import reading
from sereno.web.live import urls as live
from sereno.web.newsletters import urls as newsletters
from sereno.web.orders import urls as orders
from sereno.web.outgoing import urls as outgoing
from sereno.web.pages import (
    deliveries,
    design,
    effects,
    events,
    flows,
    following,
    home,
    inbox,
    keeping,
    preferences,
    public,
    runs,
)
from sereno.web.people import urls as people
from sereno.web.privacy import urls as privacy
from sereno.web.purchasing import urls as purchasing
from sereno.web.reading import urls as reading_back
from sereno.web.recommendations import urls as recommendations
from sereno.web.results import urls as results
from sereno.web.risk import urls as risk
from sereno.web.scores import urls as scores
from sereno.web.segments import urls as segments
from sereno.web.selfservice import urls as selfservice
from sereno.web.social import urls as social
from sereno.web.stages import urls as stages
from sereno.web.stock import urls as stock
from sereno.web.surveys import urls as surveys
from sereno.web.syncing import urls as syncing
from sereno.web.topics import urls as topics
from sereno.web.visits import urls as visits
from sereno.web.watching import urls as watching

urlpatterns = [
    # Before the pages: `flows/<name>` would take their addresses.
    *builder.urlpatterns,
    *backtests.urlpatterns,
    *stages.urlpatterns,
    *guardrails.urlpatterns,
    *topics.urlpatterns,
    *results.urlpatterns,
    *watching.urlpatterns,
    *limits.urlpatterns,
    *privacy.urlpatterns,
    *live.urlpatterns,
    *content.urlpatterns,
    *newsletters.urlpatterns,
    *people.urlpatterns,
    *connecting.urlpatterns,
    *reading_back.urlpatterns,
    *desk.urlpatterns,
    *gallery.urlpatterns,
    *outgoing.urlpatterns,
    *orders.urlpatterns,
    *risk.urlpatterns,
    *selfservice.urlpatterns,
    *stock.urlpatterns,
    *syncing.urlpatterns,
    *purchasing.urlpatterns,
    *customers.urlpatterns,
    *segments.urlpatterns,
    *scores.urlpatterns,
    *recommendations.urlpatterns,
    *interests.urlpatterns,
    *visits.urlpatterns,
    *campaigns.urlpatterns,
    *channels.urlpatterns,
    *surveys.urlpatterns,
    *social.urlpatterns,
    *audiences.urlpatterns,
    *capture.urlpatterns,
    *incentives.urlpatterns,
    *decisions.urlpatterns,
    *feeds.urlpatterns,
    *deliverability.urlpatterns,
    path("", home.home, name="home"),
    path("flows", flows.flows, name="flows"),
    path("flows/install", flows.install, name="flow-install"),
    path("flows/<slug:name>", reading.flow, name="flow"),
    path("flows/<slug:name>/yaml", flows.flow_yaml, name="flow-yaml"),
    path("flows/<slug:name>/status", flows.flow_status, name="flow-status"),
    path("flows/<slug:name>/start", flows.start_by_hand, name="flow-start"),
    path("runs", runs.runs, name="runs"),
    path("runs/<slug:uid>", runs.run, name="run"),
    path("runs/<slug:uid>/end", runs.end_run, name="run-end"),
    path("events", events.events, name="events"),
    path("events/<int:id>", events.event, name="event"),
    path("deliveries", deliveries.deliveries, name="deliveries"),
    path("deliveries/replay", deliveries.replay_deliveries, name="deliveries-replay"),
    path("effects", effects.effects, name="effects"),
    path("effects/replay", effects.replay_effects, name="effects-replay"),
    path("effects/<int:id>", effects.effect, name="effect"),
    path("inbox", inbox.inbox, name="inbox"),
    path("inbox/<str:name>", inbox.inbox, name="mail"),
    path("inbox/<str:name>/html", inbox.mail_html, name="mail-html"),
    path("design", design.design, name="design"),
    path("l/<str:token>", following.click, name="mail-click"),
    path("m/<str:token>.gif", following.picture, name="mail-picture"),
    path("unsubscribe/<str:token>", public.unsubscribe, name="unsubscribe"),
    path("preferences/<str:token>", preferences.preferences, name="preferences"),
    path("keep/<str:token>", keeping.keep, name="keep"),
]
