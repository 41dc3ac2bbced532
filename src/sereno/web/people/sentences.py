"""The audit trail in words: what each kind of change is called, and what it changed from and to."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as mark

from sereno.store.models import Audit
from sereno.web.formats import minute, seen_value
from sereno.web.people.places import SETTINGS
from sereno.web.words import ROLES

KINDS: dict[str, str | Promise] = {
    "flow": mark("Flows"),
    "backtest": mark("Back-tests"),
    "alert": mark("Alerts"),
    "watch": mark("Watch"),
    "run": mark("Runs"),
    "approval": mark("Approvals"),
    "effect": mark("Effects"),
    "order": mark("Orders"),
    "risk": mark("Risk"),
    "stock": mark("Stock"),
    "purchase": mark("Purchase orders"),
    "supplier": mark("Suppliers"),
    "reorder": mark("Purchase orders"),
    "newsletter": mark("Newsletters"),
    "social": mark("Social posts"),
    "scores": mark("Scores of customers"),
    "segment": mark("Segments"),
    "survey": mark("Surveys"),
    "form": mark("Forms"),
    "leads": mark("Forms"),
    "content": mark("Site content"),
    "codes": mark("Codes"),
    "loyalty": mark("Loyalty"),
    "forecast": mark("Demand"),
    "switch": mark("Switches"),
    "limit": mark("Limits"),
    "limits": mark("Limits"),
    "deputy": mark("Deputies"),
    "guardrails": mark("Guardrails"),
    "delivery": mark("Deliveries"),
    "connection": mark("Connections"),
    "backfill": mark("Reading back"),
    "reading": mark("Reading back"),
    "message": mark("Messages"),
    "webhook": mark("Webhooks"),
    "person": mark("People"),
    "suppression": mark("Not written to"),
    "privacy": mark("Privacy"),
    "key": mark("API keys"),
    "shop": mark("Shop"),
}
"""What changes are about, by the first word of their action."""

SENTENCES: dict[str, str | Promise] = {
    "purchase.drafted": mark("Drafted purchase order %(target)s"),
    "purchase.changed": mark("Changed purchase order %(target)s"),
    "purchase.approved": mark("Approved purchase order %(target)s"),
    "purchase.sent": mark("Purchase order %(target)s reached the supplier"),
    "purchase.sent_again": mark("Sent purchase order %(target)s once more"),
    "purchase.confirmed": mark("Noted the supplier's answer to purchase order %(target)s"),
    "purchase.declined": mark("The supplier declined purchase order %(target)s"),
    "purchase.chased": mark("Reminded the supplier of purchase order %(target)s"),
    "purchase.received": mark("Received goods of purchase order %(target)s"),
    "purchase.cancelled": mark("Cancelled purchase order %(target)s"),
    "supplier.created": mark("Added the supplier %(target)s"),
    "supplier.changed": mark("Changed the supplier %(target)s"),
    "supplier.prices_changed": mark("Changed the price list of %(target)s"),
    "supplier.prices_removed": mark("Took lines off the price list of %(target)s"),
    "reorder.drafted": mark("Drafted purchase orders for what runs low"),
    "demand_event.put": mark("Put %(target)s into the calendar of demand"),
    "demand_event.dropped": mark("Took %(target)s out of the calendar of demand"),
    "reorder.rule_changed": mark("Changed when %(target)s is ordered again"),
    "social.connected": mark("Connected an account to post from: %(target)s"),
    "social.disconnected": mark("Ended the account %(target)s: nothing is posted from it"),
    "social.written": mark("Wrote the post %(target)s"),
    "social.changed": mark("Changed the post %(target)s"),
    "social.scheduled": mark("Planned the post %(target)s"),
    "social.taken_back": mark("Took the planned post %(target)s back"),
    "social.discarded": mark("Threw the post %(target)s away"),
    "social.withdrawn": mark("Took a published post back from its network"),
    "social.times_set": mark("Set the regular times of social posts, and who has to agree"),
    "newsletter.created": mark("Began the newsletter %(target)s"),
    "newsletter.changed": mark("Changed the newsletter %(target)s"),
    "newsletter.scheduled": mark("Scheduled the newsletter %(target)s"),
    "newsletter.taken_back": mark("Took the newsletter %(target)s back to change it"),
    "newsletter.paused": mark("Paused the newsletter %(target)s"),
    "newsletter.resumed": mark("Let the newsletter %(target)s go on"),
    "newsletter.cancelled": mark("Cancelled the newsletter %(target)s"),
    "newsletter.unknown_sent": mark("Wrote again to those not known to have got the newsletter %(target)s"),
    "newsletter.shown": mark("Showed the newsletter %(target)s in the public archive"),
    "newsletter.hidden": mark("Took the newsletter %(target)s out of the public archive"),
    "newsletter.removed": mark("Threw away the draft of the newsletter %(target)s"),
    "scores.asked": mark("Had customers scored anew"),
    "segment.made": mark("Made a segment"),
    "segment.changed": mark("Changed a segment"),
    "segment.removed": mark("Removed a segment"),
    "segment.snapshot": mark("Kept who is in a segment"),
    "segment.snapshot_removed": mark("Removed a snapshot"),
    "codes.uploaded": mark("Uploaded codes to the pool %(target)s"),
    "codes.emptied": mark("Took the codes nobody had out of the pool %(target)s"),
    "content.saved": mark("Changed the site's campaign %(target)s"),
    "content.switched_on": mark("Switched the site's campaign %(target)s on"),
    "content.switched_off": mark("Switched the site's campaign %(target)s off"),
    "content.removed": mark("Removed the site's campaign %(target)s"),
    "content.shown": mark("Showed the site's campaign %(target)s by hand"),
    "content.hidden": mark("Took back where the site's campaign %(target)s was shown"),
    "content.kept_theirs": mark("Left %(target)s on the store's site as somebody changed it there"),
    "content.kept_ours": mark("Had %(target)s on the store's site written over what somebody changed there"),
    "loyalty.changed": mark("Changed the loyalty programme"),
    "loyalty.given": mark("Gave or took points or credit of %(target)s"),
    "form.saved": mark("Changed the form %(target)s"),
    "form.opened": mark("Showed the form %(target)s"),
    "form.closed": mark("Took the form %(target)s off"),
    "form.settled": mark("Ended the comparison of the form %(target)s"),
    "leads.rules_set": mark("Changed what acts of leads are worth"),
    "survey.saved": mark("Changed the survey %(target)s"),
    "survey.opened": mark("Opened the survey %(target)s"),
    "survey.closed": mark("Closed the survey %(target)s"),
    "forecast.asked": mark("Had demand forecast anew"),
    "channel.order_set": mark("Set in which order %(target)s is written to"),
    "desk.entered": mark("Said which account %(target)s has in a chat of staff"),
    "desk.ended": mark("Ended the account of %(target)s in a chat of staff"),
    "channel.connected": mark("Connected the channel %(target)s"),
    "channel.chosen": mark("Had its channel go by %(target)s"),
    "channel.disconnected": mark("Ended the channel %(target)s and forgot its key"),
    "channel.tried": mark("Sent a test message by %(target)s"),
    "risk.asked": mark("Had the risk of order %(target)s judged"),
    "risk.learning_asked": mark("Had the shop's past learned for its risk"),
    "risk.released": mark("Let order %(target)s go on after looking at its risk"),
    "risk.refused": mark("Refused order %(target)s for its risk"),
    "risk.reopened": mark("Put order %(target)s back to be looked at for risk"),
    "risk.blocked": mark("Put somebody on the blocklist (%(target)s)"),
    "risk.allowed": mark("Put somebody on the allowlist (%(target)s)"),
    "risk.unlisted": mark("Took %(target)s off the lists of risk"),
    "risk.rules_changed": mark("Changed the rules of risk"),
    "order.held": mark("Held order %(target)s"),
    "order.released": mark("Released order %(target)s"),
    "order.cancel": mark("Asked the store to cancel order %(target)s"),
    "order.refund": mark("Asked the store to refund order %(target)s"),
    "order.capture": mark("Asked the store to take the payment of order %(target)s"),
    "order.note": mark("Wrote a note on order %(target)s"),
    "order.fulfill": mark("Marked order %(target)s as sent"),
    "sync_rule.made": mark("Made the rule of product sync for %(target)s"),
    "sync_rule.changed": mark("Changed the rule of product sync for %(target)s"),
    "sync_rule.removed": mark("Took away the rule of product sync for %(target)s"),
    "difference.released": mark("Had a difference of %(target)s written"),
    "difference.taken": mark("Said that a store is right about %(target)s"),
    "difference.left": mark("Left %(target)s different in a store"),
    "difference.compared": mark("Had %(target)s compared again"),
    "stock.counted": mark("Counted %(target)s"),
    "stock.count_undone": mark("Took back a count of %(target)s"),
    "stock.kept_back": mark("Changed how many of %(target)s are kept back"),
    "stock.barcode_put": mark("Changed the barcode of %(target)s"),
    "stock.location_added": mark("Added the place %(target)s"),
    "stock.location_removed": mark("Took away the place %(target)s"),
    "stock.location_named": mark("Changed the place %(target)s"),
    "stock.transfer_proposed": mark("Proposed transfer %(target)s"),
    "stock.transfer_sent": mark("Sent transfer %(target)s"),
    "stock.transfer_received": mark("Received transfer %(target)s"),
    "stock.transfer_cancelled": mark("Called off transfer %(target)s"),
    "flow.drafted": mark("Began the draft of %(target)s"),
    "flow.edited": mark("Changed the draft of %(target)s"),
    "flow.draft_changed": mark("Changed the draft of %(target)s"),
    "flow.draft_undone": mark("Took back a change to the draft of %(target)s"),
    "flow.draft_redone": mark("Made a change to the draft of %(target)s again"),
    "flow.rolled_back": mark("Went back to an earlier version of %(target)s"),
    "flow.installed": mark("Installed %(target)s"),
    "flow.update_taken": mark("Took the newer version of %(target)s"),
    "flow.published": mark("Published %(target)s"),
    "flow.live": mark("Set %(target)s live"),
    "flow.paused": mark("Paused %(target)s"),
    "flow.shadow": mark("Put %(target)s in shadow"),
    "flow.draft": mark("Made %(target)s a draft"),
    "flow.stage_started": mark("Began the roll-out of a version of %(target)s"),
    "flow.stage_stepped": mark("Let more people have the new version of %(target)s"),
    "flow.stage_changed": mark("Changed the steps or limits of the roll-out of %(target)s"),
    "flow.stage_live": mark("Let everybody have the new version of %(target)s"),
    "flow.stage_stopped": mark("Took the new version of %(target)s back"),
    "flow.stage_returned": mark("The new version of %(target)s went back by itself"),
    "alert.acknowledged": mark("Sees to the alert %(target)s"),
    "alert.snoozed": mark("Put the alert %(target)s off"),
    "alert.reopened": mark("Opened the alert %(target)s again"),
    "alert.settled": mark("Called the alert %(target)s over"),
    "watch.taught": mark("Called the silence of %(target)s normal"),
    "watch.changed": mark("Changed how %(target)s is watched"),
    "watch.pause_added": mark("Added closing days: %(target)s"),
    "watch.pause_removed": mark("Took closing days away: %(target)s"),
    "watch.listener_changed": mark("Changed what %(target)s hears of alerts"),
    "backtest.asked": mark("Asked for a back-test of %(target)s"),
    "backtest.cancelled": mark("Cancelled a back-test of %(target)s"),
    "backtest.forgotten": mark("Deleted a back-test of %(target)s"),
    "run.requested": mark("Started %(target)s by hand"),
    "run.ended": mark("Ended the run %(target)s"),
    "approval.approved": mark("Approved a question of the run %(target)s"),
    "approval.refused": mark("Refused a question of the run %(target)s"),
    "switch.off": mark("Switched off %(target)s"),
    "switch.on": mark("Switched on %(target)s"),
    "switch.cancelled": mark("Cancelled what had waited too long behind %(target)s"),
    "limit.raised": mark("Let %(target)s go on past its limit"),
    "limit.kept": mark("Kept %(target)s paused at its limit"),
    "limits.changed": mark("Changed the limits of flows that set none"),
    "deputy.named": mark("%(target)s named a deputy"),
    "deputy.ended": mark("%(target)s answers themselves again"),
    "effect.replayed": mark("Tried effect %(target)s again"),
    "effects.replayed": mark("Tried what had failed again: %(target)s"),
    "effects.skipped": mark("Skipped what had failed: %(target)s"),
    "effects.unskipped": mark("Took back the skipping of %(target)s"),
    "delivery.replayed": mark("Read delivery %(target)s again"),
    "connection.made": mark("Made the connection %(target)s"),
    "connection.changed": mark("Changed the connection %(target)s"),
    "connection.opened": mark("Switched the connection %(target)s on"),
    "connection.closed": mark("Switched the connection %(target)s off"),
    "connection.access_given": mark("Let Sereno write in the store of the connection %(target)s"),
    "connection.access_changed": mark("Changed the key Sereno writes with in the store of %(target)s"),
    "connection.access_checked": mark("Asked the store of %(target)s about Sereno's key"),
    "connection.list_taken": mark("Took a list of people over from %(target)s"),
    "connection.list_filled": mark("Filled a list of people of %(target)s from a segment"),
    "audience.attached": mark("Attached a segment to the list %(target)s for good"),
    "audience.detached": mark("Detached the list %(target)s from its segment"),
    "audience.mirrored": mark("Has it read back who is on the list %(target)s"),
    "audience.unmirrored": mark("Stopped reading back who is on the list %(target)s"),
    "audience.read": mark("Had it read at once who is on the list %(target)s"),
    "audience.hurried": mark("Had the list %(target)s compared with its segment at once"),
    "connection.access_taken": mark("Took away the key Sereno wrote with in the store of %(target)s"),
    "backfill.asked": mark("Began to read the history of %(target)s"),
    "backfill.paused": mark("Paused the reading of history of %(target)s"),
    "backfill.resumed": mark("Let the reading of history of %(target)s go on"),
    "backfill.cancelled": mark("Ended the reading of history of %(target)s"),
    "feed.made": mark("Made the file source %(target)s"),
    "feed.changed": mark("Changed the file source %(target)s"),
    "feed.file_brought": mark("Uploaded the file %(target)s"),
    "feed.file_taken": mark("Let the file %(target)s be taken in"),
    "feed.file_dropped": mark("Threw the file %(target)s away"),
    "feed.record_mended": mark("Mended the record %(target)s of a file"),
    "feed.records_dropped": mark("Dropped what was held back of the file %(target)s"),
    "feed.record_dropped": mark("Dropped the record %(target)s of a file"),
    "feed.out_made": mark("Made the outgoing feed %(target)s"),
    "feed.out_changed": mark("Changed the outgoing feed %(target)s"),
    "feed.out_key": mark("Gave the outgoing feed %(target)s a new key"),
    "reading.asked": mark("Had %(target)s read at once"),
    "reading.changed": mark("Changed how %(target)s is read"),
    "connection.secret_added": mark("Gave the connection %(target)s a new secret"),
    "connection.secret_ended": mark("Ended the former secrets of the connection %(target)s"),
    "connection.deleted": mark("Deleted the connection %(target)s"),
    "connection.put_back": mark("Put the connection %(target)s back"),
    "connection.erased": mark("Erased the connection %(target)s"),
    "message.created": mark("Made the message %(target)s"),
    "message.changed": mark("Changed the message %(target)s"),
    "message.undone": mark("Took back a change to the message %(target)s"),
    "message.redone": mark("Made a change to the message %(target)s again"),
    "message.renamed": mark("Renamed the message %(target)s"),
    "message.published": mark("Published the message %(target)s"),
    "message.withdrawn": mark("Withdrew the message %(target)s"),
    "message.removed": mark("Removed the message %(target)s"),
    "message.tested": mark("Sent a test of the message %(target)s"),
    "message.picture_added": mark("Added the picture %(target)s"),
    "brand.changed": mark("Changed the look of messages"),
    "webhook.created": mark("Made the webhook %(target)s"),
    "webhook.changed": mark("Changed the webhook %(target)s"),
    "webhook.paused": mark("Paused the webhook %(target)s"),
    "webhook.resumed": mark("Resumed the webhook %(target)s"),
    "webhook.secret_rotated": mark("Gave the webhook %(target)s a new secret"),
    "webhook.removed": mark("Removed the webhook %(target)s"),
    "webhook.tested": mark("Tested the webhook %(target)s"),
    "customer.joined": mark("Said that %(target)s and another record are one customer"),
    "customer.split": mark("Split %(target)s off its customer"),
    "customer.apart": mark("Said that %(target)s and another record are two customers"),
    "customer.tagged": mark("Tagged customers: %(target)s"),
    "customer.untagged": mark("Took a tag off customers: %(target)s"),
    "customer.exported": mark("Exported the customers as a table"),
    "customer.view_saved": mark("Saved the view of customers %(target)s"),
    "customer.view_dropped": mark("Forgot the view of customers %(target)s"),
    "suppression.lifted": mark("Allowed writing to %(target)s again"),
    "topics.changed": mark("Changed the topics customers choose from"),
    "guardrails.changed": mark("Changed the guardrails"),
    "mail.domain_added": mark("Added a sending domain"),
    "mail.domain_checked": mark("Checked a sending domain"),
    "mail.domain_removed": mark("Took a sending domain away"),
    "mail.signing_on": mark("Began to sign mail"),
    "mail.signing_off": mark("Stopped signing mail"),
    "mail.settings_changed": mark("Changed how mail is sent and followed"),
    "mail.bounces_read": mark("Read bounced mail"),
    "self_service.changed": mark("Changed what customers may change of their orders"),
    "privacy.export_asked": mark("Asked for everything held about somebody, request %(target)s"),
    "privacy.erase_asked": mark("Asked to erase somebody, request %(target)s"),
    "privacy.erase_store_asked": mark("Asked to forget a store, request %(target)s"),
    "privacy.export_done": mark("Made the file of request %(target)s"),
    "privacy.erase_done": mark("Erased the person of request %(target)s"),
    "privacy.erase_store_done": mark("Forgot the store of request %(target)s"),
    "privacy.agreed": mark("Said yes to request %(target)s"),
    "privacy.cancelled": mark("Took request %(target)s back"),
    "privacy.file_fetched": mark("Fetched the file of request %(target)s"),
    "privacy.retention_changed": mark("Changed how long things are kept"),
    "shop.created": mark("Made the shop %(target)s"),
    "shop.changed": mark("Changed the shop's settings"),
    "key.made": mark("Made the API key %(target)s"),
    "key.revoked": mark("Revoked the API key %(target)s"),
    "decisions.drafted": mark("Changed the draft of what the checkout offers"),
    "decisions.published": mark("Published version %(target)s of what the checkout offers"),
    "decisions.rolled_back": mark("Went back to an earlier version of what the checkout offers, as version %(target)s"),
    "decisions.decided": mark("The comparison %(target)s is over"),
    "interests.rules_set": mark("Set when people are told of what they want"),
    "recommendations.rule_made": mark("Made the rule of recommendations %(target)s"),
    "recommendations.rule_dropped": mark("Dropped the rule of recommendations %(target)s"),
    "recommendations.learning_asked": mark("Had recommendations learned anew"),
    "storefront.key_made": mark("Made the storefront key %(target)s"),
    "storefront.key_revoked": mark("Revoked the storefront key %(target)s"),
    "mail.tested": mark("Sent a test mail to %(target)s"),
    "person.invited": mark("Invited %(target)s"),
    "person.uninvited": mark("Withdrew the invitation of %(target)s"),
    "person.added": mark("Added %(target)s"),
    "person.joined": mark("%(target)s joined"),
    "person.role_changed": mark("Gave %(target)s another role"),
    "person.removed": mark("Removed %(target)s from the shop"),
    "person.renamed": mark("%(target)s changed their name"),
    "person.linked": mark("%(target)s signs in through the company's provider now"),
    "person.password_changed": mark("%(target)s changed their password"),
    "person.password_reset": mark("%(target)s set a new password by mail"),
    "person.reset": mark("Let %(target)s set up their sign-in anew"),
    "person.second_factor_on": mark("%(target)s switched on the second factor"),
    "person.second_factor_off": mark("%(target)s switched off the second factor"),
    "person.recovery_codes_made": mark("%(target)s made new recovery codes"),
    "person.sign_in_ended": mark("%(target)s signed out other devices"),
}
FIELDS: dict[str, str | Promise] = {
    "name": mark("Name"),
    "currency": mark("Currency"),
    "timezone": mark("Time zone"),
    "locale": mark("Language"),
    "role": mark("Role"),
    "scopes": mark("Scopes"),
    "expires_at": mark("Ends"),
    "version": mark("Version"),
    "note": mark("Note"),
    "reason": mark("Reason"),
    "subject": mark("About"),
    "step": mark("Step"),
    "before": mark("Status"),
    "what": mark("Change"),
    "mode": mark("As"),
    "kind": mark("Kind"),
    "provider": mark("Provider"),
    "invited_by": mark("Invited by"),
    "devices": mark("Devices"),
    "count": mark("How many"),
    "backtest": mark("Back-test"),
    "days": mark("Days"),
    "error": mark("Reason"),
    "url": mark("Address"),
    "types": mark("Types"),
    "target": mark("Where"),
    "settings": mark("Settings"),
} | {setting.key: setting.label for setting in SETTINGS}


@dataclass(frozen=True, slots=True)
class Change:
    """One line below the sentence. `before` and `after` are "" where there is no such side."""

    label: str
    before: str
    after: str


def sentence(line: Audit) -> str:
    """What was done; an action nobody has named yet is shown by its own name."""
    known = SENTENCES.get(line.action)
    return str(known) % {"target": line.target} if known else f"{line.action} {line.target}".strip()


def changes(line: Audit, zone: str = "UTC") -> list[Change]:
    details: Mapping[str, Any] = line.details if isinstance(line.details, dict) else {}
    before, after = details.get("before"), details.get("after")
    found: list[Change] = []
    if isinstance(before, str) and isinstance(after, str):
        found.append(Change("", before[:300], after[:300]))
        details = {key: value for key, value in details.items() if key not in ("before", "after")}
    elif isinstance(before, dict) or isinstance(after, dict):
        was, now = before if isinstance(before, dict) else {}, after if isinstance(after, dict) else {}
        found += [
            Change(_field(key), _shown(key, was.get(key), zone), _shown(key, now.get(key), zone))
            for key in {**was, **now}
        ]
    for key, value in details.items():
        if (key in ("before", "after") and isinstance(value, dict)) or key == "id" or value in (None, "", [], {}):
            continue
        shown = _shown(key, value, zone)
        found.append(Change(_field(key), shown if key == "before" else "", "" if key == "before" else shown))
    return [change for change in found if change.before or change.after]


def _field(key: str) -> str:
    return str(FIELDS.get(key, key))


def _shown(key: str, value: Any, zone: str) -> str:
    if value in (None, ""):
        return ""
    if key == "role":
        return str(ROLES.get(value, value))
    if key.endswith("_at") and isinstance(value, str):
        try:
            return minute(datetime.fromisoformat(value), zone)
        except ValueError:
            return value[:300]
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if isinstance(value, list) and all(isinstance(one, str) for one in value):
        return ", ".join(value)[:300]
    return str(value)[:300] if isinstance(value, str | int | float) else seen_value(value)
