"""The rules of the core and how each is broken: what is wrong then, a piece of code, and what might stand there."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Mutant:
    """One rule, broken."""

    file: str  # in include/keepstep/core
    broken: str  # what is wrong then
    old: str  # stands exactly once in the file
    new: str


MERGE = (
    ("a blank overwrites a value", "rule.blanks is Blanks.KEEP or", "False or"),
    ("a first sync clears values", "or not values.known):", "):"),
    ("blanks: overwrite is not heard", "and (rule.blanks is Blanks.KEEP or not values.known)", ""),
    (
        "the blank's own side wins",
        "PLATFORM if values.crm is None else Side.CRM\n        return",
        "CRM if values.crm is None else Side.PLATFORM\n        return",
    ),
    ("the platform's edit is taken for a conflict", "values.known and values.crm ==", "False and values.crm =="),
    ("the CRM's edit is taken for a conflict", "values.known and values.platform ==", "False and values.platform =="),
    ("an opt-out is a field like any other", "if rule.rule is Rule.OPT_OUT_WINS:", "if False:"),
    ("an opt-in wins", "if True in (crm, platform):", "if False in (crm, platform):"),
    ("the CRM's opt-out is lost", "Side.CRM if crm is True else", "Side.PLATFORM if crm is True else"),
    ("what may be an opt-out is overwritten", "if not {crm, platform} <= {None, False}:", "if False:"),
    ("an opt-out as text is not read", "normalize_value(one, FieldType.BOOLEAN) for one", "one for one"),
    ("hold decides", "if rule.rule is Rule.HOLD:", "if False:"),
    ("newest_wins is crm_wins", "if rule.rule is Rule.NEWEST_WINS:", "if False:"),
    ("the oldest wins", "if platform > crm:", "if platform < crm:"),
    ("of two edits at once the platform's wins", "if platform > crm:", "if platform >= crm:"),
    ("an unknown time wins", "if crm is None or platform is None:", "if crm is None and platform is None:"),
    ("platform_wins is crm_wins", "Side.PLATFORM if rule.rule is Rule.PLATFORM_WINS else Side.CRM", "Side.CRM"),
)

FIELDS = (
    (
        "the base forgets an open conflict",
        "            draft.waiting.append(rule.name)",
        "            draft.waiting.append(rule.name)\n            draft.agreed[rule.name] = values.crm",
    ),
    ("an open conflict is not reported", "if draft.waiting and phase is Phase.PULL:", "if False:"),
    ("an open conflict is reported by both tasks", "if draft.waiting and phase is Phase.PULL:", "if draft.waiting:"),
    ("fields that were not chosen are written", "draft.side.other and writable:", "draft.side.other:"),
    ("a side's own value is written to it", "if winner is draft.side.other and", "if winner and"),
    ("the score is pulled", "elif phase is Phase.PUSH and writable:", "elif writable:"),
    (
        "the score is pushed where it isn't chosen",
        "elif phase is Phase.PUSH and writable:",
        "elif phase is Phase.PUSH:",
    ),
    ("a score that is there is written again", "if current != pair.score.value:", "if True:"),
    ("what is too long is written", "[name for name in draft.after if name not in long]", "list(draft.after)"),
    ("what is too long is dropped silently", "    if long:\n", "    if False:\n"),
    ("somebody else's email is written", "if side is Side.PLATFORM and pair.email_taken:", "if False:"),
    (
        "a taken email stops the other side too",
        "if side is Side.PLATFORM and pair.email_taken:",
        "if pair.email_taken:",
    ),
    ("what is no address replaces one", "if there(source).email is None:", "if False:"),
    ("the base's opt-out is lost", "known = [pair.base or {}, *(", "known = [*("),
    ("a flagged opt-out is lost", "if said or opted_out(pair):", "if said:"),
    ("the base is not told what is alike", "draft.agreed[rule.name] = merged.value", "pass"),
    (
        "who is suppressed isn't told",
        "rule.rule is not Rule.OPT_OUT_WINS or not there(on(pair, source)).opted_out:",
        "True:",
    ),
    (
        "a suppressed address is opted out again for ever",
        "if _yes(values.base) or _yes(values.on(source)):",
        "if False:",
    ),
    ("nobody opted out is told no", "or (unsaid and isinstance(merged, Take)):", ":"),
)

PLAN = (
    ("a duplicate gets a row of its own", "    if pair.duplicate_of:\n        why", "    if False:\n        why"),
    (
        "a duplicate is pushed",
        "    if pair.duplicate_of:\n        return Decision()",
        "    if False:\n        return Decision()",
    ),
    ("pull.add is not asked", "if not policy.pull.add:", "if False:"),
    ("pull.remove is not asked", "if not policy.pull.remove:", "if False:"),
    ("push.add is not asked", "if not policy.push.add:", "if False:"),
    ("push.remove is not asked", "if not policy.push.remove:", "if False:"),
    ("whoever opted out is put on a list", "if crm.opted_out:", "if False:"),
    ("an opt-out is lost at a create", "if opted_out(pair) and not carried:", "if False:"),
    ("a new contact doesn't carry the opt-out", "after | carried,", "after,"),
    ("a new row doesn't carry the opt-out", " | opt_outs(pair, policy)\n", "\n"),
    ("a deleted contact comes back", "if deleted and not policy.recreate_deleted:", "if False:"),
    ("on_deleted: recreate is not heard", "if deleted and not policy.recreate_deleted:", "if deleted:"),
    ("a tombstone is not read", "is Presence.DELETED or pair.tombstone", "is Presence.DELETED"),
    (
        "a row that somebody took off comes back",
        "case Presence.PRESENT, Presence.ABSENT:",
        "case Presence.PRESENT, (Presence.ABSENT | Presence.DELETED):",
    ),
    (
        "a contact is removed for a row that never was",
        "(Presence.LEFT | Presence.DELETED):\n            return _remove_record",
        "(Presence.LEFT | Presence.DELETED | Presence.ABSENT):\n            return _remove_record",
    ),
    ("a late worker's older score goes out", "pair.score.epoch < pair.pushed_epoch:", "False:"),
    ("the same epoch is refused", "pair.score.epoch < pair.pushed_epoch:", "pair.score.epoch <= pair.pushed_epoch:"),
    ("an inactive record is written", "if decision.operations and _refuses(pair, policy):", "if False:"),
    (
        "an inactive record is always an error",
        "if decision.operations and _refuses(pair, policy):",
        "if _refuses(pair, policy):",
    ),
    ("DY-1 is not heard", " and not policy.inactive_syncs", ""),
    (
        "an inactive record's conflicts are forgotten",
        "return replace(decision, operations=(), held=(*decision.held, _inactive(pair)))",
        "return Decision(held=(_inactive(pair),))",
    ),
    ("a contact without an email is made", "    if row.email is None:\n", "    if False:\n"),
    ("a row without an email is made", "    if crm.email is None:\n", "    if False:\n"),
    ("a lead without a company is made", "if policy.company_field and row", "if False and row"),
    ("a new contact is given every field", "if name in policy.create_fields and value", "if value"),
    (
        "a new contact has no score",
        "if pair.score is not None and policy.score_field in policy.push.update:",
        "if False:",
    ),
    ("a new row gets the CRM's score", "if rule.name != policy.score_field)", "if True)"),
    ("what is too long is created", "    if long:\n", "    if False:\n"),
    ("the maintenance writes what is there", "    if before == pair.score.value:\n", "    if False:\n"),
    (
        "the maintenance writes to rows that left",
        "if pair.platform_presence is not Presence.PRESENT or pair",
        "if pair",
    ),
)

DECIDE = (
    ("5, 6, 5, 6 loses its second 6", "sorted(after.items()), pair.generation]", "sorted(after.items())]"),
    ("two fields' writes are taken for one", "sorted(after.items()), pair.generation]", "pair.generation]"),
    ("a second life has the first one's key", "digest([pair.key, pair.generation])", "digest([pair.key])"),
    ("a pull carries an epoch", "if pair.score and phase is not Phase.PULL else", "if pair.score else"),
    ("a row is looked up by its new email", "(None if creates else there(target).email) or", "None or"),
    ("a value of the very length is too long", "len(value) > limit", "len(value) >= limit"),
    ("the other side's limit binds", "rule.max_length.get(side)", "max(rule.max_length.values(), default=None)"),
)

MATCH = (
    ("a link is not kept", "return (not one.linked, place, age,", "return (place, age,"),
    ("the order of objects is not asked", "(not one.linked, place, age,", "(not one.linked, age,"),
    ("the oldest is followed", "age = -(", "age = ("),
    ("ids are compared as text", "age, len(one.id), one.id)", "age, one.id)"),
    ("first_returned is not heard", "if first_returned:", "if False:"),
    ("a linked record is a duplicate", "if one != followed and not one.linked}", "if one != followed}"),
    ("a link is stolen", "and not linked else ()", "else ()"),
    ("an email gets a second record", "and len(linked) == 1:", "and False:"),
)

GUARDS = (
    ("emptiness is not seen", "if figures.followed and not present:", "if False:"),
    ("a first sync is refused", "if figures.followed and not present:", "if not present:"),
    ("the limit itself is refused", "if share > limit:", "if share >= limit:"),
    ("removals are not limited", '("removed", figures.removed,', '("removed", 0,'),
    ("updates are not limited", '("updated", figures.updated,', '("updated", 0,'),
    ("blanks are not limited", '("blanked", figures.blanked,', '("blanked", 0,'),
    ("small lists are judged by shares", "max(limits.min_rows, 1)", "1"),
    ("the first row that counts doesn't", "figures.followed >= max(", "figures.followed > max("),
)

NORMALIZE = (
    ("case makes another person", "text.strip().lower()", "text.strip()"),
    ("blanks make another person", "text.strip().lower()", "text.lower()"),
    (
        "two spellings of an accent are two people",
        'unicodedata.normalize("NFC", text.strip().lower())',
        "text.strip().lower()",
    ),
    ("two addresses are one", 'or "@" in local or', "or"),
    ("a forbidden character passes", "or _NOT_IN_EMAIL.search(address):", "or False:"),
    ("dots pass anywhere", ' or ".." in address:', ":"),
    ("321 octets pass", "MAX_LOCAL, MAX_DOMAIN = 64, 255", "MAX_LOCAL, MAX_DOMAIN = 65, 255"),
    ("320 octets don't pass", "MAX_LOCAL, MAX_DOMAIN = 64, 255", "MAX_LOCAL, MAX_DOMAIN = 64, 254"),
    ("octets are counted as characters", "len(local.encode()) >", "len(local) >"),
    ("a company's case counts", ".casefold())", ")"),
    ("an empty text is a value", 'if value is None or value == "":', "if value is None:"),
    ("5.0 isn't 5", "return int(number) if number.is_integer() else number", "return number"),
    ("a long id loses its last digit", "if abs(number) < _EXACT:", "if abs(number) < 1e300:"),
    ("yes isn't true", '"yes", ', ""),
    ("a time zone is not read", "moment.astimezone(UTC)", "moment.replace(tzinfo=UTC)"),
)

DOUBT = (
    ("a create that arrived is sent again", "kind is Kind.CREATE or all(", "all("),
    ("half an update is enough", "or all(found", "or any(found"),
    ("a remove that arrived is sent again", "found is None or status is Status.INACTIVE", "found is None"),
    ("a remove that never arrived is believed", "return found is None or status is Status.INACTIVE", "return True"),
    (
        "a create that never arrived is believed",
        "    if found is None:\n        return False",
        "    if found is None:\n        return True",
    ),
)

MAPPING = (
    ("the order of fields is a change", "sorted(values.items())", "list(values.items())"),
    ("a status is no change", "sorted(values.items()), status,", "sorted(values.items()),"),
    ("an opt-out is no change", "status, opted_out, *(", "status, *("),
    ("blanks are values", "if value is not None}", "}"),
)

PROSPECT_PLAN = (
    ("a duplicate is synced", "    if pair.duplicate_of:\n", "    if False:\n"),
    ("crm_ignore_prospect is not heard", "said.startswith(MARKER) and said != policy.mark_deleted", "False"),
    ("one that is marked as deleted is ignored for ever", " and said != policy.mark_deleted:", ":"),
    ("pull.add is not asked", "if not rules.pull.add or", "if"),
    ("what was set aside becomes a prospect", "pair.set_aside or crm.status", "crm.status"),
    ("an inactive record becomes a prospect", "crm.status is not Status.ACTIVE or crm.email", "crm.email"),
    ("a record without an email becomes a prospect", " or crm.email is None:", ":"),
    (
        "an opt-out is lost at a new prospect",
        "    if opted_out(pair) and not carried:\n        return skip(pair, Side.PLATFORM",
        "    if False:\n        return skip(pair, Side.PLATFORM",
    ),
    ("a new prospect doesn't carry the opt-out", "is not None} | carried", "is not None}"),
    ("a new prospect is given fields that aren't pulled", "if rule.name in rules.pull.update]", "]"),
    (
        "a prospect that somebody deleted comes back",
        "case Presence.PRESENT, Presence.ABSENT:",
        "case Presence.PRESENT, (Presence.ABSENT | Presence.DELETED):",
    ),
    ("a deletion is marked where it isn't to stay", "    if not _stays_deleted(pair, policy):\n", "    if False:\n"),
    ("the bin is not asked", "if policy.bin_deleted:", "if False:"),
    ("a deletion is marked again and again", "None or said == policy.mark_deleted:", "None:"),
    ("on_deleted: recreate is not heard", "if policy.recreate_deleted or not", "if not"),
    ("detect_deletes: false is not heard", " or not policy.detect_deletes:", ":"),
    ("a tombstone is not read", "return pair.tombstone or (marked", "return (marked"),
    ("the platform's mark is not read", "(marked and not pair.released)", "False"),
    ("a release is not heard", "(marked and not pair.released)", "marked"),
    (
        "who is left alone is pushed",
        "    if _left_alone(pair, policy):\n        return Decision()",
        "    if False:\n        return Decision()",
    ),
    (
        "a lead whose contact is another prospect's is passed over in silence",
        "case Presence.LEFT, Presence.PRESENT:",
        "case None, Presence.PRESENT:",
    ),
    (
        "a new address makes a second record unasked",
        "if policy.on_email_change is OnEmailChange.NEW_RECORD and",
        "if",
    ),
    (
        "a new address makes no second record",
        "OnEmailChange.NEW_RECORD and _has_new_address",
        "OnEmailChange.STAY_WITH_EMAIL and _has_new_address",
    ),
    (
        "the CRM's new address makes a second record",
        "isinstance(merged, Take) and merged.side is Side.PLATFORM",
        "isinstance(merged, Take)",
    ),
    ("a first sync makes a second record", "return values.known and isinstance", "return isinstance"),
    ("an inactive record is written", "is Status.INACTIVE and not policy.inactive_syncs", "is None"),
    ("DY-1 is not heard", "Status.INACTIVE and not policy.inactive_syncs", "Status.INACTIVE"),
    (
        "an inactive record's conflicts are forgotten",
        'held=(*decision.held, hold(pair, Side.CRM, "inactive"',
        'held=(hold(pair, Side.CRM, "inactive"',
    ),
    ("an unassigned prospect makes a record", "    if row.values.get(OWNER) is None:\n", "    if False:\n"),
    (
        "what was deleted is made again",
        "    if _stays_deleted(pair, policy):\n",
        "    if False:\n",
    ),
    ("push.add is not asked", "    if not rules.push.add:\n", "    if False:\n"),
    ("a record without an email is made", "    if row.email is None:\n", "    if False:\n"),
    (
        "an opt-out is lost at a new record",
        "    if opted_out(pair) and not carried:\n        return skip(pair, Side.CRM",
        "    if False:\n        return skip(pair, Side.CRM",
    ),
    ("a new record doesn't carry the opt-out", "rules, after | carried, policy", "rules, after, policy"),
    ("a new record is given every field", "if name in rules.create_fields and value", "if value"),
    ("a user whom a side doesn't know is written", "    if side in pair.owner_ids:\n", "    if True:\n"),
    (
        "an owner is written as an address",
        "tuple(_referring(pair, one) for one in decision.operations)",
        "decision.operations",
    ),
    (
        "an unknown owner is said though nobody changed it",
        "    if not _owner_wanted(pair, rules, phase):\n",
        "    if False:\n",
    ),
    (
        "the platform is told of the CRM's unknown owner",
        "    if side is Side.PLATFORM:\n        why",
        "    if False:\n        why",
    ),
    (
        "a record that is there goes to the connector's user",
        "if policy.owner_fallback is OwnerFallback.CONNECTOR_USER:",
        "if False:",
    ),
    ("an owner that isn't pulled is spoken of", "if rule is None or OWNER not in way.update:", "if rule is None:"),
    (
        "a conflict about the owner is forgotten",
        "else merged.winner if isinstance(merged, Clash) else None",
        "else None",
    ),
    (
        "owner_fallback: hold is not heard",
        "if side is Side.CRM and policy.owner_fallback is OwnerFallback.HOLD:",
        "if False:",
    ),
    (
        "a prospect waits for an owner",
        "if side is Side.CRM and policy.owner_fallback is",
        "if policy.owner_fallback is",
    ),
    ("what is too long is created", "    if long:\n", "    if False:\n"),
    ("a new record's owner is an address", "return _one(_referring(pair, done))", "return _one(done)"),
)

COMPANY_MATCH = (
    (
        "a placeholder is matched",
        "    if company.name is None:\n        return None",
        "    if False:\n        return None",
    ),
    ("a website's domain counts for nothing", "company.domain is not None and same_domain", "False and same_domain"),
    ("people who work elsewhere count for nothing", "company.colleagues > company.elsewhere:", "company.colleagues:"),
    ("one colleague is proof", "company.colleagues >= _SAME_DOMAIN_BY", "company.colleagues"),
    ("another domain is no doubt", "        return DomainSays.OTHER", "        return DomainSays.NOTHING"),
    (
        "a domain that reads like the name counts for nothing",
        "company.name.compact == _named(person.domain):",
        "False:",
    ),
    ("a number in the name is nothing", "_numbers(one) != _numbers(other):", "False:"),
    ("two as good as each other are clear", "best.score - others[0].score < CLEARLY", "False"),
    ("only what is shown is compared", "[: max(most, 2)]", "[:most]"),
    ("nobody is clear", "else replace(best, clear=True)", "else best"),
    ("what is below the threshold is proposed", "if one.score >= from_score)", "if True)"),
    ("the threshold itself is below", "one.score >= from_score", "one.score > from_score"),
    ("the worst is first", "(-one.score, len(", "(one.score, len("),
    ("legal forms count for nothing", "not one.legal & other.legal:", "False:"),
    ("an order of words is another name", "if sorted(one.words) == sorted(other.words):", "if False:"),
    ("Group is a word like any other", "if one.strong == other.strong:", "if False:"),
    ("a part of a name is nothing", "if set(fewer.strong) < set(more.words):", "if False:"),
    ("chance is likeness", "if _TELLING <= alike < 1", "if alike < 1"),
    ("initials are nothing", "if one.compact == other.initials or", "if False or"),
    ("initials are read one way", " or other.compact == one.initials:", ":"),
    ("a domain finds nobody", "keys |= keys_of_domain(person.domain) |", "keys |="),
)

DUPLICATES = (
    ("a name alone makes two people one", "if employer is None or given is None", "if given is None"),
    ("a marker is a name", ' or family.startswith("[[")', ""),
    ("a family name alone makes two people one", "or given is None or", "or"),
    (
        "the same people in another order are another group",
        "ordered = sorted(people, key=_by_id)",
        "ordered = list(people)",
    ),
    ("ids are ordered as text", "return len(one.id), one.id", "return 0, one.id"),
    ("who is nobody's duplicate is a group", "if len(ids) > 1)", "if ids)"),
    (
        "nobody's email is an email",
        "if key is not None else one.id",
        "if key is not None else first.setdefault('', one.id)",
    ),
)

SCORE = (
    ("what the sheet doesn't name counts", "if event.type in sheet.rules and age", "if age"),
    ("what happens later counts", "age >= timedelta() and", "True and"),
    ("this very moment doesn't count", "age >= timedelta() and", "age > timedelta() and"),
    ("the window's end counts", "age < sheet.window)", "age <= sheet.window)"),
    ("points don't age", "* _remaining(age, sheet.half_life)", "* 1"),
    ("a cap bounds nothing", "amount if cap is None else min(amount, cap)", "amount"),
    ("a cap is a floor", "min(amount, cap)", "max(amount, cap)"),
    (
        "half is rounded to even",
        "math.floor(min(max(exact, -MAX_SCORE), MAX_SCORE) + HALF_UP)",
        "round(min(max(exact, -MAX_SCORE), MAX_SCORE))",
    ),
    ("a score overflows", "min(max(exact, -MAX_SCORE), MAX_SCORE)", "max(exact, -MAX_SCORE)"),
    ("a score underflows", "min(max(exact, -MAX_SCORE), MAX_SCORE)", "min(exact, MAX_SCORE)"),
    ("a sheet ages in two ways", "if self.window_days and self.half_life_days:", "if False:"),
    ("the order of types is another sheet", "json.dumps(content, sort_keys=True)", "json.dumps(content)"),
    ("a cap is no part of a sheet", "rule.cap and float(rule.cap)", "None"),
)

_BY_FILE = {
    "merge.py": MERGE,
    "fields.py": FIELDS,
    "plan.py": PLAN,
    "decide.py": DECIDE,
    "match.py": MATCH,
    "guards.py": GUARDS,
    "normalize.py": NORMALIZE,
    "doubt.py": DOUBT,
    "mapping.py": MAPPING,
    "prospect_plan.py": PROSPECT_PLAN,
    "company_match.py": COMPANY_MATCH,
    "duplicates.py": DUPLICATES,
    "score.py": SCORE,
}
MUTANTS = tuple(Mutant(file, *broken) for file, rules in _BY_FILE.items() for broken in rules)
