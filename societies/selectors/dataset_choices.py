"""What a society's images and labels offer to choose a dataset by."""

from django.contrib.auth.models import User

from annotation.models import Label, LabelSet
from annotation.selectors.label_maps import maps_of_sets
from societies.models import Society
from societies.selectors.societies import display_name, text_in_language
from viewer.models import Image

__all__ = ["dataset_choices"]

Choice = dict[str, str]


def dataset_choices(society: Society, user: User) -> dict[str, list[Choice]]:
    """Return the members of a query, and the label maps of a recipe -> what can be chosen there, as code and name; six queries."""
    images = Image.objects.filter(campaign_images__campaign__owner__society=society).order_by()
    campaigns = society.campaigns.select_related("campaign").order_by("campaign__code")
    sets = LabelSet.objects.filter(campaigns__owner__society=society).values("pk")
    labels = Label.objects.filter(label_set__campaigns__owner__society=society).order_by("position", "code").distinct()
    named = {label.code: text_in_language(ja=label.display_ja, en=label.display_en) for label in labels}
    makers = images.values_list("inspection__acquisition__manufacturer", flat=True).distinct()
    collections = images.values_list("collection__slug", "collection__name").distinct()
    return {
        "campaigns": [{"code": str(row.campaign_id), "name": display_name(row.campaign)} for row in campaigns],
        "labels": [{"code": code, "name": name} for code, name in named.items()],
        "collections": [{"code": slug, "name": name} for slug, name in sorted(collections)],
        "modalities": [{"code": code, "name": code} for code in sorted(set(images.values_list("modality", flat=True).distinct()))],
        "label_maps": [{"code": each["name"], "name": each["label"]} for each in maps_of_sets(user, sets)],
        "manufacturers": [{"code": name, "name": name} for name in sorted({maker for maker in makers if isinstance(maker, str) and maker})],
    }
