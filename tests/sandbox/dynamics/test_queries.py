"""Reading many rows: filters, order, pages, counts, annotations, and what is refused."""

from urllib.parse import parse_qsl, quote, unquote, urlsplit

import pytest

from tests.sandbox.dynamics.client import MISSING, DynamicsClient, error_of

IN = "Microsoft.Dynamics.CRM.In"
FORMATTED = "OData.Community.Display.V1.FormattedValue"


@pytest.fixture
def four(dynamics: DynamicsClient) -> DynamicsClient:
    """An environment with four leads."""
    dynamics.lead("Ode", firstname="Ann", emailaddress1="ann@x.test", new_act_on_score=1)
    dynamics.lead("O'Brien", firstname="Bob", emailaddress1="BOB@x.test", new_act_on_score=20, donotbulkemail=True)
    dynamics.lead("Roe", firstname="Cid", new_act_on_score=3, leadsourcecode=8)
    dynamics.lead("Zed", emailaddress1="zed@y.test", statecode=2)
    return dynamics


@pytest.mark.parametrize(
    ("condition", "names"),
    [
        ("lastname eq 'ODE'", "Ode"),
        ("lastname eq 'O''Brien'", "O'Brien"),
        ("lastname ne 'Ode' and firstname ne null", "O'Brien Roe"),
        ("firstname eq null", "Zed"),
        ("new_act_on_score gt 1", "O'Brien Roe"),
        ("new_act_on_score ge 1 and new_act_on_score lt 20", "Ode Roe"),
        ("new_act_on_score le 3 or statecode eq 2", "Ode Roe Zed"),
        ("not (new_act_on_score le 3 or statecode eq 2)", "O'Brien"),
        ("new_act_on_score eq 1 or new_act_on_score eq 3 and lastname eq 'Roe'", "Ode Roe"),
        ("contains(emailaddress1,'@X.test')", "O'Brien Ode"),
        ("not contains(emailaddress1,'@x.test')", "Roe Zed"),
        ("startswith(lastname,'o')", "O'Brien Ode"),
        ("endswith(emailaddress1,'y.test')", "Zed"),
        ("donotbulkemail eq true", "O'Brien"),
        ("leadsourcecode eq 8 and donotbulkemail eq false", "Roe"),
        ("createdon ge 2024-01-01T00:00:00Z and createdon lt 2024-01-02", ""),
        (f"{IN}(PropertyName='emailaddress1',PropertyValues=['bob@x.test','Ann@x.test'])", "O'Brien Ode"),
        (IN + '(PropertyName="new_act_on_score",PropertyValues=["1","3"])', "Ode Roe"),
        (f"{IN}(PropertyName=@p1,PropertyValues=@p2)", "Ode"),
        (f"leadid eq {MISSING}", ""),
        ("emailaddress1 eq 'zed@y.test' or lastname eq 'Roe'", "Roe Zed"),
        ("ownerid/internalemailaddress eq 'keepstep.sync@corp.example.com' and statecode eq 2", "Zed"),
    ],
)  # fmt: skip
def test_a_filter_gives_the_rows_that_meet_it(four: DynamicsClient, condition: str, names: str) -> None:
    aliases = "&@p1='lastname'&@p2=['ode']"
    rows = four.rows(f"leads?$select=lastname&$orderby=lastname&$filter={quote(condition)}{aliases}")
    assert " ".join(row["lastname"] for row in rows) == names


@pytest.mark.parametrize(
    "options",
    [
        "$skip=5",
        "$filter=lastname",
        "$filter=lastname eq",
        "$filter=lastname is 'x'",
        "$filter=lastname eq 'x",
        "$filter=(lastname eq 'x'",
        "$filter=nonsense eq 'x'",
        "$filter=ownerid eq 'x'",
        "$filter=statecode eq createdon",
        "$filter=tolower(lastname) eq 'x'",
        "$filter=new_act_on_score gt 'x'",
        "$select=LastName",
        "$orderby=nonsense",
        "$expand=nonsense",
        "$search=x",
        "$top=0",
        "$skiptoken=nonsense",
    ],
)
def test_an_option_that_is_wrong_or_not_known_is_400(four: DynamicsClient, options: str) -> None:
    assert four.call("GET", f"leads?{options}").status_code == 400


def test_rows_come_in_the_order_that_is_asked_for_and_top_cuts_them(four: DynamicsClient) -> None:
    rows = four.rows("leads?$select=lastname&$orderby=statecode desc,new_act_on_score desc&$top=3")
    assert [row["lastname"] for row in rows] == ["Zed", "O'Brien", "Roe"]
    told = four.get("leads?$top=2", Prefer="odata.maxpagesize=1")
    assert len(told["value"]) == 2
    assert "@odata.nextLink" not in told


def test_expand_follows_a_lookup(four: DynamicsClient) -> None:
    row, *_ = four.rows("leads?$select=lastname&$expand=ownerid($select=fullname),parentaccountid&$top=1")
    assert row["ownerid"]["fullname"] == "Keepstep Sync"
    assert row["parentaccountid"] is None


def test_pages_are_followed_by_a_next_link_whose_token_is_xml_encoded_twice(peopled: DynamicsClient) -> None:
    path = "leads?$select=lastname&$filter=statecode eq 0"
    total = len(peopled.rows(path))
    seen, pages, link = [], 0, path
    while link:
        reply = peopled.call("GET", link, Prefer="odata.maxpagesize=7")
        assert reply.headers["Preference-Applied"] == "odata.maxpagesize=7"
        told = reply.json()
        seen += [row["leadid"] for row in told["value"]]
        pages, link = pages + 1, told.get("@odata.nextLink", "")
        if link:
            options = dict(parse_qsl(urlsplit(link).query))
            assert options["$filter"] == "statecode eq 0"
            assert options["$skiptoken"].startswith(f'<cookie pagenumber="{pages + 1}" pagingcookie="%253Ccookie')
            assert unquote(unquote(options["$skiptoken"])).count("<cookie") == 2
    assert (len(seen), len(set(seen)), pages) == (total, total, -(-total // 7))


def test_an_ordered_reading_is_paged_too(peopled: DynamicsClient) -> None:
    path = "contacts?$select=lastname&$orderby=lastname desc"
    whole = [row["contactid"] for row in peopled.rows(path)]
    seen, link = [], path
    while link:
        told = peopled.get(link, Prefer="odata.maxpagesize=10")
        seen += [row["contactid"] for row in told["value"]]
        link = told.get("@odata.nextLink", "")
    assert seen == whole


def test_a_page_holds_no_more_than_the_limit_whatever_is_asked_for(peopled: DynamicsClient) -> None:
    peopled.settings(max_page=5)
    assert len(peopled.get("leads", Prefer="odata.maxpagesize=9000")["value"]) == 5
    assert len(peopled.get("leads")["value"]) == 5
    assert len(peopled.get("leads?$top=9000")["value"]) == 5


def test_counts_are_capped_and_say_so_when_asked(peopled: DynamicsClient) -> None:
    total = int(peopled.call("GET", "contacts/$count").text)
    assert peopled.get("contacts?$count=true&$top=1")["@odata.count"] == total
    peopled.settings(count_limit=3)
    assert peopled.call("GET", "contacts/$count").text == "3"
    told = peopled.get("contacts?$count=true&$top=1", Prefer='odata.include-annotations="*"')
    assert told["@odata.count"] == 3
    assert told["@Microsoft.Dynamics.CRM.totalrecordcountlimitexceeded"] is True


def test_labels_names_and_moments_are_told_as_annotations(dynamics: DynamicsClient) -> None:
    account = dynamics.create("accounts", name="Acme")
    bind = {"parentcustomerid_account__bind": f"/accounts({account})"}
    dynamics.create("contacts", lastname="Roe", leadsourcecode=7, new_act_on_score=1234, **bind)
    select = "leadsourcecode,new_act_on_score,donotbulkemail,_parentcustomerid_value,createdon,statecode"
    prefer = f'odata.include-annotations="{FORMATTED}"'
    (row,) = dynamics.get(f"contacts?$select={select}", Prefer=prefer)["value"]
    shown = {name.partition("@")[0]: value for name, value in row.items() if name.endswith(FORMATTED)}
    assert shown.pop("createdon").endswith("M")
    assert shown == {
        "leadsourcecode": "Trade Show",
        "new_act_on_score": "1,234",
        "donotbulkemail": "Allow",
        "_parentcustomerid_value": "Acme",
        "statecode": "Active",
    }
    assert row["_parentcustomerid_value"] == account
    (full,) = dynamics.get(f"contacts?$select={select}", Prefer='odata.include-annotations="*"')["value"]
    assert full["_parentcustomerid_value@Microsoft.Dynamics.CRM.lookuplogicalname"] == "account"
    navigation = full["_parentcustomerid_value@Microsoft.Dynamics.CRM.associatednavigationproperty"]
    assert navigation == "parentcustomerid_account"
    (bare,) = dynamics.get(f"contacts?$select={select}")["value"]
    assert [name for name in bare if "@" in name] == ["@odata.etag"]


def test_moments_are_whole_seconds_in_utc(dynamics: DynamicsClient) -> None:
    (row,) = [dynamics.get(f"leads({dynamics.lead()})?$select=modifiedon")]
    assert row["modifiedon"].endswith("Z")
    assert len(row["modifiedon"]) == len("2026-03-01T10:00:00Z")


def test_an_expired_or_foreign_paging_cookie_is_refused(dynamics: DynamicsClient) -> None:
    assert error_of(dynamics.call("GET", "leads?$skiptoken=%3Ccookie%3E")) == (400, "0x80040203")


def test_what_this_sandbox_does_not_answer_is_refused_and_not_passed_over(dynamics: DynamicsClient) -> None:
    assert error_of(dynamics.call("GET", "leads?sql=SELECT lastname FROM lead")) == (400, "0x80060888")
