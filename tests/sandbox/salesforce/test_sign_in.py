"""The ways in: OAuth client credentials, JWT bearer, username-password; SOAP login; what a bad or old token meets."""

import time

import jwt
import pytest
import requests

from keepstep_sandbox import credentials
from tests.sandbox.salesforce.client import CLIENT, ROOT, TIMEOUT_S, SalesforceClient, error_of

PASSWORD = credentials.SALESFORCE_PASSWORD + credentials.SALESFORCE_SECURITY_TOKEN
SOAP = (
    '<env:Envelope xmlns:env="http://schemas.xmlsoap.org/soap/envelope/"><env:Body>'
    '<n1:login xmlns:n1="urn:partner.soap.sforce.com"><n1:username>{}</n1:username>'
    "<n1:password>{}</n1:password></n1:login></env:Body></env:Envelope>"
)


def test_client_credentials_open_the_org_and_name_the_instance_without_an_end(salesforce: SalesforceClient) -> None:
    reply = salesforce.token({"grant_type": "client_credentials", **CLIENT})
    told = reply.json()
    assert told["instance_url"] == salesforce.url
    assert told["token_type"] == "Bearer"
    assert "expires_in" not in told
    assert "refresh_token" not in told


def test_client_and_secret_may_come_as_basic_authentication(salesforce: SalesforceClient) -> None:
    auth = (CLIENT["client_id"], CLIENT["client_secret"])
    assert salesforce.token({"grant_type": "client_credentials"}, auth=auth).status_code == 200


@pytest.mark.parametrize(
    ("form", "word"),
    [
        ({"grant_type": "client_credentials", **CLIENT, "client_id": "other"}, "invalid_client_id"),
        ({"grant_type": "client_credentials", **CLIENT, "client_secret": "other"}, "invalid_client"),
        (
            {"grant_type": "password", **CLIENT, "username": credentials.SALESFORCE_USER, "password": "x"},
            "invalid_grant",
        ),
        ({"grant_type": "authorization_code", **CLIENT}, "unsupported_grant_type"),
    ],
)
def test_a_refused_grant_is_an_object_with_a_word_and_a_description(
    salesforce: SalesforceClient, form: dict[str, str], word: str
) -> None:
    reply = salesforce.token(form)
    assert (reply.status_code, reply.json()["error"]) == (400, word)
    assert reply.json()["error_description"]


def test_the_general_login_host_refuses_client_credentials(salesforce: SalesforceClient) -> None:
    form = {"grant_type": "client_credentials", **CLIENT}
    reply = salesforce.token(form, headers={"Host": "login.salesforce.com"})
    assert (reply.status_code, reply.json()["error"]) == (400, "invalid_grant")


@pytest.mark.parametrize("password", [credentials.SALESFORCE_PASSWORD, PASSWORD])
def test_username_and_password_open_it_unless_that_flow_is_off(salesforce: SalesforceClient, password: str) -> None:
    form = {"grant_type": "password", **CLIENT, "username": credentials.SALESFORCE_USER, "password": password}
    assert salesforce.token(form).status_code == 200
    salesforce.people("PUT", "settings", {"password_flow": False})
    assert salesforce.token(form).json()["error"] == "unsupported_grant_type"


def assertion(salesforce: SalesforceClient, **claims: object) -> dict[str, str]:
    """Sign an assertion as the org's own client does."""
    key = salesforce.people("GET", "key")
    usual = {"iss": key["client_id"], "sub": key["username"], "aud": "https://login.salesforce.com"}
    usual |= {"exp": str(int(time.time()) + 180), **claims}  # a text, as simple-salesforce sends it
    text = jwt.encode(usual, key["private_key"], algorithm="RS256")
    return {"grant_type": "urn:ietf:params:oauth:grant-type:jwt-bearer", "assertion": text}


def test_a_signed_assertion_opens_it(salesforce: SalesforceClient) -> None:
    assert salesforce.token(assertion(salesforce)).status_code == 200


@pytest.mark.parametrize(
    ("claims", "word"),
    [
        ({"iss": "other"}, "invalid_client_id"),
        ({"sub": "nobody@corp.example.com"}, "invalid_grant"),
        ({"sub": "ines.inactive@corp.example.com"}, "invalid_grant"),
        ({"aud": "https://elsewhere.test"}, "invalid_grant"),
        ({"exp": 1_600_000_000}, "invalid_grant"),
    ],
)
def test_an_assertion_of_somebody_else_or_of_another_time_does_not(
    salesforce: SalesforceClient, claims: dict[str, object], word: str
) -> None:
    reply = salesforce.token(assertion(salesforce, **claims))
    assert (reply.status_code, reply.json()["error"]) == (400, word)


def test_the_soap_login_gives_a_session_that_serves_as_bearer_token(salesforce: SalesforceClient) -> None:
    def login(password: str) -> requests.Response:
        body = SOAP.format(credentials.SALESFORCE_USER, password)
        return requests.post(f"{salesforce.url}/services/Soap/u/60.0", data=body, timeout=TIMEOUT_S)

    good, bad = login(PASSWORD), login("x")
    assert f"<serverUrl>{salesforce.url}/services/Soap/u/60.0/00D" in good.text
    assert "<sessionSecondsValid>7200</sessionSecondsValid>" in good.text
    session = good.text.partition("<sessionId>")[2].partition("</sessionId>")[0]
    assert salesforce.call("GET", "/limits", Authorization=f"Bearer {session}").status_code == 200
    assert bad.status_code == 500
    assert "<sf:exceptionCode>INVALID_LOGIN</sf:exceptionCode>" in bad.text


def test_a_missing_or_expired_token_is_401_with_invalid_session_id(salesforce: SalesforceClient) -> None:
    assert error_of(requests.get(f"{salesforce.url}{ROOT}/limits", timeout=TIMEOUT_S)) == (401, "INVALID_SESSION_ID")
    salesforce.control("POST", "weather", {"kind": "expire_tokens", "path": "/limits"})
    assert error_of(salesforce.call("GET", "/limits")) == (401, "INVALID_SESSION_ID")
    salesforce.sign_in()
    assert salesforce.call("GET", "/limits").status_code == 200


def test_a_session_lives_on_while_it_is_used_and_ends_when_it_is_not(salesforce: SalesforceClient) -> None:
    for hours in (1.5, 3.0):
        salesforce.later(hours * 3600)
        assert salesforce.call("GET", "/limits").status_code == 200
    salesforce.later(6 * 3600)
    assert salesforce.call("GET", "/limits").status_code == 401


def test_versions_can_be_asked_for_without_a_token_and_an_unknown_one_is_not_there(
    salesforce: SalesforceClient,
) -> None:
    versions = requests.get(f"{salesforce.url}/services/data", timeout=TIMEOUT_S).json()
    assert {"label": "v60", "url": ROOT, "version": "60.0"} in versions
    reply = salesforce.session.get(f"{salesforce.url}/services/data/v9.0/limits", timeout=TIMEOUT_S)
    assert error_of(reply) == (404, "NOT_FOUND")


def test_each_reply_tells_the_calls_used_and_beyond_the_limit_comes_403(salesforce: SalesforceClient) -> None:
    salesforce.people("PUT", "settings", {"daily_limit": 1000})
    salesforce.people("PUT", "usage", {"calls": 997})
    reply = salesforce.call("GET", "/limits/")
    assert reply.headers["Sforce-Limit-Info"] == "api-usage=998/1000"
    assert reply.json()["DailyApiRequests"] == {"Max": 1000, "Remaining": 2}
    assert [salesforce.call("GET", "/limits").status_code for _ in range(3)] == [200, 200, 403]
    refused = salesforce.call("GET", "/limits")
    assert refused.json() == [{"errorCode": "REQUEST_LIMIT_EXCEEDED", "message": "TotalRequests Limit exceeded."}]
    salesforce.later(25 * 3600)
    salesforce.sign_in()
    assert salesforce.call("GET", "/limits").status_code == 200


def test_one_request_too_many_at_once_is_refused(salesforce: SalesforceClient) -> None:
    salesforce.people("PUT", "settings", {"concurrent_limit": 0})
    assert error_of(salesforce.call("GET", "/limits")) == (403, "REQUEST_LIMIT_EXCEEDED")
    salesforce.people("PUT", "settings", {"concurrent_limit": 25})


def refreshed(client: SalesforceClient, token: str, **more: str) -> requests.Response:
    """Ask for an access token by a refresh token."""
    return client.token({"grant_type": "refresh_token", "refresh_token": token, **CLIENT, **more})


def test_a_refresh_token_gives_access_tokens_until_it_is_revoked(salesforce: SalesforceClient) -> None:
    token = salesforce.people("POST", "approvals")["refresh_token"]
    for _ in range(2):
        reply = refreshed(salesforce, token)
        assert "refresh_token" not in reply.json()
        access = f"Bearer {reply.json()['access_token']}"
        assert salesforce.call("GET", "/limits", Authorization=access).status_code == 200
    wrong = refreshed(salesforce, token, client_secret="x")
    assert (wrong.status_code, wrong.json()["error"]) == (400, "invalid_client")
    url = f"{salesforce.url}/services/oauth2/revoke"
    assert requests.post(url, data={"token": token}, timeout=TIMEOUT_S).status_code == 200
    ended = refreshed(salesforce, token)
    expected = {"error": "invalid_grant", "error_description": "expired access/refresh token"}
    assert (ended.status_code, ended.json()) == (400, expected)
    assert requests.post(url, data={"token": token}, timeout=TIMEOUT_S).status_code == 400


def test_an_access_token_can_be_revoked(salesforce: SalesforceClient) -> None:
    access = str(salesforce.session.headers["Authorization"]).removeprefix("Bearer ")
    url = f"{salesforce.url}/services/oauth2/revoke"
    assert requests.post(url, data={"token": access}, timeout=TIMEOUT_S).status_code == 200
    assert error_of(salesforce.call("GET", "/limits")) == (401, "INVALID_SESSION_ID")


def test_a_rotated_refresh_token_is_good_for_one_use(salesforce: SalesforceClient) -> None:
    salesforce.people("PUT", "settings", {"rotate_refresh_tokens": True})
    first = salesforce.people("POST", "approvals")["refresh_token"]
    second = refreshed(salesforce, first).json()["refresh_token"]
    assert [refreshed(salesforce, token).status_code for token in (first, second)] == [400, 200]


def test_a_refresh_token_ends_with_its_user(salesforce: SalesforceClient) -> None:
    (sam,) = [one for one in salesforce.people("GET", "users")["items"] if one["FirstName"] == "Sam"]
    token = salesforce.people("POST", "approvals", {"user": sam["Id"]})["refresh_token"]
    assert refreshed(salesforce, token).json()["id"].endswith(sam["Id"])
    salesforce.people("POST", f"users/{sam['Id']}/deactivate")
    assert refreshed(salesforce, token).status_code == 400
