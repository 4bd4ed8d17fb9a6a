"""PowerPlatform-Dataverse-Client, Microsoft's own SDK, against the sandbox of Dynamics 365, over TLS."""

from collections.abc import Iterator
from typing import Any

import pytest

from keepstep_sandbox import credentials
from tests.clients.conftest import puppet
from tests.clients.puppet import Puppet
from tests.sandbox.dynamics.client import MISSING, DynamicsClient

APP = {
    "tenant_id": credentials.DYNAMICS_TENANT_ID,
    "client_id": credentials.DYNAMICS_CLIENT_ID,
    "client_secret": credentials.DYNAMICS_CLIENT_SECRET,
}
GONE = "0x80040217"


@pytest.fixture(scope="module")
def sdk() -> Iterator[Puppet]:
    with puppet("dataverse") as client:
        yield client


@pytest.fixture
def client(sdk: Puppet, org: DynamicsClient) -> Puppet:
    """The client, with an app's credentials."""
    sdk("sign_in", org.url, org.session.verify, **APP)
    return sdk


@pytest.fixture
def org(environment_with_tls: DynamicsClient) -> DynamicsClient:
    """The environment that the client is signed in to."""
    return environment_with_tls


def test_microsoft_s_library_signs_an_app_in_once_for_many_calls(client: Puppet, org: DynamicsClient) -> None:
    for _ in range(3):
        client("records.create", "lead", {"lastname": "Ode"})
    counts = org.control("GET", "requests")["counts"]
    assert counts["GET /{tenant}/v2.0/.well-known/openid-configuration"] == 1
    assert counts["POST /{tenant}/oauth2/v2.0/token"] == 1
    assert counts["GET /api/data/v9.2/EntityDefinitions"] == 1


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"client_secret": "x"}, "AADSTS7000215"),
        ({"client_id": MISSING}, "AADSTS700016"),
        ({"tenant_id": "nowhere"}, "Unable to get authority configuration"),
    ],
)
def test_a_refused_sign_in_has_its_number(sdk: Puppet, org: DynamicsClient, changed: dict[str, str], said: str) -> None:
    sdk("sign_in", org.url, org.session.verify, **{**APP, **changed})
    refused = sdk.refusal("records.create", "lead", {"lastname": "Ode"})
    assert refused.kind == "ClientAuthenticationError"
    assert said in refused.text


def test_a_token_that_ends_before_its_time_is_a_401_and_not_renewed(client: Puppet, org: DynamicsClient) -> None:
    client("records.list", "lead")
    org.control("POST", "weather", {"kind": "expire_tokens"})
    assert [client.refusal("records.list", "lead").status for _ in range(2)] == [401, 401]


def test_one_row_is_made_read_changed_and_deleted(client: Puppet, org: DynamicsClient) -> None:
    lead = client("records.create", "lead", {"lastname": "Ode", "companyname": "Acme", "leadsourcecode": "Web"})
    assert (org.told("leads", lead)["lastname"], org.told("leads", lead)["leadsourcecode"]) == ("Ode", 8)
    found = client("records.retrieve", "lead", lead, select=["lastname", "leadsourcecode"], include_annotations="*")
    assert found["id"] == lead
    assert found["etag"] == f'W/"{org.told("leads", lead)["versionnumber"]}"'
    assert found["data"]["lastname"] == "Ode"
    client("records.update", "lead", lead, {"jobtitle": "Poet", "lastname": None, "new_act_on_score": 42})
    told = org.told("leads", lead)
    assert (told["jobtitle"], told["lastname"], told["new_act_on_score"]) == ("Poet", None, 42)
    client("records.delete", "lead", lead)
    assert org.people("GET", "leads")["total"] == 0
    assert client("records.retrieve", "lead", lead) is None


def test_an_update_or_deletion_of_a_row_that_is_gone_is_a_404_and_makes_none(
    client: Puppet, org: DynamicsClient
) -> None:
    for refused in (
        client.refusal("records.update", "lead", MISSING, {"jobtitle": "Poet"}),
        client.refusal("records.delete", "lead", MISSING),
    ):
        assert (refused.kind, refused.status, refused.code) == ("HttpError", 404, GONE)
        assert refused.content["service_request_id"]
    assert org.people("GET", "leads")["total"] == 0


def test_many_rows_are_made_and_changed_in_a_call_all_or_none(client: Puppet, org: DynamicsClient) -> None:
    ids = client("records.create", "lead", [{"lastname": f"Ode {n}"} for n in range(3)])
    assert [org.told("leads", one)["lastname"] for one in ids] == ["Ode 0", "Ode 1", "Ode 2"]
    client("records.update", "lead", ids, {"jobtitle": "Poet"})
    client("records.update", "lead", ids[:2], [{"jobtitle": "Muse"}, {"jobtitle": "Bard"}])
    assert [org.told("leads", one)["jobtitle"] for one in ids] == ["Muse", "Bard", "Poet"]
    refused = client.refusal("records.update", "lead", [ids[0], MISSING], {"jobtitle": "Nobody"})
    assert refused.code == GONE
    assert org.told("leads", ids[0])["jobtitle"] == "Muse"
    client("records.delete", "lead", ids, use_bulk_delete=False)
    assert org.people("GET", "leads")["total"] == 0


def test_rows_are_listed_page_by_page(client: Puppet) -> None:
    client("records.create", "lead", [{"lastname": f"Ode {n}"} for n in range(5)])
    how: dict[str, Any] = {"select": ["lastname"], "orderby": ["lastname desc"], "page_size": 2}
    pages = client("records.list_pages", "lead", **how)
    names = [[one["data"]["lastname"] for one in page] for page in pages]
    assert names == [["Ode 4", "Ode 3"], ["Ode 2", "Ode 1"], ["Ode 0"]]
    every = client("records.list", "lead", filter="lastname ne 'Ode 3'", count=True, **how)
    assert [one["data"]["lastname"] for one in every] == ["Ode 4", "Ode 2", "Ode 1", "Ode 0"]
    assert len(client("records.list", "lead", top=3)) == 3


def test_the_client_s_own_builder_and_fetchxml_find_the_same_rows(client: Puppet) -> None:
    client("records.create", "lead", [{"lastname": f"Ode {n}", "jobtitle": "Poet"} for n in range(3)])
    client("records.create", "lead", {"lastname": "Roe", "jobtitle": "O'Poet"})
    built = client("built", "lead", ["lastname"], "jobtitle", "Poet", "lastname")
    assert [one["data"]["lastname"] for one in built] == ["Ode 0", "Ode 1", "Ode 2"]
    assert len(client("built", "lead", ["lastname"], "jobtitle", "O'Poet", "lastname")) == 1
    condition = "<filter><condition attribute='jobtitle' operator='eq' value='Poet'/></filter>"
    columns = "<attribute name='lastname'/><order attribute='lastname'/>"
    pages = client("fetched", f"<fetch count='2'><entity name='lead'>{columns}{condition}</entity></fetch>")
    assert [[one["data"]["lastname"] for one in page] for page in pages] == [["Ode 0", "Ode 1"], ["Ode 2"]]


def test_an_upsert_by_an_alternate_key_makes_a_row_once(client: Puppet, org: DynamicsClient) -> None:
    org.people("POST", "fields", {"object": "lead", "name": "new_code", "type": "string", "length": 50})
    org.people("PUT", "keys/lead/new_code_key", {"columns": ["new_code"]})

    def item(code: str, **record: str) -> dict[str, object]:
        return {"alternate_key": {"new_code": code}, "record": record}

    client("records.upsert", "lead", [item("O'A", lastname="Ode")])
    client("records.upsert", "lead", [item("O'A", jobtitle="Poet"), item("B", lastname="Hymn")])
    rows = {one["new_code"]: one for one in org.people("GET", "leads")["items"]}
    assert rows.keys() == {"O'A", "B"}
    assert (rows["O'A"]["lastname"], rows["O'A"]["jobtitle"], rows["B"]["lastname"]) == ("Ode", "Poet", "Hymn")
    (key,) = client("tables.get_alternate_keys", "lead")
    assert (key["key_attributes"], key["status"]) == (["new_code"], "Active")
    undeclared = {"alternate_key": {"jobtitle": "Poet"}, "record": {"lastname": "Ode"}}
    assert client.refusal("records.upsert", "lead", [undeclared]).status == 400


def test_a_batch_that_goes_on_tells_each_row_s_fate(client: Puppet, org: DynamicsClient) -> None:
    kept, gone = client("records.create", "lead", [{"lastname": "Ode"}, {"lastname": "Hymn"}])
    told = client(
        "batch",
        ["create", "lead", {"lastname": "Psalm"}],
        ["update", "lead", MISSING, {"jobtitle": "Nobody"}],
        ["update", "lead", kept, {"jobtitle": "Poet"}],
        ["retrieve", "lead", kept],
        ["delete", "lead", gone],
        continue_on_error=True,
    )
    assert [one["status_code"] for one in told] == [204, 404, 204, 200, 204]
    assert told[1]["error_code"] == GONE
    assert told[3]["data"]["jobtitle"] == "Poet"
    assert org.told("leads", told[0]["entity_id"])["lastname"] == "Psalm"
    assert {one["lastname"] for one in org.people("GET", "leads")["items"]} == {"Ode", "Psalm"}


def test_a_batch_stops_at_its_first_error_and_keeps_what_came_before(client: Puppet, org: DynamicsClient) -> None:
    orders = [["create", "lead", {"lastname": name}] for name in ("Ode", "Hymn")]
    refused = client.refusal("batch", orders[0], ["delete", "lead", MISSING], orders[1])
    assert refused.status == 404
    assert [one["lastname"] for one in org.people("GET", "leads")["items"]] == ["Ode"]


def test_a_change_set_is_all_or_none_and_its_rows_point_at_each_other(client: Puppet, org: DynamicsClient) -> None:
    bound = {"lastname": "Roe", "parentcustomerid_account@odata.bind": "$1"}
    made = ["changeset", ["create", "account", {"name": "Acme"}], ["create", "contact", bound]]
    account, contact = (one["entity_id"] for one in client("batch", made))
    assert org.told("contacts", contact)["parentcustomerid"] == account
    broken = ["changeset", ["create", "account", {"name": "B"}], ["update", "lead", MISSING, {"jobtitle": "x"}]]
    (told,) = client("batch", broken, continue_on_error=True)
    assert (told["status_code"], told["error_code"]) == (404, GONE)
    assert org.people("GET", "accounts")["total"] == 1


def test_tables_and_columns_are_told(client: Puppet) -> None:
    names = {one["LogicalName"] for one in client("tables.list", select=["LogicalName"])}
    assert {"lead", "contact", "account", "systemuser", "list"} <= names
    table = client("tables.get", "contact")
    assert (table["entity_set_name"], table["primary_id_attribute"]) == ("contacts", "contactid")
    assert client("tables.get", "wombat") is None
    columns = {one["name"]: one["type"] for one in client("query.sql_columns", "lead")}
    assert (columns["leadid"], columns["new_act_on_score"]) == ("Uniqueidentifier", "Integer")


def test_a_used_up_limit_is_a_429_with_seconds_to_wait(client: Puppet, org: DynamicsClient) -> None:
    client("records.list", "lead")
    org.people("PUT", "usage", {"requests": 6000, "seconds": 0})
    refused = client.refusal("records.list", "lead")
    assert (refused.status, refused.code) == (429, "0x80072322")
    assert refused.content["retry_after"] > 0
