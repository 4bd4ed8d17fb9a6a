"""Custom fields, which prospects carry with a suffix, and the objects that the API may not write."""

from tests.sandbox.account_engagement.client import PardotClient, error_of


def test_custom_fields_go_by_their_id_with_a_suffix(pardot: PardotClient) -> None:
    field = pardot.create("custom-fields", name="Hobby", fieldId="hobby", type="Text")
    told = pardot.read(f"custom-fields/{field}", "id,name,fieldId,type,isRequired")
    assert told == {"id": field, "name": "Hobby", "fieldId": "hobby", "type": "text", "isRequired": False}
    made = pardot.prospect(hobby__c="chess")
    assert pardot.read(f"prospects/{made}", "hobby__c") == {"hobby__c": "chess"}
    assert error_of(pardot.call("PATCH", f"/objects/prospects/{made}", {"hobby": "chess"})) == (400, 180)
    assert error_of(pardot.get(f"prospects/{made}", "hobby")) == (400, 180)


def test_custom_fields_hold_values_of_their_type(pardot: PardotClient) -> None:
    for name, kind in (("visits", "Number"), ("born", "Date"), ("tags", "Multi-Select"), ("owner", "CRM User")):
        pardot.create("custom-fields", name=name, fieldId=name, type=kind)
    pardot.create("custom-fields", name="Answers", fieldId="answers", type="Text", isRecordMultipleResponses=True)
    values = {"visits__c": 3, "born__c": "1990-01-31", "tags__c": ["a", "b"], "answers__c": ["x"], "owner__c": "Sam"}
    made = pardot.prospect()
    assert pardot.call("PATCH", f"/objects/prospects/{made}", values).status_code == 204
    assert pardot.read(f"prospects/{made}", ",".join(values)) == values
    for wrong, code in (
        ({"visits__c": "many"}, 56),
        ({"born__c": "soon"}, 57),
        ({"tags__c": 1}, 154),
        ({"answers__c": {}}, 154),
    ):
        assert error_of(pardot.call("PATCH", f"/objects/prospects/{made}", wrong)) == (400, code)
    pardot.change(f"prospects/{made}", visits__c="4.5", tags__c=None)
    assert pardot.read(f"prospects/{made}", "visits__c,tags__c") == {"visits__c": 4.5, "tags__c": None}


def test_a_dropped_custom_field_takes_its_values_with_it(pardot: PardotClient) -> None:
    field = pardot.create("custom-fields", name="Hobby", fieldId="hobby")
    made = pardot.prospect(hobby__c="chess", city="Oslo")
    assert pardot.call("DELETE", f"/objects/custom-fields/{field}").status_code == 204
    assert error_of(pardot.get(f"prospects/{made}", "hobby__c")) == (400, 180)
    pardot.create("custom-fields", name="Hobby", fieldId="hobby")
    assert pardot.read(f"prospects/{made}", "hobby__c,city") == {"hobby__c": None, "city": "Oslo"}


def test_a_custom_field_is_renamed_but_keeps_its_id(pardot: PardotClient) -> None:
    field = pardot.create("custom-fields", name="Hobby", fieldId="hobby")
    pardot.change(f"custom-fields/{field}", name="Pastime")
    assert pardot.values("custom-fields", "name", fieldId="hobby") == [{"name": "Pastime"}]
    assert error_of(pardot.call("PATCH", f"/objects/custom-fields/{field}", {"fieldId": "pastime"})) == (400, 180)


def test_wrong_custom_fields_are_refused(pardot: PardotClient) -> None:
    pardot.create("custom-fields", name="Hobby", fieldId="hobby")
    for body, code in (
        ({"name": "Hobby"}, 153),
        ({"name": "Hobby", "fieldId": "hobby"}, 245),
        ({"name": "Hobby", "fieldId": "a hobby"}, 154),
        ({"name": "Hobby", "fieldId": "other", "type": "lookup"}, 154),
        ({"name": "Hobby", "fieldId": "other", "id": 1}, 180),
    ):
        assert error_of(pardot.call("POST", "/objects/custom-fields", body)) == (400, code)


def test_what_salesforce_owns_or_only_happens_cannot_be_written(pardot: PardotClient) -> None:
    for kind, status, code in (
        ("campaigns", 400, 128),
        ("prospect-accounts", 400, 59),
        ("users", 405, 60),
        ("folders", 405, 60),
        ("visitor-activities", 405, 60),
        ("nonsense", 404, 198),
    ):
        assert error_of(pardot.call("POST", f"/objects/{kind}", {"name": "x"})) == (status, code)
        assert error_of(pardot.call("DELETE", f"/objects/{kind}/1")) == (status, code)
