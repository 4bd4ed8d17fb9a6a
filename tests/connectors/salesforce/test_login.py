"""Signing in, three ways, and what a refusal says."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from keepstep.connectors.salesforce import (
    ClientCredentials,
    JwtBearer,
    SalesforceConnector,
    SalesforceSettings,
    UserPassword,
)
from keepstep.core.errors import AuthError, SettingsError, Unavailable
from tests.connectors.salesforce.org import NOW, Org, connected, told
from tests.connectors.stub import Answer, Call

KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)
PEM = KEY.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()


def form(call: Call) -> dict[str, str]:
    return {name: values[0] for name, values in parse_qs(call.body.decode()).items()}


def signed_in(auth: Any, org: Org | None = None) -> Call:
    with connected(org or Org(), auth=auth) as (connector, server):
        connector.check()
        assert server.calls[1].headers["Authorization"] == "Bearer T1"
        return server.calls[0]


def test_client_credentials_are_sent_as_a_form() -> None:
    assert form(signed_in(ClientCredentials("id", "secret"))) == {
        "grant_type": "client_credentials",
        "client_id": "id",
        "client_secret": "secret",
    }


def test_a_jwt_names_app_user_and_host_and_lives_three_minutes() -> None:
    call = signed_in(JwtBearer("app", "ann@acme.test", PEM))
    sent = form(call)
    assert sent["grant_type"] == "urn:ietf:params:oauth:grant-type:jwt-bearer"
    claims = jwt.decode(
        sent["assertion"], KEY.public_key(), ["RS256"], options={"verify_exp": False, "verify_aud": False}
    )
    assert claims == {
        "iss": "app",
        "sub": "ann@acme.test",
        "aud": f"http://{call.headers['Host']}",
        "exp": int((NOW + timedelta(minutes=3)).timestamp()),
    }


def test_a_password_carries_the_security_token() -> None:
    sent = form(signed_in(UserPassword("ann@acme.test", "pass", "TOKEN", "app", "secret")))
    assert (sent["grant_type"], sent["username"], sent["password"]) == ("password", "ann@acme.test", "passTOKEN")


def test_without_an_app_a_user_signs_in_by_soap() -> None:
    def soap(call: Call) -> Answer | None:
        if "/Soap/u/60.0" not in call.path:
            return None
        url = f"http://{call.headers['Host']}/services/Soap/u/60.0/00D"
        body = f"<a><sessionId>T1</sessionId><serverUrl>{url}</serverUrl></a>"
        return Answer(200, body.encode(), {"Content-Type": "text/xml"})

    call = signed_in(UserPassword("ann@acme.test", "a<b&c", "TOKEN"), Org(trouble=soap))
    assert call.headers["SOAPAction"] == "login"
    assert b"<password>a&lt;b&amp;cTOKEN</password>" in call.body


def refusing(answer: Answer) -> Org:
    return Org(trouble=lambda call: answer if "oauth2" in call.path or "Soap" in call.path else None)


@pytest.mark.parametrize(
    ("auth", "answer", "code"),
    [
        (
            ClientCredentials("id", "s"),
            told({"error": "invalid_client", "error_description": "Ann"}, status=400),
            "invalid_client",
        ),
        (ClientCredentials("id", "s"), told({"error": "Ann said no"}, status=401), "HTTP_401"),
        (
            UserPassword("ann", "x"),
            Answer(500, b"<f><sf:exceptionCode>INVALID_LOGIN</sf:exceptionCode><m>Ann</m></f>"),
            "INVALID_LOGIN",
        ),
    ],
)
def test_a_refusal_is_the_users_to_mend_and_tells_its_code(auth: Any, answer: Answer, code: str) -> None:
    with connected(refusing(answer), auth=auth) as (connector, server), pytest.raises(AuthError, match=code) as error:
        connector.check()
    assert "Ann" not in str(error.value)
    assert len(server.calls) == 1


@pytest.mark.parametrize("answer", [told({"access_token": "T1"}), told({}), Answer(503, b"")])
def test_a_sign_in_that_gives_no_session_is_worth_another_try_later(answer: Answer) -> None:
    with connected(refusing(answer)) as (connector, _), pytest.raises(Unavailable):
        connector.check()


def test_a_key_that_cannot_sign_is_the_users_to_mend() -> None:
    with (
        connected(Org(), auth=JwtBearer("app", "ann", "no key")) as (connector, _),
        pytest.raises(AuthError, match="RSA"),
    ):
        connector.check()


def test_a_session_is_never_sent_in_clear_where_the_sign_in_was_not() -> None:
    from keepstep.connectors.salesforce import login  # noqa: PLC0415

    settings = SalesforceSettings(ClientCredentials("id", "s"), "https://acme.my.salesforce.com")
    with pytest.raises(SettingsError, match="https"):
        login._session("T1", "http://elsewhere.test", settings)


def test_a_records_page_is_known_without_a_call() -> None:
    connector = SalesforceConnector(SalesforceSettings(ClientCredentials("id", "s"), "https://acme.my.salesforce.com"))
    assert connector.url("contact", "003000000000001AAA") == (
        "https://acme.my.salesforce.com/lightning/r/Contact/003000000000001AAA/view"
    )
    connector.close()
