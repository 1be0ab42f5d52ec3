"""Names as pages show them."""

from django.utils.translation import get_language

from annotation.models import Campaign


def campaign_name(campaign: Campaign) -> str:
    """Return the campaign's name in the language of the page, in the other one where it has none."""
    names = [campaign.name_ja, campaign.name_en]
    return next(filter(None, names if get_language() == "ja" else reversed(names)), campaign.code)
