"""The ways in: OAuth tokens of v11 that rotate and push each other out; sessions of v4_1 that live side by side."""

import json

import requests

from keepstep_sandbox import credentials
from tests.sandbox.sugarcrm.client import (
    CLIENT,
    LEGACY,
    PASSWORD_GRANT,
    PASSWORD_MD5,
    ROOT,
    TIMEOUT_S,
    SugarClient,
    error_of,
)


def refresh(sugar: SugarClient, token: str) -> requests.Response:
    """Use a refresh token."""
    body = {"grant_type": "refresh_token", "refresh_token": token, "platform": "keepstep", **CLIENT}
    return sugar.http.post(f"{sugar.url}{ROOT}/oauth2/token", json=body, timeout=TIMEOUT_S)


def test_a_password_opens_the_site_and_the_reply_has_all_seven_members(sugar: SugarClient) -> None:
    told = sugar.sign_in()
    assert list(told) == [
        "access_token", "expires_in", "token_type", "scope", "refresh_token", "refresh_expires_in", "download_token",
    ]  # fmt: skip
    assert (told["expires_in"], told["token_type"], told["scope"]) == (3600, "bearer", None)
    assert sugar.good("GET", "/me")["current_user"]["user_name"] == credentials.SUGARCRM_USER


def test_the_body_may_come_without_a_content_type(sugar: SugarClient) -> None:
    body = b'{"grant_type": "password", "client_id": "other"}'
    reply = sugar.http.post(f"{sugar.url}{ROOT}/oauth2/token", data=body, timeout=TIMEOUT_S)
    assert error_of(reply) == (401, "need_login")


def test_a_form_and_a_slash_at_the_end_open_the_site_too(sugar: SugarClient) -> None:
    reply = sugar.http.post(f"{sugar.url}{ROOT}/oauth2/token/", data=PASSWORD_GRANT, timeout=TIMEOUT_S)
    assert reply.json()["token_type"] == "bearer"
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    body = json.dumps(PASSWORD_GRANT)
    reply = sugar.http.post(f"{sugar.url}{ROOT}/oauth2/token", data=body, headers=form, timeout=TIMEOUT_S)
    assert reply.json()["token_type"] == "bearer"


def test_a_wrong_password_a_stranger_and_one_who_left_are_told_to_log_in(sugar: SugarClient) -> None:
    for changes in ({"password": "x"}, {"username": "nobody"}, {"username": "ines.inactive"}):
        assert error_of(sugar.token(**changes)) == (401, "need_login")
    assert error_of(sugar.token(grant_type="magic")) == (422, "invalid_parameter")


def test_an_unknown_platform_is_refused_unless_it_is_let_in(sugar: SugarClient) -> None:
    assert error_of(sugar.token(platform="zucker")) == (422, "invalid_parameter")
    sugar.settings(unknown_platforms=True)
    assert sugar.token(platform="zucker").status_code == 200


def test_a_second_sign_in_on_the_same_platform_ends_the_first_and_on_another_does_not(sugar: SugarClient) -> None:
    sugar.token(platform="mobile")
    assert sugar.call("GET", "/ping").json() == "pong"
    assert sugar.token(username="sam.seller").status_code == 200
    assert sugar.call("GET", "/ping").status_code == 200
    sugar.token()
    assert error_of(sugar.call("GET", "/ping")) == (401, "invalid_grant")


def test_a_refresh_token_serves_once_and_ends_the_access_token_before(sugar: SugarClient) -> None:
    first = sugar.sign_in()
    second = refresh(sugar, first["refresh_token"])
    assert second.status_code == 200
    assert error_of(sugar.call("GET", "/ping")) == (401, "invalid_grant")
    assert error_of(refresh(sugar, first["refresh_token"])) == (401, "need_login")
    sugar.http.headers["OAuth-Token"] = second.json()["access_token"]
    assert sugar.call("GET", "/ping").status_code == 200


def test_an_access_token_ends_after_an_hour_and_a_refresh_token_after_a_fortnight(sugar: SugarClient) -> None:
    told = sugar.sign_in()
    sugar.later(3601)
    assert error_of(sugar.call("GET", "/ping")) == (401, "invalid_grant")
    renewed = refresh(sugar, told["refresh_token"])
    assert renewed.status_code == 200
    sugar.later(3601 + 1_209_601)
    assert error_of(refresh(sugar, renewed.json()["refresh_token"])) == (401, "need_login")


def test_the_weather_expires_access_tokens_and_sessions_but_not_refresh_tokens(sugar: SugarClient) -> None:
    told = sugar.sign_in()
    sugar.control("POST", "weather", {"kind": "expire_tokens"})
    assert error_of(sugar.call("GET", "/ping")) == (401, "invalid_grant")
    assert sugar.legacy("get_user_id", sugar.sid)["name"] == "Invalid Session ID"
    assert refresh(sugar, told["refresh_token"]).status_code == 200


def test_no_token_means_log_in_and_bearer_serves_too(sugar: SugarClient) -> None:
    token = str(sugar.http.headers.pop("OAuth-Token"))
    assert error_of(sugar.call("GET", "/ping")) == (401, "need_login")
    assert sugar.call("GET", "/ping", Authorization=f"Bearer {token}").status_code == 200
    sugar.settings(bearer=False)
    assert error_of(sugar.call("GET", "/ping", Authorization=f"Bearer {token}")) == (401, "need_login")


def test_logging_out_ends_the_session(sugar: SugarClient) -> None:
    assert sugar.good("POST", "/oauth2/logout") == {"success": True}
    assert error_of(sugar.call("GET", "/ping")) == (401, "invalid_grant")


def test_a_user_who_is_deactivated_is_out_at_once(sugar: SugarClient) -> None:
    sugar.people("POST", "users/1/deactivate")
    assert error_of(sugar.call("GET", "/ping")) == (401, "need_login")
    assert sugar.legacy("get_user_id", sugar.sid)["number"] == 11
    assert error_of(sugar.token()) == (401, "need_login")


def test_versions_metadata_hashes_unknown_paths_and_maintenance(sugar: SugarClient) -> None:
    for version, status in (("10", 200), ("11", 200), ("11_4", 200), ("11_99", 301), ("12", 301), ("11_x", 301)):
        reply = sugar.http.get(f"{sugar.url}/rest/v{version}/ping", timeout=TIMEOUT_S)
        assert reply.status_code == status, version
    assert error_of(sugar.call("GET", "/ping", X_Metadata_Hash="old")) == (412, "metadata_out_of_date")
    fresh = sugar.good("GET", "/metadata?type_filter=modules&module_filter=Leads")["_hash"]
    assert sugar.call("GET", "/ping", X_Metadata_Hash=fresh).status_code == 200
    assert error_of(sugar.call("GET", "/Nonsense")) == (404, "no_method")
    assert error_of(sugar.call("PATCH", "/Leads/x")) == (404, "no_method")
    sugar.settings(maintenance=True)
    assert error_of(sugar.call("GET", "/ping")) == (503, "maintenance")


def test_a_legacy_session_ends_by_logging_out_by_age_and_not_by_another_one(sugar: SugarClient) -> None:
    first = sugar.sid
    sugar.log_in()
    assert sugar.legacy("get_user_id", first) == "1"
    assert sugar.legacy("logout", first) is None
    assert sugar.legacy("get_user_id", first)["number"] == 11
    assert sugar.legacy("seamless_login", first) == 0
    sugar.later(3601)
    assert sugar.legacy("get_user_id", sugar.sid)["number"] == 11


def test_too_many_bad_passwords_lock_a_user_out_where_that_is_set(sugar: SugarClient) -> None:
    sugar.settings(lockout_after=2)
    wrong = {"user_name": credentials.SUGARCRM_USER, "password": "x"}
    right = {"user_name": credentials.SUGARCRM_USER, "password": PASSWORD_MD5}
    assert [sugar.legacy("login", one, "tests")["number"] for one in (wrong, wrong, right)] == [10, 10, 1009]


def test_php_7_takes_arguments_in_order_whatever_their_names(sugar: SugarClient) -> None:
    auth = {"user_name": credentials.SUGARCRM_USER, "password": PASSWORD_MD5}
    named = {"user_auth": auth, "application_name": "tests", "name_value_list": []}
    assert sugar.raw("login", named).status_code == 500
    sugar.settings(binds_by_name=False)
    assert sugar.raw("login", named).json()["module_name"] == "Users"


def test_the_method_may_stand_in_the_address_and_suitecrm_8_has_another_one(sugar: SugarClient) -> None:
    for path in (LEGACY, f"/legacy{LEGACY}"):
        url = f"{sugar.url}{path}?method=get_user_id&rest_data=" + f'["{sugar.sid}"]'
        assert sugar.http.post(url, timeout=TIMEOUT_S).json() == "1"
