"""Sends what a client means for Salesforce's own hosts, which it has hard-wired, to the sandbox."""

from urllib.parse import urlsplit


def here(address: str, url: str) -> str:
    """Put the sandbox's scheme, host and port in place of one of Salesforce's hosts."""
    parts = urlsplit(address)
    away = (parts.hostname or "").endswith(".salesforce.com")
    return url + address.removeprefix(f"{parts.scheme}://{parts.netloc}") if away else address
