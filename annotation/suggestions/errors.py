"""What can go wrong with a model endpoint, as codes that an admin is shown with a next step."""

from typing import Final, Literal, get_args

EndpointCode = Literal[
    "endpoint_bad_answer",
    "endpoint_bad_url",
    "endpoint_blocked",
    "endpoint_not_allowed",
    "endpoint_not_ready",
    "endpoint_redirect",
    "endpoint_refused",
    "endpoint_timeout",
    "endpoint_too_large",
    "endpoint_unreachable",
]
ENDPOINT_CODES: Final[tuple[EndpointCode, ...]] = get_args(EndpointCode)


class EndpointError(Exception):
    """An endpoint that cannot be used, or an answer that is not believed.

    Attributes:
        code: One of ``ENDPOINT_CODES``.
        detail: Our own words for the admin. Never text from the other side: an answer may hold what the asker must not see.
    """

    def __init__(self, code: EndpointCode, detail: str) -> None:
        super().__init__(f"{code}: {detail}")
        self.code: EndpointCode = code
        self.detail = detail
