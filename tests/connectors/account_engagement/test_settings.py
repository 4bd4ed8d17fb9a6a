"""What a connection must say, and what is refused before any call."""

from __future__ import annotations

from typing import Any

import pytest

from keepstep.connectors.account_engagement import AccountEngagementSettings
from keepstep.connectors.salesforce import ClientCredentials, JwtBearer, UserPassword
from keepstep.core.errors import SettingsError
from tests.connectors.account_engagement.unit import BUSINESS_UNIT

APP = ClientCredentials("id", "very secret")
LOGIN = "https://acme.my.salesforce.com"


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"business_unit_id": "0Uvshort"}, "18 characters"),
        ({"business_unit_id": "00Dxx0000004C92CAE"}, "0Uv"),
        ({"auth": UserPassword("ann", "x", "token")}, "pardot_api"),
        ({"base_url": "pi.pardot.com"}, "https://pi.pardot.com"),
        ({"page_size": 1001}, "page size"),
        ({"concurrency": 6}, "concurrency"),
        ({"overlap_s": -1}, "overlap"),
        ({"overlap_s": 60}, "overlap"),
        ({"import_from": 0}, "import_from"),
        ({"import_wait_s": -1.0}, "import_wait_s"),
        ({"account_zone": "New York"}, "America/New_York"),
    ],
)
def test_what_is_wrong_is_told_with_what_is_allowed(change: dict[str, Any], words: str) -> None:
    given = {"auth": APP, "business_unit_id": BUSINESS_UNIT, "login_url": LOGIN, **change}
    with pytest.raises(SettingsError, match=words):
        AccountEngagementSettings(**given)


def test_client_credentials_need_the_orgs_own_host() -> None:
    with pytest.raises(SettingsError, match="My Domain"):
        AccountEngagementSettings(APP, BUSINESS_UNIT)


@pytest.mark.parametrize(
    "auth", [APP, JwtBearer("id", "ann@a.test", "very secret"), UserPassword("ann", "very secret", "", "id", "secret")]
)
def test_no_secret_is_shown(auth: Any) -> None:
    settings = AccountEngagementSettings(auth, BUSINESS_UNIT, LOGIN, account_zone="America/New_York")
    assert "very secret" not in repr(settings)
    assert "very secret" not in repr(settings.sign_in)
