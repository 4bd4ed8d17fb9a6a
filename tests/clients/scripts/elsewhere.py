"""Sends what a client means for hosts of the real system, which it has hard-wired, to the sandbox."""

from urllib.parse import urlsplit

AWAY = (".salesforce.com", "login.microsoftonline.com")


def here(address: str, url: str) -> str:
    """Put the sandbox's scheme, host and port in place of a real system's."""
    parts = urlsplit(address)
    away = (parts.hostname or "").endswith(AWAY)
    return url + address.removeprefix(f"{parts.scheme}://{parts.netloc}") if away else address
