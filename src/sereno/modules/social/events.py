"""What is planned and what became of it; and the flow that carries a post out."""

from __future__ import annotations

from sereno.commerce.records.social import SOCIAL_PLANNED, SOCIAL_TOLD
from sereno.sdk.plugin import derived_flow, event

for _name, _data, _description in (
    ("social.scheduled", SOCIAL_PLANNED, "A post on social networks was planned."),
    ("social.unscheduled", SOCIAL_PLANNED, "A planned post was taken back."),
    ("social.published", SOCIAL_TOLD, "A network has published a post of ours."),
    ("social.failed", SOCIAL_TOLD, "A network did not publish a post of ours, or nobody can tell."),
):
    event(_name, description=_description, data=_data, supplies=frozenset())

derived_flow(
    "social-posts",
    """\
flow: social-posts
name: Publish posts on social networks
trigger: {event: social.scheduled}
reentry: {always: true, while_running: restart}
exit: [social.unscheduled]
steps:
  - if: event.approver != null && event.approver != ''
    then:
      - approve:
          by:
            - {by: owner, when: "event.approver != 'marketer'"}
            - {by: marketer, when: "event.approver == 'marketer'"}
          text: "{{ event.title }}"
          then:
            - social.settle: {post: "{{ event.post }}", revision: "{{ event.revision }}", answer: approved}
          else:
            - social.settle: {post: "{{ event.post }}", revision: "{{ event.revision }}", answer: refused}
            - stop
  - wait: {until: {date: event.at}}
  - social.open: {post: "{{ event.post }}", revision: "{{ event.revision }}"}
    as: due
  - for_each:
      items: vars.due.copies
      as: one
      limit: 20
      steps:
        - social.publish:
            number: "{{ vars.one.copy }}"
            account: "{{ vars.one.account }}"
            revision: "{{ event.revision }}"
  - wait: 1h
  - social.count: {post: "{{ event.post }}"}
  - wait: 1d
  - social.count: {post: "{{ event.post }}"}
  - wait: 6d
  - social.count: {post: "{{ event.post }}"}
""",
)
