"""In whose hands a suggestion run is: every write names the attempt it belongs to."""

from django.db.models import QuerySet

from annotation.events import CampaignChanged, SuggestionsChanged, publish
from annotation.models import SuggestionRun


class LeaseLost(Exception):
    """Another worker has the run, or someone ended it; what is not stored yet is given up."""


def held(run: SuggestionRun) -> QuerySet[SuggestionRun]:
    """Return the row as long as it is in this attempt's hands."""
    return SuggestionRun.objects.filter(pk=run.pk, attempt=run.attempt, state=SuggestionRun.State.RUNNING)


def tell(run: SuggestionRun) -> None:
    """Tell the campaign's page and the readers of the image that a run has come further."""
    publish(SuggestionsChanged(campaign_id=run.campaign_id, image_id=run.image_id))
    publish(CampaignChanged(campaign_id=run.campaign_id))
