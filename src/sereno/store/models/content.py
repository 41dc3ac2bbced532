"""A shop's own messages: the draft of each, what was done to it, its published versions, and its pictures."""

from __future__ import annotations

from django.db import models

from sereno.store.fields import DocumentField, InstantField
from sereno.store.models.shops import Shop


class MessageTemplate(models.Model):
    """A message by name. `draft` is the document being worked on; `revision` grows with every change to it, `position`
    is the state of `changes` it shows (less than the last while something is undone). `version` is the number of the
    published one, None while it was never published or is withdrawn."""

    shop = models.ForeignKey(Shop, on_delete=models.CASCADE)
    name = models.SlugField(max_length=100)
    title = models.CharField(max_length=200)
    kind = models.CharField(max_length=8)
    purpose = models.CharField(max_length=16)
    about = models.CharField(max_length=16)
    draft = DocumentField()
    revision = models.IntegerField(default=1)
    position = models.IntegerField(default=0)
    version = models.IntegerField(null=True)
    created_at = InstantField()
    updated_at = InstantField()
    updated_by = models.CharField(max_length=200, default="")

    class Meta:
        db_table = "message_template"
        constraints = (models.UniqueConstraint(fields=("shop", "name"), name="message_template_once"),)


class MessageVersion(models.Model):
    """A published version; its document never changes."""

    template = models.ForeignKey(MessageTemplate, on_delete=models.CASCADE, related_name="versions", db_index=False)
    number = models.IntegerField()
    document = DocumentField()
    published_at = InstantField()
    published_by = models.CharField(max_length=200, default="")
    note = models.CharField(max_length=500, default="")

    class Meta:
        db_table = "message_version"
        constraints = (models.UniqueConstraint(fields=("template", "number"), name="message_version_once"),)


class MessageChange(models.Model):
    """A state the draft was in, and what led to it; undo and redo walk along `position`."""

    template = models.ForeignKey(MessageTemplate, on_delete=models.CASCADE, related_name="changes", db_index=False)
    position = models.IntegerField()
    document = DocumentField()
    what = models.CharField(max_length=64)
    target = models.CharField(max_length=200, default="")
    at = InstantField()
    by = models.CharField(max_length=200)

    class Meta:
        db_table = "message_change"
        constraints = (models.UniqueConstraint(fields=("template", "position"), name="message_change_once"),)


class MessagePicture(models.Model):
    """A picture that was uploaded for messages; the file is named by its SHA-256, so one picture is kept once. `body`
    is what the file holds, for hosts that do not share a folder; null for pictures from before it was kept."""

    shop = models.ForeignKey(Shop, on_delete=models.CASCADE, db_index=False)
    digest = models.CharField(max_length=64)
    kind = models.CharField(max_length=4)
    name = models.CharField(max_length=200)
    size = models.IntegerField()
    width = models.IntegerField()
    height = models.IntegerField()
    body = models.BinaryField(null=True)
    at = InstantField()
    by = models.CharField(max_length=200)

    class Meta:
        db_table = "message_picture"
        constraints = (models.UniqueConstraint(fields=("shop", "digest"), name="message_picture_once"),)
        indexes = (models.Index(fields=("digest",), name="message_picture_digest"),)
