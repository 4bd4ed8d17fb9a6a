"""Both ways into the NetSuite sandbox: token-based authentication, and OAuth 2.0 with an assertion."""

import time
from collections.abc import Mapping
from typing import Any

import jwt
import oauthlib.oauth1
import pytest
import requests
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from keepstep_sandbox import credentials
from keepstep_sandbox.netsuite import oauth1
from tests.sandbox.netsuite_client import RECORDS, SUITEQL, TIMEOUT_S, NetSuiteClient, error_of

TOKEN = "/services/rest/auth/oauth2/v1/token"
QUERY = {"q": "SELECT COUNT(*) AS n FROM contact"}


def test_a_base_string_is_the_one_that_the_rfc_gives() -> None:
    query = [("b5", "=%3D"), ("a3", "a"), ("c@", ""), ("a2", "r b"), ("c2", ""), ("a3", "2 q")]
    header = {
        "realm": "Example",
        "oauth_consumer_key": "9djdj82h48djs9d2",
        "oauth_token": "kkk9d7dh3k39sjv7",
        "oauth_signature_method": "HMAC-SHA1",
        "oauth_timestamp": "137131201",
        "oauth_nonce": "7d8f3e4a",
        "oauth_signature": "bYT5CMsGcbgUdFHObYMEfcx6bsw=",
    }
    assert oauth1.base_string("post", "http://example.com/request", query, header) == (  # RFC 5849 section 3.4.1.1
        "POST&http%3A%2F%2Fexample.com%2Frequest&a2%3Dr%2520b%26a3%3D2%2520q%26a3%3Da%26b5%3D%253D%25253D%26c%2540%3D%26c2%3D"
        "%26oauth_consumer_key%3D9djdj82h48djs9d2%26oauth_nonce%3D7d8f3e4a%26oauth_signature_method%3DHMAC-SHA1"
        "%26oauth_timestamp%3D137131201%26oauth_token%3Dkkk9d7dh3k39sjv7"
    )


def test_a_signature_is_the_one_that_openssl_computes() -> None:
    # RFC 5849 section 1.2's photos, with SHA-256: openssl dgst -sha256 -hmac 'kd94hf93k423kf44&pfkkdhi9sl3r4s00'
    base = (
        "GET&http%3A%2F%2Fphotos.example.net%2Fphotos&file%3Dvacation.jpg%26oauth_consumer_key%3Ddpf43f3p2l4k3l03"
        "%26oauth_nonce%3Dchapoh%26oauth_signature_method%3DHMAC-SHA256%26oauth_timestamp%3D137131202"
        "%26oauth_token%3Dnnch734d00sl2jdk%26size%3Doriginal"
    )
    assert oauth1.sign(base, "kd94hf93k423kf44&pfkkdhi9sl3r4s00") == "odKqQEzHhk25drfO3PavyqT9gjHYLq7puI6F7w66dM4="


def test_a_signature_covers_the_query_string_that_is_sent(netsuite: NetSuiteClient) -> None:
    headers = {**netsuite.signed("POST", SUITEQL), "Prefer": "transient"}
    sent = netsuite.session.post(f"{netsuite.url}{SUITEQL}?limit=10", json=QUERY, headers=headers, timeout=TIMEOUT_S)
    assert sent.status_code == 401
    assert error_of(sent.json())[0] == "INVALID_LOGIN"
    assert netsuite.call("POST", f"{SUITEQL}?limit=10&offset=0", QUERY, Prefer="transient").status_code == 200


def test_further_oauth_parameters_are_signed_parameters_like_the_others(netsuite: NetSuiteClient) -> None:
    # oauthlib adds this one by itself to a body that is no form, as other clients do.
    signer = oauthlib.oauth1.Client(
        credentials.NETSUITE_CONSUMER_KEY,
        credentials.NETSUITE_CONSUMER_SECRET,
        credentials.NETSUITE_TOKEN_ID,
        credentials.NETSUITE_TOKEN_SECRET,
        signature_method=oauthlib.oauth1.SIGNATURE_HMAC_SHA256,
        realm=credentials.NETSUITE_ACCOUNT,
    )
    body = '{"companyName": "Acme"}'
    _, headers, _ = signer.sign(f"{netsuite.url}{RECORDS}/customer", "POST", body, {"Content-Type": "application/json"})
    assert "oauth_body_hash" in headers["Authorization"]
    sent = netsuite.session.post(f"{netsuite.url}{RECORDS}/customer", body, headers=headers, timeout=TIMEOUT_S)
    assert sent.status_code == 204


@pytest.mark.parametrize(
    "wrong",
    [
        {"client_secret": "another-secret"},
        {"client_key": "another-key"},
        {"resource_owner_secret": "another-secret"},
        {"resource_owner_key": "another-token"},
        {"realm": "1234567"},
        {"signature_method": oauthlib.oauth1.SIGNATURE_HMAC_SHA1},
        {"signature_method": oauthlib.oauth1.SIGNATURE_PLAINTEXT},
        {"timestamp": "1000000000"},
        {"timestamp": "soon"},
    ],
)
def test_a_wrong_part_of_a_signature_is_refused(netsuite: NetSuiteClient, wrong: Mapping[str, str]) -> None:
    path = f"{RECORDS}/customer"
    reply = netsuite.session.get(netsuite.url + path, headers=netsuite.signed("GET", path, **wrong), timeout=TIMEOUT_S)
    assert reply.status_code == 401
    assert reply.json()["title"] == "Unauthorized"
    assert error_of(reply.json()) == ("INVALID_LOGIN", "")


def test_a_nonce_is_good_for_one_request(netsuite: NetSuiteClient) -> None:
    path = f"{RECORDS}/customer"
    headers = netsuite.signed("GET", path)
    replies = [netsuite.session.get(netsuite.url + path, headers=headers, timeout=TIMEOUT_S) for _ in range(2)]
    assert [reply.status_code for reply in replies] == [200, 401]


def test_a_clock_that_is_off_refuses_every_signature(netsuite: NetSuiteClient) -> None:
    netsuite.control("POST", "weather", {"kind": "clock_skew", "seconds": 1000})
    assert netsuite.call("GET", f"{RECORDS}/customer").status_code == 401


def test_nobody_comes_in_without_a_header(netsuite: NetSuiteClient) -> None:
    assert requests.get(f"{netsuite.url}{RECORDS}/customer", timeout=TIMEOUT_S).status_code == 401


class Assertion:
    """An assertion in the making, right unless something is changed."""

    def __init__(self, netsuite: NetSuiteClient, **claims: object) -> None:
        self.netsuite = netsuite
        self.key: Any = netsuite.control("GET", "netsuite/key")["private_key"]
        self.kid = credentials.NETSUITE_CERTIFICATE_ID
        self.algorithm = "ES256"
        now = int(time.time())
        self.claims: dict[str, object] = {
            "iss": credentials.NETSUITE_CLIENT_ID,
            "scope": "rest_webservices",
            "aud": netsuite.url + TOKEN,
            "iat": now,
            "exp": now + 3000,
            **claims,
        }

    def send(self, **form: str) -> requests.Response:
        """Ask for a token."""
        sent = {
            "grant_type": "client_credentials",
            "client_assertion_type": "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
            "client_assertion": jwt.encode(self.claims, self.key, algorithm=self.algorithm, headers={"kid": self.kid}),
            **form,
        }
        return self.netsuite.session.post(self.netsuite.url + TOKEN, data=sent, timeout=TIMEOUT_S)

    def register(self, key: rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey, algorithm: str) -> None:
        """Let an administrator take up another key, and sign with it."""
        pem = key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()
        self.netsuite.control("POST", "netsuite/certificates", {"id": "another", "pem": pem})
        self.key, self.kid, self.algorithm = key, "another", algorithm


def bearer(netsuite: NetSuiteClient, token: str) -> int:
    """Give the status that a call with this token gets."""
    headers = {"Authorization": f"Bearer {token}"}
    return netsuite.session.get(f"{netsuite.url}{RECORDS}/customer", headers=headers, timeout=TIMEOUT_S).status_code


def test_an_assertion_gets_a_token_that_opens_the_account(netsuite: NetSuiteClient) -> None:
    reply = Assertion(netsuite).send()
    assert reply.status_code == 200
    assert reply.json()["token_type"] == "bearer"
    assert int(reply.json()["expires_in"]) == 3600
    assert "refresh_token" not in reply.json()
    assert jwt.get_unverified_header(reply.json()["access_token"])["alg"] == "PS256"
    assert bearer(netsuite, reply.json()["access_token"]) == 200
    assert bearer(netsuite, "made-up") == 401


@pytest.fixture(scope="module")
def rsa_key() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


@pytest.mark.parametrize(("algorithm", "status"), [("PS256", 200), ("PS512", 200), ("RS256", 400)])
def test_an_rsa_key_signs_by_pss_only(
    netsuite: NetSuiteClient, rsa_key: rsa.RSAPrivateKey, algorithm: str, status: int
) -> None:
    assertion = Assertion(netsuite)
    assertion.register(rsa_key, algorithm)
    assert assertion.send().status_code == status


def test_the_other_curves_sign_too(netsuite: NetSuiteClient) -> None:
    assertion = Assertion(netsuite)
    assertion.register(ec.generate_private_key(ec.SECP384R1()), "ES384")
    assert assertion.send().status_code == 200


@pytest.mark.parametrize(
    ("claims", "error"),
    [
        ({"iss": "somebody-else"}, "invalid_client"),
        ({"aud": "https://elsewhere.example.com/token"}, "invalid_grant"),
        ({"scope": "restlets"}, "invalid_grant"),
        ({"exp": 1_000_000_000}, "invalid_grant"),
        ({"iat": 1_000_000_000}, "invalid_grant"),
        ({"exp": None}, "invalid_grant"),
    ],
)
def test_an_assertion_with_a_wrong_claim_is_refused(
    netsuite: NetSuiteClient, claims: dict[str, object], error: str
) -> None:
    assertion = Assertion(netsuite)
    assertion.claims = {name: value for name, value in {**assertion.claims, **claims}.items() if value is not None}
    reply = assertion.send()
    assert (reply.status_code, reply.json()) == (400, {"error": error})


def test_a_request_that_is_no_client_credentials_grant_is_refused(netsuite: NetSuiteClient) -> None:
    assert Assertion(netsuite).send(grant_type="password").json() == {"error": "invalid_request"}
    assert Assertion(netsuite).send(client_assertion="not a JWT").json() == {"error": "invalid_request"}


def test_an_assertion_by_another_key_is_refused(netsuite: NetSuiteClient) -> None:
    assertion = Assertion(netsuite)
    assertion.key = ec.generate_private_key(ec.SECP256R1())
    assert assertion.send().json() == {"error": "invalid_grant"}
    assertion.kid = "unknown"
    assert assertion.send().json() == {"error": "invalid_client"}


def test_tokens_end_with_their_hour_or_when_the_weather_says_so(netsuite: NetSuiteClient) -> None:
    token = Assertion(netsuite).send().json()["access_token"]
    netsuite.control("POST", "weather", {"kind": "clock_skew", "seconds": 3601})
    assert bearer(netsuite, token) == 401
    netsuite.control("DELETE", "weather")
    assert bearer(netsuite, token) == 200
    netsuite.control("POST", "weather", {"kind": "expire_tokens"})
    assert bearer(netsuite, token) == 401


def test_either_way_in_can_be_switched_off(netsuite: NetSuiteClient) -> None:
    token = Assertion(netsuite).send().json()["access_token"]
    netsuite.control("PUT", "netsuite/settings", {"tba_enabled": False})
    assert netsuite.call("GET", f"{RECORDS}/customer").status_code == 401
    netsuite.control("PUT", "netsuite/settings", {"tba_enabled": True, "oauth2_enabled": False})
    assert netsuite.call("GET", f"{RECORDS}/customer").status_code == 200
    assert bearer(netsuite, token) == 401
    assert Assertion(netsuite).send().status_code == 400
