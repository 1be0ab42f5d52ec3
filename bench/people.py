"""Readers who sign in over HTTP, as the browser does."""

import httpx

from tests.browser.conftest import PASSWORD


def sign_in(url: str, user: str) -> httpx.Client:
    """Return a client with the session of a demo user, sending the CSRF header with each write."""
    client = httpx.Client(base_url=url, timeout=30, follow_redirects=True)
    client.get("/login/").raise_for_status()
    fields = {"username": user, "password": PASSWORD, "csrfmiddlewaretoken": client.cookies["csrftoken"]}
    client.post("/login/", data=fields, headers={"Referer": f"{url}/login/"}).raise_for_status()
    client.headers["X-CSRFToken"] = client.cookies["csrftoken"]
    return client
