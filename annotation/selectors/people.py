"""Names of people for documents."""

import hashlib
import hmac

from viewer.services.pseudonym import facility_key

__all__ = ["People"]


class People:
    """Names people without naming them: a keyed digest, the same in all documents of a society and meaningless outside it."""

    def __init__(self, society: str) -> None:
        self._key = facility_key()
        self._society = society
        self._known: dict[int, str] = {}

    def pseudonym(self, user_id: int) -> str:
        """Return the agent id of a user."""
        if user_id not in self._known:
            text = f"reader\0{self._society}\0{user_id}".encode()
            self._known[user_id] = f"person-{hmac.new(self._key, text, hashlib.sha256).hexdigest()[:16]}"
        return self._known[user_id]
