import uuid

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _


class Dataset(models.Model):
    """What a society chooses from its reads, and how that is split; frozen as versions, again and again."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    society = models.ForeignKey("societies.Society", on_delete=models.PROTECT, related_name="datasets")
    code = models.SlugField(max_length=64)
    name_ja = models.CharField(max_length=200)
    name_en = models.CharField(max_length=200)
    query = models.JSONField(help_text="What the next version chooses: the members of annotation.datasets.query.Query")
    shares = models.JSONField(help_text="{train, tune, test} in percent")
    strata = models.JSONField(help_text="What the split is balanced by, of annotation.datasets.members.STRATA")
    seed = models.CharField(max_length=64, help_text="Of the draw; the same for all versions")
    label_maps = models.JSONField(default=list, help_text="id@version of the published label maps under which the next version is exported")
    unmapped = models.CharField(max_length=8, default="refuse", help_text="What to do with labels that the maps say nothing of")
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        default_permissions = ()
        ordering = ["code"]
        constraints = [models.UniqueConstraint(fields=["society", "code"], name="one_dataset_per_code")]

    def __str__(self) -> str:
        return self.code


class DatasetPick(models.Model):
    """That somebody picked an image for a dataset, or left it out, whatever its query says; the newest one counts, none is changed."""

    class Choice(models.TextChoices):
        IN = "in", _("picked")
        OUT = "out", _("left out")
        QUERY = "query", _("left to the query")

    dataset = models.ForeignKey("societies.Dataset", on_delete=models.PROTECT, related_name="picks")
    image = models.ForeignKey("viewer.Image", on_delete=models.PROTECT, related_name="+")
    choice = models.CharField(max_length=5, choices=Choice.choices)
    reason = models.CharField(max_length=300)
    recorded_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    recorded_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        default_permissions = ()
        ordering = ["-pk"]
        indexes = [models.Index(fields=["dataset", "image", "-id"], name="dataset_pick_newest")]

    def __str__(self) -> str:
        return f"{self.dataset_id}: {self.image_id} {self.choice}"


class DatasetVersion(models.Model):
    """A dataset as it was frozen; never changed."""

    dataset = models.ForeignKey("societies.Dataset", on_delete=models.PROTECT, related_name="versions")
    number = models.PositiveIntegerField()
    recipe = models.JSONField(help_text="{query, shares, strata, seed, label_maps?, unmapped?, picks?} of this version")
    counts = models.JSONField(help_text="As annotation.datasets.counts makes them")
    sources = models.JSONField(help_text="The campaigns with their names, labels and governance on that day")
    digest = models.CharField(max_length=64, help_text="SHA-256, hexadecimal, over the canonical JSON of recipe and members")
    frozen_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    frozen_at = models.DateTimeField(help_text="Later reads are not part of it")

    class Meta:
        default_permissions = ()
        ordering = ["number"]
        constraints = [models.UniqueConstraint(fields=["dataset", "number"], name="one_dataset_version_per_number")]

    def __str__(self) -> str:
        return f"{self.dataset_id} version {self.number}"


class DatasetMember(models.Model):
    """An image of a version, with the split that its person is in; never changed."""

    class Split(models.TextChoices):
        TRAIN = "train", _("train")
        TUNE = "tune", _("tune")
        TEST = "test", _("test")
        QUARANTINE = "quarantine", _("quarantine")

    version = models.ForeignKey("societies.DatasetVersion", on_delete=models.PROTECT, related_name="members")
    campaign = models.ForeignKey("annotation.Campaign", on_delete=models.PROTECT, related_name="+")
    image = models.ForeignKey("viewer.Image", on_delete=models.PROTECT, related_name="+")
    subject = models.CharField(max_length=64, help_text="The subject's pseudonym on this site, or the id of an image that names nobody")
    group = models.CharField(max_length=64, help_text="The first of the subjects that are one person")
    split = models.CharField(max_length=10, choices=Split.choices)
    reason = models.CharField(max_length=24, help_text="Of annotation.datasets.split.Assignment")
    facts = models.JSONField(help_text="The rest of annotation.datasets.query.Candidate")

    class Meta:
        default_permissions = ()
        constraints = [models.UniqueConstraint(fields=["version", "campaign", "image"], name="one_member_per_version")]
        indexes = [models.Index(fields=["version", "split", "campaign"], name="dataset_member_by_split")]

    def __str__(self) -> str:
        return f"{self.version_id}: {self.image_id} {self.split}"


class SubjectLink(models.Model):
    """That two subjects of a society are one person; never taken back, because a split that used it cannot be either."""

    society = models.ForeignKey("societies.Society", on_delete=models.PROTECT, related_name="subject_links")
    first = models.CharField(max_length=64)
    second = models.CharField(max_length=64)
    recorded_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    recorded_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        default_permissions = ()
        constraints = [models.UniqueConstraint(fields=["society", "first", "second"], name="one_link_per_pair")]

    def __str__(self) -> str:
        return f"{self.first[:8]} is {self.second[:8]}"


class DatasetExport(models.Model):
    """That a split of a version was handed out, and what for; by whom and when is told by its run."""

    class Purpose(models.TextChoices):
        TRAINING = "training", _("training")
        EVALUATION = "evaluation", _("evaluation")

    version = models.ForeignKey("societies.DatasetVersion", on_delete=models.PROTECT, related_name="exports")
    run = models.OneToOneField("annotation.ExportRun", on_delete=models.PROTECT, related_name="dataset_export")
    split = models.CharField(max_length=10, choices=DatasetMember.Split.choices)
    purpose = models.CharField(max_length=10, choices=Purpose.choices)

    class Meta:
        default_permissions = ()
        ordering = ["-pk"]

    def __str__(self) -> str:
        return f"{self.version_id}: {self.split} for {self.purpose}"
