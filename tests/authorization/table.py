"""Who may do what: route -> method -> role -> HTTP status. To add a route, add its row; without one a test fails.

A row names the roles that are let in and what they get. Everybody else gets what does not exist: 404. People without a
session are asked to sign in: 401 from the API, a redirect to the sign-in page (302) from pages.

Every role asks for objects of the first society; ``other_...`` are people of the second one. The read asked for is the one
that ``reader`` holds, but for ``leaver``, who asks for their own.
"""

from __future__ import annotations

from typing import Final

ANONYMOUS: Final = "anonymous"
ADMIN: Final = "admin"
EXPORTER: Final = "exporter"
READER: Final = "reader"
COLLEAGUE: Final = "colleague"
OUTSIDER: Final = "outsider"
LEAVER: Final = "leaver"
NOBODY: Final = "nobody"
OPERATOR: Final = "superuser"
OTHERS: Final = ("other_admin", "other_exporter", "other_reader")
"""People of another society."""
ROLES: Final = (ANONYMOUS, ADMIN, EXPORTER, READER, COLLEAGUE, OUTSIDER, LEAVER, NOBODY, OPERATOR, *OTHERS)
"""``outsider``: a reader of the society who is not in the campaign; ``leaver``: taken off it; ``nobody``: in no society."""
SIGNED_IN: Final = tuple(role for role in ROLES if role != ANONYMOUS)

Row = dict[str, int]

MANAGERS: Final = (ADMIN, OPERATOR)
EXPORTERS: Final = (EXPORTER, OPERATOR)
WATCHERS: Final = (ADMIN, EXPORTER, OPERATOR)
READERS: Final = (READER, COLLEAGUE)
VIEWERS: Final = (*READERS, *WATCHERS)


def api(status: int, *roles: str, **exceptions: int) -> Row:
    """Return a row of the API: these roles get a status, the exceptions theirs, all others 404, the anonymous 401."""
    return {**dict.fromkeys(ROLES, 404), ANONYMOUS: 401, **dict.fromkeys(roles, status), **exceptions}


def page(*roles: str) -> Row:
    """Return a row of a page: these roles see it, all others get 404, the anonymous are sent to the sign-in page."""
    return {**dict.fromkeys(ROLES, 404), ANONYMOUS: 302, **dict.fromkeys(roles, 200)}


def public(status: int = 200, **exceptions: int) -> Row:
    """Return a row of something that holds nothing of anybody's: the same for all."""
    return {**dict.fromkeys(ROLES, status), **exceptions}


def own_read(status: int, *, gone: int = 403) -> Row:
    """Return a row of changing a read: its reader may; who sees it without being its reader is told so; one taken off may not."""
    return api(status, READER, admin=403, superuser=403, leaver=gone)


SEEING_A_READ: Final = api(200, READER, LEAVER, *MANAGERS)

SEARCHING: Final = api(200, *VIEWERS, *OTHERS, outsider=204, leaver=204, nobody=204)
DICOM_RESOURCES: Final = (
    *("study-series", "study-instances", "series-instances"),
    *("study-metadata", "series-metadata", "instance-metadata"),
    *("study-files", "series-files", "instance-file"),
    *("frames", "bulkdata", "study-rendered", "series-rendered", "instance-rendered", "frame-rendered"),
    *("study-thumbnail", "series-thumbnail", "instance-thumbnail", "frame-thumbnail"),
)

TABLE: Final[dict[str, dict[str, Row]]] = {
    # what belongs to nobody
    "api-schema": {"GET": public()},
    "document-schema": {"GET": public()},
    # Codes are nobody's own: whoever is signed in may look them up. The site's tables are loaded by the admins of its societies.
    "api-codes": {"GET": api(200, *SIGNED_IN)},
    "api-code-systems": {"GET": api(200, *SIGNED_IN)},
    "api-code-tables": {"GET": api(200, *MANAGERS, "other_admin"), "POST": api(201, *MANAGERS, "other_admin")},
    "code-tables": {"GET": page(*MANAGERS, "other_admin")},
    "javascript-catalog": {"GET": public()},
    "set_language": dict.fromkeys(("GET", "POST", "PUT", "PATCH", "DELETE"), public(302)),
    # accounts: everybody has their own
    "login": {
        "GET": public(302, anonymous=200),
        "POST": public(302, anonymous=200),
        "PUT": public(302, anonymous=200),
    },
    "logout": {"POST": public(302)},
    "password_change": {"GET": page(*SIGNED_IN), "POST": page(*SIGNED_IN), "PUT": page(*SIGNED_IN)},
    "api-key-bindings": {"GET": api(200, *SIGNED_IN), "PUT": api(200, *SIGNED_IN)},
    # catalogue
    "collections": {"GET": page(*SIGNED_IN)},
    "collection-new": {"GET": page(*MANAGERS, "other_admin")},
    "collection": {"GET": page(*VIEWERS)},
    "collection-upload": {"GET": page(*MANAGERS)},
    "api-collections": {"GET": api(200, *SIGNED_IN)},
    "api-society-collections": {"POST": api(201, *MANAGERS)},
    "api-collection-images": {"GET": api(200, *VIEWERS)},
    "api-collection-uploads": {"POST": api(201, *MANAGERS)},
    "api-resumable-uploads": {"GET": api(200, *MANAGERS), "POST": api(201, *MANAGERS)},
    # The upload asked for is the admin's own; nobody else's, whatever their rights.
    "api-resumable-upload": {"GET": api(200, ADMIN), "PATCH": api(204, ADMIN), "DELETE": api(204, ADMIN)},
    "api-resumable-archive": {"POST": api(200, ADMIN)},
    "api-image": {"GET": api(200, *VIEWERS)},
    "api-image-open": {"POST": api(200, *VIEWERS)},
    "api-image-presentations": {"GET": api(200, *VIEWERS)},
    "image-thumbnail": {"GET": api(200, *VIEWERS)},
    # Whoever may add images may say how large they are.
    "api-image-scale": {
        "GET": api(200, *VIEWERS),
        "PUT": api(200, *MANAGERS, **dict.fromkeys((*READERS, EXPORTER), 403)),
    },
    "image": {"GET": page(*VIEWERS)},
    # DICOMweb: a search finds what the person may view, and answers 204 when that is nothing
    **{f"dicomweb-{level}": {"GET": SEARCHING} for level in ("studies", "series", "instances")},
    **{f"dicomweb-{name}": {"GET": api(200, *VIEWERS)} for name in DICOM_RESOURCES},
    **{f"dicomweb-{name}": {"POST": api(200, *MANAGERS)} for name in ("store", "study-store")},
    # reads and marks
    "read": {"GET": page(READER, LEAVER, *MANAGERS)},
    "api-read": {"GET": SEEING_A_READ},
    "api-read-beside": {"GET": SEEING_A_READ},
    "api-read-annotations": {"GET": SEEING_A_READ},
    "api-annotation-revisions": {"GET": SEEING_A_READ},
    "read-suggestions": {"GET": SEEING_A_READ},
    "read-cell-layers-open": {"POST": SEEING_A_READ},
    "read-cell-layer-file": {"GET": SEEING_A_READ},
    "read-cell-changes": {"GET": SEEING_A_READ},
    "api-read-operations": {"POST": own_read(200)},
    "api-read-walks": {"GET": SEEING_A_READ, "PUT": own_read(200)},
    "api-read-exposures": {"POST": own_read(204)},
    # the models of these campaigns take no prompts
    "read-prompts": {"POST": own_read(409)},
    "api-annotation": {"PUT": own_read(200), "DELETE": own_read(200)},
    "api-read-lease": {"POST": own_read(200)},
    "api-read-submit": {"POST": own_read(200)},
    # late confirmations: everybody has a list of their own; the read that is asked about is not submitted yet
    "pending": {"GET": page(*SIGNED_IN)},
    "api-pending": {"GET": api(200, *SIGNED_IN)},
    "campaign-pending": {"GET": page(*MANAGERS)},
    "api-campaign-pending": {"GET": api(200, *MANAGERS)},
    "api-campaign-confirmation-days": {"PUT": api(200, *MANAGERS)},
    "api-annotation-confirmations": {"GET": SEEING_A_READ, "POST": api(409, READER, *MANAGERS, leaver=403)},
    # reports
    "api-read-reports": {"GET": SEEING_A_READ},
    "api-read-exam": {"GET": SEEING_A_READ},
    "api-campaign-reports": {"GET": api(200, *MANAGERS), "POST": api(200, *MANAGERS)},
    # models
    "endpoints": {"GET": page(*MANAGERS, "other_admin")},
    "endpoint-list": {
        "GET": api(200, *SIGNED_IN),
        # Whoever does not administer the society that is named is told the same, whether it exists or not.
        "POST": {**public(403), ANONYMOUS: 401, ADMIN: 201, OPERATOR: 201},
    },
    "endpoint-check": {"POST": api(200, *MANAGERS)},
    "suggestion-runs": {"GET": api(200, *MANAGERS), "POST": api(201, *MANAGERS)},
    # cells
    "campaign-cell-layers": {"GET": api(200, *MANAGERS)},
    "campaign-cell-layer": {"DELETE": api(204, *MANAGERS)},
    "image-cell-layers": {"POST": api(202, *MANAGERS)},
    # imports of marks: each reader has their own, nobody else sees them, whatever their rights
    "campaign-import": {"GET": page(*READERS)},
    "campaign-imports": {"GET": api(200, *READERS), "POST": api(202, *READERS)},
    "import": {"GET": api(200, READER), "DELETE": api(204, READER)},
    "import-options": {"PUT": api(202, READER)},
    "import-confirm": {"POST": api(202, READER)},
    "import-undo": {"POST": api(200, READER)},
    # campaigns
    "home": {"GET": page(*SIGNED_IN)},
    "campaign": {"GET": page(*WATCHERS)},
    "campaign-new": {"GET": page(*MANAGERS, "other_admin")},
    "api-campaigns": {"GET": api(200, *SIGNED_IN), "POST": api(201, *MANAGERS)},
    "api-campaign-progress": {"GET": api(200, *WATCHERS)},
    "api-campaign-next": {"POST": api(200, *READERS)},
    "api-campaign-readers": {"POST": api(200, *MANAGERS)},
    "api-campaign-reader": {"DELETE": api(204, *MANAGERS)},
    "api-campaign-state": {"POST": api(200, *MANAGERS)},
    "api-campaign-blind": {"POST": api(200, *MANAGERS)},
    "api-campaign-endpoint": {"POST": api(200, *MANAGERS)},
    "campaign-export": {"GET": api(200, *EXPORTERS)},
    "campaign-export-jobs": {"GET": api(200, *EXPORTERS), "POST": api(202, *EXPORTERS)},
    "export-job": {"GET": api(200, *EXPORTERS), "DELETE": api(200, *EXPORTERS)},
    "export-job-file": {"GET": api(200, *EXPORTERS)},
    "case-document": {"GET": api(200, *EXPORTERS)},
    "campaign-releases": {"GET": api(200, *WATCHERS), "POST": api(201, *EXPORTERS)},
    "campaign-releases-page": {"GET": page(*WATCHERS)},
    "campaign-governance": {"GET": api(200, *WATCHERS), "PUT": api(200, *MANAGERS)},
    "campaign-ledger": {"GET": api(200, *WATCHERS)},
    "campaign-withdrawals": {"POST": api(200, *MANAGERS)},
    "release-decision": {"POST": api(200, *MANAGERS)},
    "release-download": {"GET": api(200, *EXPORTERS)},
    # datasets: admins and exporters make them; exporters take train and tune, which is what is asked for here
    "datasets": {"GET": page(*WATCHERS)},
    "api-datasets": {"GET": api(200, *WATCHERS), "POST": api(201, *WATCHERS)},
    "api-dataset-preview": {"POST": api(200, *WATCHERS)},
    "api-subject-links": {"GET": api(200, *WATCHERS), "POST": api(201, *MANAGERS)},
    "api-dataset-picks": {"GET": api(200, *WATCHERS), "POST": api(201, *WATCHERS)},
    "api-dataset": {"GET": api(200, *WATCHERS), "PUT": api(200, *WATCHERS)},
    "api-dataset-versions": {"POST": api(201, *WATCHERS)},
    "api-dataset-compare": {"GET": api(200, *WATCHERS)},
    "api-dataset-version": {"GET": api(200, *WATCHERS)},
    "api-dataset-datasheet": {"GET": api(200, *WATCHERS)},
    "api-dataset-export": {"GET": api(200, *EXPORTERS)},
    # label sets, forms and label maps: admins edit them
    "vocabularies": {"GET": page(*MANAGERS)},
    "pack": {"GET": page(*SIGNED_IN)},
    "label-set": {"GET": page(*MANAGERS)},
    "form": {"GET": page(*MANAGERS)},
    "label-map": {"GET": page(*MANAGERS)},
    "api-vocabularies": {"GET": api(200, *MANAGERS), "POST": api(201, *MANAGERS)},
    "api-vocabulary": {"GET": api(200, *MANAGERS)},
    "api-vocabulary-version": {"GET": api(200, *MANAGERS)},
    "api-draft-begin": {"POST": api(201, *MANAGERS)},
    "api-draft": {"GET": api(200, *MANAGERS), "PUT": api(200, *MANAGERS), "DELETE": api(204, *MANAGERS)},
    "api-draft-publish": {"POST": api(201, *MANAGERS)},
    # members
    # everybody sees what they did themselves; whoever belongs to the society chooses how they are named there
    "own-contributions": {"GET": page(*SIGNED_IN)},
    "api-credit": {"PUT": api(200, *VIEWERS, OUTSIDER, LEAVER)},
    "contributions": {"GET": page(*MANAGERS)},
    "api-contributions": {"GET": api(200, *MANAGERS)},
    "members": {"GET": page(*MANAGERS)},
    "api-members": {"GET": api(200, *MANAGERS), "POST": api(201, *MANAGERS)},
    "api-member-role": {"DELETE": api(200, *MANAGERS)},
}

OPEN: Final = 0
"""A socket that is let in; the others are closed with a code: 4401 not signed in, 4404 nothing here for you."""


def socket(*roles: str) -> Row:
    """Return a row of a socket: these roles are let in, all others find nothing, the anonymous are told to sign in."""
    return {**dict.fromkeys(ROLES, 4404), ANONYMOUS: 4401, **dict.fromkeys(roles, OPEN)}


SOCKETS: Final[dict[str, Row]] = {
    "ws-read": socket(READER, LEAVER, *MANAGERS),
    "ws-campaign": socket(*WATCHERS),
    # Two read each image of this campaign, independently of each other: the one who has not submitted yet is kept apart.
    "ws-presence": {**socket(COLLEAGUE, *WATCHERS), READER: 4423},
}

PIXELS: Final[dict[str, Row]] = {
    # After opening the image, where that is possible; without a grant the answer is the same for every image, real or not.
    address: {**dict.fromkeys(ROLES, 403), **dict.fromkeys(VIEWERS, 200)}
    for address in ("tile", "frame", "stream", "times", "strip")
} | {
    # The images of this world have nothing drawn over them, no channels and no planes, which only those may learn who may see them.
    address: {**dict.fromkeys(ROLES, 403), **dict.fromkeys(VIEWERS, 404)}
    for address in ("overlay", "view")
}

PUBLIC: Final = frozenset({"api-schema", "document-schema", "javascript-catalog", "set_language", "login", "logout"})
"""Routes that answer people without a session."""
