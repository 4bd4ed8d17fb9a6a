"""What the environment tells of itself: documents, tables, columns, choices."""

from urllib.parse import quote
from xml.etree import ElementTree as ET

import orjson

from tests.sandbox.dynamics.client import MISSING, TYPE, DynamicsClient, error_of

LEAD = "EntityDefinitions(LogicalName='lead')"


def labels(options: list[dict[str, object]]) -> dict[object, object]:
    """Give a choice's options as value -> label."""
    found: dict[object, object] = {}
    for one in options:
        label = one["Label"]
        assert isinstance(label, dict)
        found[one["Value"]] = label["UserLocalizedLabel"]["Label"]
    return found


def test_the_service_document_names_the_sets_and_metadata_is_xml(dynamics: DynamicsClient) -> None:
    names = {one["name"] for one in dynamics.get("")["value"]}
    assert {"leads", "contacts", "accounts", "systemusers", "lists", "listmembers"} < names
    reply = dynamics.call("GET", "$metadata")
    assert reply.headers["Content-Type"].startswith("application/xml")
    root = ET.fromstring(reply.text)  # noqa: S314 - our own sandbox wrote it
    found = [one.get("Name") for one in root.iter("{http://docs.oasis-open.org/odata/ns/edm}EntityType")]
    assert "lead" in found


def test_a_table_is_found_by_its_logical_name_as_clients_ask(dynamics: DynamicsClient) -> None:
    select = "MetadataId,LogicalName,SchemaName,EntitySetName,PrimaryIdAttribute"
    (found,) = dynamics.get(f"EntityDefinitions?$select={select}&$filter=LogicalName eq 'lead'")["value"]
    assert found == {
        "MetadataId": found["MetadataId"],
        "LogicalName": "lead",
        "SchemaName": "Lead",
        "EntitySetName": "leads",
        "PrimaryIdAttribute": "leadid",
    }
    by_id = dynamics.get(f"EntityDefinitions({found['MetadataId']})?$select=LogicalName")
    assert by_id["LogicalName"] == "lead"
    assert dynamics.get("EntityDefinitions?$filter=LogicalName eq 'widget'")["value"] == []
    assert error_of(dynamics.call("GET", "EntityDefinitions(LogicalName='widget')")) == (404, "0x80040217")


def test_columns_tell_their_type_and_what_may_be_written(dynamics: DynamicsClient) -> None:
    select = "LogicalName,AttributeType,IsValidForUpdate,IsCustomAttribute"
    found = {one["LogicalName"]: one for one in dynamics.get(f"{LEAD}/Attributes?$select={select}")["value"]}
    assert found["new_act_on_score"]["AttributeType"] == "Integer"
    assert found["new_act_on_score"]["IsCustomAttribute"] is True
    assert found["ownerid"]["AttributeType"] == "Owner"
    assert (found["lastname"]["IsValidForUpdate"], found["fullname"]["IsValidForUpdate"]) == (True, False)
    strings = dynamics.get(f"{LEAD}/Attributes?$select=LogicalName&$filter=AttributeType eq 'String'")["value"]
    assert "lastname" in {one["LogicalName"] for one in strings}
    assert "statecode" not in {one["LogicalName"] for one in strings}
    typed = f"AttributeType eq {TYPE}AttributeTypeCode'Picklist'"
    (choice,) = dynamics.get(f"{LEAD}/Attributes?$select=LogicalName&$filter={typed}")["value"]
    assert choice["LogicalName"] == "leadsourcecode"


def test_a_cast_tells_what_only_that_type_has_and_the_base_type_does_not(dynamics: DynamicsClient) -> None:
    path = f"{LEAD}/Attributes/{TYPE}StringAttributeMetadata?$select=LogicalName,MaxLength"
    found = {one["LogicalName"]: one["MaxLength"] for one in dynamics.get(path)["value"]}
    assert (found["lastname"], found["companyname"]) == (50, 100)
    assert "description" not in found
    assert dynamics.call("GET", f"{LEAD}/Attributes?$select=MaxLength").status_code == 400
    assert dynamics.call("GET", f"{LEAD}/Attributes/{TYPE}NonsenseMetadata").status_code == 404
    one = dynamics.get(f"{LEAD}/Attributes(LogicalName='lastname')/{TYPE}StringAttributeMetadata?$select=MaxLength")
    assert one["MaxLength"] == 50
    assert dynamics.call("GET", f"{LEAD}/Attributes(LogicalName='nope')").status_code == 404


def test_options_of_choices_states_and_reasons_are_expanded(dynamics: DynamicsClient) -> None:
    path = f"{LEAD}/Attributes/{TYPE}PicklistAttributeMetadata?$select=LogicalName&$expand=OptionSet($select=Options)"
    (choice,) = dynamics.get(path)["value"]
    assert labels(choice["OptionSet"]["Options"])[8] == "Web"
    path = f"{LEAD}/Attributes(LogicalName='statuscode')/{TYPE}StatusAttributeMetadata?$expand=OptionSet"
    reasons = dynamics.get(path)["OptionSet"]["Options"]
    assert {one["Value"]: one["State"] for one in reasons} == {1: 0, 2: 0, 3: 1, 4: 2, 5: 2, 6: 2, 7: 2}
    assert labels(reasons)[5] == "Cannot Contact"
    path = f"{LEAD}/Attributes(LogicalName='leadsourcecode')/{TYPE}PicklistAttributeMetadata"
    assert labels(dynamics.get(f"{path}/OptionSet?$select=Options")["Options"])[7] == "Trade Show"
    path = f"{LEAD}/Attributes/{TYPE}BooleanAttributeMetadata?$select=LogicalName&$expand=OptionSet"
    flags = {one["LogicalName"]: one["OptionSet"] for one in dynamics.get(path)["value"]}
    assert flags["donotbulkemail"]["TrueOption"]["Label"]["UserLocalizedLabel"]["Label"] == "Do Not Allow"


def test_a_global_choice_has_its_options_in_the_global_option_set(dynamics: DynamicsClient) -> None:
    field = {"object": "lead", "name": "new_stage", "type": "choice", "values": ["Cold", "Hot"], "shared": "new_stages"}
    dynamics.people("POST", "fields", field)
    path = f"{LEAD}/Attributes(LogicalName='new_stage')/{TYPE}PicklistAttributeMetadata"
    told = dynamics.get(f"{path}?$select=LogicalName&$expand=OptionSet,GlobalOptionSet($select=Options)")
    assert told["OptionSet"] is None
    assert labels(told["GlobalOptionSet"]["Options"]) == {100_000_000: "Cold", 100_000_001: "Hot"}


def test_all_tables_come_with_their_columns_when_expanded(dynamics: DynamicsClient) -> None:
    path = (
        "EntityDefinitions?$select=LogicalName,EntitySetName,PrimaryIdAttribute,CanChangeTrackingBeEnabled,"
        "ChangeTrackingEnabled&$expand=Attributes($select=LogicalName,AttributeType)"
    )
    found = {one["LogicalName"]: one for one in dynamics.get(path)["value"]}
    assert found["lead"]["CanChangeTrackingBeEnabled"]["Value"] is True
    assert {"LogicalName", "AttributeType"} <= found["contact"]["Attributes"][0].keys()


def test_a_new_column_is_told_and_used_and_gone_when_deleted(dynamics: DynamicsClient) -> None:
    dynamics.people("POST", "fields", {"object": "contact", "name": "new_note", "type": "string", "length": 5})
    contact = dynamics.create("contacts", contactid=MISSING, new_note="12345")
    dynamics.people("PATCH", "fields/contact/new_note", {"length": 3})
    refused = dynamics.call("PATCH", f"contacts({contact})", {"new_note": "1234"})
    assert error_of(refused) == (400, "0x80044331")
    dynamics.people("DELETE", "fields/contact/new_note")
    assert dynamics.call("GET", "contacts?$select=new_note").status_code == 400
    assert "new_note" not in dynamics.told("contacts", contact)


def test_metadata_changes_tell_typed_columns_of_one_table(dynamics: DynamicsClient) -> None:
    def equals(name: str) -> dict[str, object]:
        value = {"Type": "System.String", "Value": name}
        return {"Conditions": [{"PropertyName": "LogicalName", "ConditionOperator": "Equals", "Value": value}]}

    columns = {"Properties": {"PropertyNames": ["LogicalName", "MaxLength"]}, "Criteria": equals("lastname")}
    query = {"Properties": {"PropertyNames": ["LogicalName"]}, "Criteria": equals("lead"), "AttributeQuery": columns}
    path = f"RetrieveMetadataChanges(Query=@p1)?@p1={quote(orjson.dumps(query).decode())}"
    (table,) = dynamics.get(path)["EntityMetadata"]
    (column,) = table["Attributes"]
    assert (table["LogicalName"], column["LogicalName"], column["MaxLength"]) == ("lead", "lastname", 50)
    assert dynamics.call("GET", "RetrieveMetadataChanges(Query=@p1)?@p1=x").status_code == 400
