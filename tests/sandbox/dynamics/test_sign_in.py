"""The token endpoint and the door: who gets in, and what those who don't are told."""

import pytest
import requests

from keepstep_sandbox.credentials import DYNAMICS_TENANT_ID
from tests.sandbox.dynamics.client import TIMEOUT_S, DynamicsClient, error_of


def test_client_credentials_give_a_bearer_token_and_who_am_i_tells_the_application_user(
    dynamics: DynamicsClient,
) -> None:
    told = dynamics.token().json()
    assert (told["token_type"], told["expires_in"]) == ("Bearer", 3599)
    assert "refresh_token" not in told
    found = dynamics.get("WhoAmI")
    assert found["UserId"] == dynamics.user("keepstep.sync@corp.example.com")
    assert {"BusinessUnitId", "OrganizationId"} < found.keys()


@pytest.mark.parametrize(
    ("form", "status", "word", "number"),
    [
        ({"client_secret": "wrong"}, 401, "invalid_client", 7000215),
        ({"client_id": "00000000-0000-0000-0000-000000000001"}, 400, "unauthorized_client", 700016),
        ({"scope": "https://contoso.crm4.dynamics.com"}, 400, "invalid_scope", 1002012),
        ({"scope": "https://other.crm4.dynamics.com/.default"}, 400, "invalid_resource", 500011),
        ({"grant_type": "password"}, 400, "unsupported_grant_type", 70003),
        ({"tenant": "nowhere"}, 400, "invalid_request", 90002),
    ],
)
def test_a_grant_that_is_refused_says_so_by_its_aadsts_number(
    dynamics: DynamicsClient, form: dict[str, str], status: int, word: str, number: int
) -> None:
    reply = dynamics.token(**form)
    told = reply.json()
    assert (reply.status_code, told["error"], told["error_codes"]) == (status, word, [number])
    assert told["error_description"].startswith(f"AADSTS{number}:")


def test_a_tenant_s_configuration_tells_microsoft_s_libraries_where_its_tokens_are(
    dynamics: DynamicsClient,
) -> None:
    base = f"{dynamics.url}/{DYNAMICS_TENANT_ID}"
    known, unknown = (
        requests.get(f"{dynamics.url}/{tenant}/v2.0/.well-known/openid-configuration", timeout=TIMEOUT_S)
        for tenant in (DYNAMICS_TENANT_ID, "nowhere")
    )
    assert known.json()["token_endpoint"] == f"{base}/oauth2/v2.0/token"
    assert (unknown.status_code, unknown.json()["error"], unknown.json()["error_codes"]) == (
        400,
        "invalid_tenant",
        [90002],
    )


def test_a_secret_expires_when_the_people_say_so(dynamics: DynamicsClient) -> None:
    dynamics.people("PUT", "secret", {"expired": True})
    assert dynamics.token().json()["error_codes"] == [7000222]


def test_without_a_good_token_it_is_401_with_a_challenge(dynamics: DynamicsClient) -> None:
    reply = requests.get(f"{dynamics.url}/api/data/v9.2/WhoAmI", timeout=TIMEOUT_S)
    assert reply.status_code == 401
    assert reply.headers["WWW-Authenticate"].startswith("Bearer authorization_uri=")


def test_a_token_ends_with_its_time_and_when_the_weather_says_so(dynamics: DynamicsClient) -> None:
    dynamics.control("POST", "weather", {"kind": "clock_skew", "seconds": 3600})
    assert dynamics.call("GET", "WhoAmI").status_code == 401
    dynamics.sign_in()
    assert dynamics.call("GET", "WhoAmI").status_code == 200
    dynamics.control("POST", "weather", {"kind": "expire_tokens"})
    assert dynamics.call("GET", "WhoAmI").status_code == 401


def test_an_app_without_a_user_or_with_a_disabled_one_is_403(dynamics: DynamicsClient) -> None:
    me = dynamics.get("WhoAmI")["UserId"]
    dynamics.people("POST", f"users/{me}/deactivate")
    assert error_of(dynamics.call("GET", "WhoAmI")) == (403, "0x80040225")
    dynamics.people("POST", f"users/{me}/activate")
    dynamics.settings(application_user=False)
    assert error_of(dynamics.call("GET", "WhoAmI")) == (403, "0x80072560")


def test_a_missing_privilege_is_403_and_named(dynamics: DynamicsClient) -> None:
    lead = dynamics.lead()
    dynamics.settings(missing_privileges=["prvWriteLead", "prvReadContact"])
    reply = dynamics.call("PATCH", f"leads({lead})", {"jobtitle": "x"})
    assert error_of(reply) == (403, "0x80040220")
    assert "prvWriteLead" in reply.json()["error"]["message"]
    assert error_of(dynamics.call("GET", "contacts")) == (403, "0x80040220")
    assert dynamics.call("GET", "leads").status_code == 200


def test_every_answer_tells_the_odata_version_and_a_request_id(dynamics: DynamicsClient) -> None:
    for reply in (dynamics.call("GET", "leads"), dynamics.call("GET", "nothing")):
        assert reply.headers["OData-Version"] == "4.0"
        assert reply.headers["x-ms-service-request-id"] == reply.headers["REQ_ID"]
