"""Ways in: tokens by three grants, the header of the business unit, and what wrong ones are answered."""

import time
from typing import Any

import jwt
import pytest

from keepstep_sandbox import credentials
from tests.sandbox.account_engagement.client import CLIENT, PardotClient, error_of

JWT_GRANT = "urn:ietf:params:oauth:grant-type:jwt-bearer"
USER = credentials.ACCOUNT_ENGAGEMENT_USER
PASSWORD = credentials.ACCOUNT_ENGAGEMENT_PASSWORD


def with_token(client: PardotClient, token: str) -> tuple[int, int]:
    """Query with a token; give the status, and the error's code if it's one."""
    reply = client.call("GET", "/objects/users?fields=id", headers={"Authorization": f"Bearer {token}"})
    return (200, 0) if reply.status_code == 200 else error_of(reply)


def assertion(client: PardotClient, **claims: Any) -> str:
    """Sign an assertion with the sandbox's key."""
    key = client.people("GET", "key")
    usual = {"iss": key["client_id"], "sub": key["username"], "aud": "https://login.salesforce.com"}
    return jwt.encode({"exp": time.time() + 60, **usual, **claims}, key["private_key"], key["algorithm"])


@pytest.mark.parametrize("password", [PASSWORD, PASSWORD + credentials.ACCOUNT_ENGAGEMENT_SECURITY_TOKEN])
def test_username_and_password_open_it_with_or_without_the_security_token(pardot: PardotClient, password: str) -> None:
    reply = pardot.token({"grant_type": "password", **CLIENT, "username": USER, "password": password})
    assert with_token(pardot, reply.json()["access_token"]) == (200, 0)


def test_a_signed_assertion_opens_it(pardot: PardotClient) -> None:
    reply = pardot.token({"grant_type": JWT_GRANT, "assertion": assertion(pardot)})
    assert with_token(pardot, reply.json()["access_token"]) == (200, 0)


def test_client_credentials_may_come_as_basic_authentication(pardot: PardotClient) -> None:
    reply = pardot.token({"grant_type": "client_credentials"}, auth=(CLIENT["client_id"], CLIENT["client_secret"]))
    assert reply.status_code == 200


def test_a_token_reply_names_salesforces_address_and_not_this_one(pardot: PardotClient) -> None:
    told = pardot.token({"grant_type": "client_credentials", **CLIENT}).json()
    assert told["token_type"] == "Bearer"
    assert "pardot_api" in told["scope"].split()
    assert told["instance_url"] != pardot.url
    assert "expires_in" not in told


@pytest.mark.parametrize(
    ("form", "word"),
    [
        ({"grant_type": "client_credentials", **CLIENT, "client_secret": "no"}, "invalid_client"),
        ({"grant_type": "client_credentials", **CLIENT, "client_id": "no"}, "invalid_client_id"),
        ({"grant_type": "password", **CLIENT, "username": USER, "password": "no"}, "invalid_grant"),
        ({"grant_type": "password", **CLIENT, "username": "no", "password": PASSWORD}, "invalid_grant"),
        ({"grant_type": JWT_GRANT, "assertion": "no"}, "invalid_grant"),
        ({"grant_type": "refresh_token", **CLIENT}, "unsupported_grant_type"),
    ],
)
def test_a_wrong_grant_is_400_with_oauths_words(pardot: PardotClient, form: dict[str, str], word: str) -> None:
    reply = pardot.token(form)
    assert (reply.status_code, reply.json()["error"]) == (400, word)


@pytest.mark.parametrize("claims", [{"exp": 1}, {"exp": 9e9}, {"sub": "nobody"}, {"aud": "https://elsewhere.example"}])
def test_an_assertion_that_is_old_or_for_others_opens_nothing(pardot: PardotClient, claims: dict[str, Any]) -> None:
    assert pardot.token({"grant_type": JWT_GRANT, "assertion": assertion(pardot, **claims)}).status_code == 400


def test_password_flow_can_be_switched_off(pardot: PardotClient) -> None:
    pardot.set(password_flow=False)
    reply = pardot.token({"grant_type": "password", **CLIENT, "username": USER, "password": PASSWORD})
    assert reply.json()["error"] == "unsupported_grant_type"


def test_a_wrong_or_old_token_is_184_with_status_401(pardot: PardotClient) -> None:
    assert with_token(pardot, "nonsense") == (401, 184)
    pardot.later(3 * 3600)
    assert error_of(pardot.get("users")) == (401, 184)
    pardot.sign_in()
    pardot.control("POST", "weather", {"kind": "expire_tokens"})
    assert error_of(pardot.get("users")) == (401, 184)
    pardot.sign_in()
    assert pardot.get("users").status_code == 200


def test_a_token_without_the_scope_is_184_but_for_the_password_flow(pardot: PardotClient) -> None:
    pardot.set(granted_scope="api")
    token = pardot.token({"grant_type": "client_credentials", **CLIENT}).json()["access_token"]
    assert with_token(pardot, token) == (401, 184)
    reply = pardot.token({"grant_type": "password", **CLIENT, "username": USER, "password": PASSWORD})
    assert with_token(pardot, reply.json()["access_token"]) == (200, 0)


def test_a_token_of_a_user_whom_the_unit_no_longer_knows_is_184(pardot: PardotClient) -> None:
    pardot.people("DELETE", "users/101")
    assert error_of(pardot.get("users")) == (401, 184)


def test_trouble_with_the_business_unit_is_181_182_or_201(pardot: PardotClient) -> None:
    def asked(unit: str | None) -> tuple[int, int]:
        return error_of(pardot.call("GET", "/objects/users?fields=id", headers={"Pardot-Business-Unit-Id": unit}))

    reply = pardot.call("GET", "/objects/users?fields=id", headers={"Pardot-Business-Unit-Id": None})
    assert reply.json() == {
        "code": 181,
        "message": "A required header is missing: Pardot-Business-Unit-Id header not found on request.",
    }
    assert reply.status_code == 400
    assert asked("12345") == (400, 182)
    assert asked("0Uv000000000000AAA") == (400, 201)
    pardot.set(unit_active=False)
    assert asked(credentials.ACCOUNT_ENGAGEMENT_BUSINESS_UNIT) == (400, 201)
    pardot.set(statuses={"201": 401})
    assert asked(credentials.ACCOUNT_ENGAGEMENT_BUSINESS_UNIT) == (401, 201)


def test_a_user_who_may_only_read_is_answered_405(pardot: PardotClient) -> None:
    pardot.set(read_only_user=True)
    assert error_of(pardot.call("POST", "/objects/prospects", {"email": "a@b.example"})) == (405, 49)
    assert pardot.get("prospects").status_code == 200
