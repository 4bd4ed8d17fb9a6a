"""Every way to get a sync file wrong: its name, what stood there, what stands there now, and what is said about it."""

from __future__ import annotations

BAD: list[tuple[str, str, str, str]] = [
    (
        "an unknown key",
        "schedule:",
        "shedule:",
        "customers.yaml, line 10: shedule: there is no such key (did you mean schedule?); allowed here: activities, "
        "crm, fields, kind, limits, maintenance, on_deleted, on_duplicates, owner, platform, pull, push, schedule, "
        "tags, timezone, title",
    ),
    (
        "an unknown key inside",
        "max_removed: 5%",
        "max_remved: 5%",
        "customers.yaml, line 22: limits.max_remved: there is no such key (did you mean max_removed?); allowed here: "
        "activity_calls, api_calls, max_blanked, max_removed, max_updated, min_rows",
    ),
    (
        "an unknown key that is like none",
        "max_removed: 5%",
        "zzz: 5%",
        "customers.yaml, line 22: limits.zzz: there is no such key; allowed here: "
        "activity_calls, api_calls, max_blanked, max_removed, max_updated, min_rows",
    ),
    (
        "an unknown key of a field",
        "company: company",
        "company: {crm: company, rul: hold}",
        "customers.yaml, line 16: fields.company.rul: there is no such key (did you mean rule?); "
        "allowed here: blanks, crm, platform, rule, type",
    ),
    ("a missing key", "title: NetSuite customers\n", "", "customers.yaml, line 1: title: this key is missing"),
    (
        "a missing key inside",
        "  list: NetSuite customers\n",
        "",
        "customers.yaml, line 6: platform.list: this key is missing",
    ),
    (
        "a field's missing name",
        "company: company",
        "company: {platform: Company}",
        "customers.yaml, line 16: fields.company.crm: this key is missing",
    ),
    (
        "an empty title",
        "title: NetSuite customers",
        'title: ""',
        "customers.yaml, line 1: title: this must not be empty",
    ),
    (
        "an empty field name",
        "first_name: firstName",
        'first_name: ""',
        "customers.yaml, line 15: fields.first_name: this must not be empty",
    ),
    (
        "a list where a text belongs",
        "title: NetSuite customers",
        "title: [a]",
        "customers.yaml, line 1: title: Input should be a valid string",
    ),
    (
        "a word where a switch belongs",
        "pull:\n",
        "pull:\n  add: perhaps\n",
        "customers.yaml, line 18: pull.add: Input should be a valid boolean, unable to interpret input",
    ),
    (
        "a number where a field belongs",
        "company: company",
        "company: 5",
        "customers.yaml, line 16: fields.company: a field is its name in the CRM, or "
        "{crm: its name there, platform: its column, rule: …}",
    ),
    (
        "a rule that isn't one",
        "company: company",
        "company: {crm: company, rule: crm_looses}",
        "customers.yaml, line 16: fields.company.rule: Input should be 'crm_wins', 'platform_wins', 'newest_wins', "
        "'hold', 'opt_out_wins', 'crm_owned' or 'platform_owned'",
    ),
    (
        "too few calls",
        "max_removed: 5%",
        "api_calls: 9",
        "customers.yaml, line 22: limits.api_calls: Input should be greater than or equal to 10",
    ),
    (
        "a field's name with a blank",
        "first_name: firstName",
        "First Name: firstName",
        "customers.yaml, line 15: fields.First Name: a field's name is lower-case letters, digits and _, and begins "
        "with a letter",
    ),
    (
        "an unknown field in pull",
        "[first_name, company]",
        "[first_name, fax]",
        "customers.yaml, line 18: pull.update.1: names the field fax; the file's fields are act_on_score, company, "
        "email, first_name",
    ),
    (
        "an unknown field in push",
        "[act_on_score]",
        "\n    - act_on_score\n    - fax",
        "customers.yaml, line 22: push.update.1: names the field fax; the file's fields are act_on_score, company, "
        "email, first_name",
    ),
    (
        "the score in pull",
        "[first_name, company]",
        "[first_name, act_on_score]",
        "customers.yaml, line 18: pull.update.1: the score field act_on_score goes from the platform to the CRM, "
        "never back",
    ),
    (
        "the score in the email",
        "score_field: act_on_score",
        "score_field: email",
        "customers.yaml, line 12: maintenance.score_field: the score needs a field of its own, not email",
    ),
    (
        "no email field",
        "  email: email\n",
        "",
        "customers.yaml, line 13: fields: the field email is missing: it keys the behaviour, no list works without it",
    ),
    (
        "one CRM field for two",
        "company: company",
        "company: firstName",
        "customers.yaml, line 16: fields.company: the crm field firstName is the field first_name already; "
        "each has a place of its own",
    ),
    (
        "one column for two",
        "company: company",
        "company: {crm: company, platform: first name}",
        "customers.yaml, line 16: fields.company: the platform field first name is the field first_name already; "
        "each has a place of its own",
    ),
    (
        "a schedule that isn't one",
        '"0 0 * * *"',
        "every night",
        'customers.yaml, line 10: schedule: a schedule is a cron expression such as "0 0 * * *", one of @hourly, '
        "@daily, @weekly, @monthly, or null",
    ),
    (
        "a maintenance's schedule that isn't one",
        "  score_field: act_on_score",
        "  score_field: act_on_score\n  schedule: 5",
        'customers.yaml, line 13: maintenance.schedule: a schedule is a cron expression such as "0 0 * * *", one of '
        "@hourly, @daily, @weekly, @monthly, or null",
    ),
    (
        "a CRM that isn't known",
        "system: netsuite",
        "system: netsweet",
        "customers.yaml, line 3: crm.system: the CRM is one of dynamics, memory_crm, netsuite, salesforce, sugarcrm",
    ),
    (
        "a platform that isn't known",
        "system: act_on",
        "system: acton",
        "customers.yaml, line 7: platform.system: the platform is one of account_engagement, act_on, "
        "memory_platform, memory_prospects",
    ),
    (
        "activities from nowhere",
        "limits:",
        "activities: {source: sql, query: SELECT 1}\nlimits:",
        "customers.yaml, line 21: activities: activities from sql need a connection and a query",
    ),
    (
        "a key that is a number",
        "title: NetSuite customers",
        "title: NetSuite customers\n7: x",
        "customers.yaml, line 2: 7: a key is text: put it in quotes",
    ),
    (
        "a doubled key",
        "limits:",
        "title: Again\nlimits:",
        "customers.yaml, line 21: the key title stands here twice",
    ),
    (
        "a doubled key inside",
        "  company: company",
        "  company: company\n  email: other",
        "customers.yaml, line 17: the key email stands here twice",
    ),
    (
        "bad YAML",
        "[first_name, company]",
        "[first_name, company",
        "customers.yaml, line 19: not YAML: expected ',' or ']', but got ':'",
    ),
    (
        "a tab",
        "  system: netsuite",
        "\tsystem: netsuite",
        "customers.yaml, line 3: not YAML: found character '\\t' that cannot start any token",
    ),
    (
        "a tag of somebody else's",
        "title: NetSuite customers",
        "title: !python/name os",
        "customers.yaml, line 1: not YAML: could not determine a constructor for the tag '!python/name'",
    ),
    (
        "a character that no text has",
        "title: NetSuite customers",
        "title: \x00",
        "customers.yaml, line 1: not YAML: special characters are not allowed",
    ),
]
