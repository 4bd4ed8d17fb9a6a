"""What is wrong with a settings file, in words: which file, which line, which key, what is allowed there."""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml
from pydantic import BaseModel

from keepstep.common_settings import FieldSettings
from keepstep.core.errors import SettingsError
from keepstep.setting_values import Wrong
from keepstep.sheet_settings import PointsRule

Keys = Sequence[str | int]

# Where a value may have one of two forms, pydantic puts the form's name among the keys.
_FORMS: Mapping[object, type[BaseModel]] = {"FieldSettings": FieldSettings, "PointsRule": PointsRule}
_IN_OUR_WORDS = {
    "missing": "this key is missing",
    "string_too_short": "this must not be empty",
    "invalid_key": "a key is text: put it in quotes",
    "string_pattern_mismatch": "a field's name is lower-case letters, digits and _, and begins with a letter",
}


class Loader(yaml.SafeLoader):
    """YAML's plain data, dates left as they are written: no key here takes one, and 2026-13-45 isn't one."""

    def as_written(self, node: yaml.ScalarNode) -> str:
        """A scalar as the text that stands there."""
        return str(self.construct_scalar(node))


Loader.add_constructor("tag:yaml.org,2002:timestamp", Loader.as_written)


def compose(path: Path, text: str) -> yaml.MappingNode:
    """The file's nodes, which know their lines.

    Raises:
        SettingsError: It is no YAML, holds no keys, or has one key twice in one place.
    """
    try:
        node = yaml.compose(text, Loader=Loader)
    except yaml.YAMLError as wrong:
        raise no_yaml(path, wrong) from None
    if not isinstance(node, yaml.MappingNode):
        raise SettingsError(f"{path.name}, line 1: the file must hold keys and values (title:, crm:, platform: …)")
    for key in _doubled_keys(node, []):
        raise SettingsError(f"{path.name}, line {key.start_mark.line + 1}: the key {key.value} stands here twice")
    return node


def no_yaml(path: Path, wrong: yaml.YAMLError) -> SettingsError:
    """An error of the YAML reader, with its line where it knows one."""
    mark = getattr(wrong, "problem_mark", None)
    problem = getattr(wrong, "problem", None) or getattr(wrong, "reason", None) or "it can't be read"
    return SettingsError(f"{path.name}, line {mark.line + 1 if mark else 1}: not YAML: {problem}")


def say(path: Path, node: yaml.Node, model: type[BaseModel], error: Mapping[str, Any]) -> str:
    """One of pydantic's errors in our words."""
    cause = error.get("ctx", {}).get("error")
    keys = [*keys_in_file(node, error["loc"]), *(cause.keys if isinstance(cause, Wrong) else ())]
    if error["type"] == "missing":
        keys.append(error["loc"][-1])
    where = f"{path.name}, line {line_of(node, keys)}: {'.'.join(map(str, keys)) or 'the file'}"
    if error["type"] == "extra_forbidden":
        return f"{where}: there is no such key{_instead(model, error['loc'])}"
    text = _IN_OUR_WORDS.get(error["type"]) or str(error["msg"]).removeprefix("Value error, ")
    return f"{where}: {text}"


def _instead(model: type[BaseModel], loc: Keys) -> str:
    allowed = _allowed(model, loc[:-1])
    close = difflib.get_close_matches(str(loc[-1]), allowed, n=1)
    guess = f" (did you mean {close[0]}?)" if close else ""
    return f"{guess}; allowed here: {', '.join(allowed)}"


def _allowed(model: type[BaseModel], loc: Keys) -> list[str]:
    for part in loc:
        known = model.model_fields.get(str(part))
        inner = _FORMS.get(part) or (known.annotation if known else None)
        if isinstance(inner, type) and issubclass(inner, BaseModel):
            model = inner
    return sorted(model.model_fields)


def keys_in_file(node: yaml.Node, loc: Keys) -> list[str | int]:
    """Those parts of pydantic's path that stand in the file."""
    keys: list[str | int] = []
    for part in loc:
        found = _child(node, part)
        if found is not None:
            keys.append(part)
            node = found[1]
    return keys


def line_of(node: yaml.Node, keys: Keys) -> int:
    """The line of the deepest of these keys that the file has, counted from 1."""
    line = node.start_mark.line + 1
    for key in keys:
        found = _child(node, key)
        if found is None:
            break
        line, node = found[0].start_mark.line + 1, found[1]
    return line


def _child(node: yaml.Node, key: str | int) -> tuple[yaml.Node, yaml.Node] | None:
    """The key's own node and its value's; in a sequence both are the item."""
    if isinstance(node, yaml.MappingNode):
        return next(((name, value) for name, value in node.value if name.value == str(key)), None)
    if isinstance(node, yaml.SequenceNode) and isinstance(key, int) and key < len(node.value):
        return node.value[key], node.value[key]
    return None


def _doubled_keys(node: yaml.Node, above: list[yaml.Node]) -> Iterator[yaml.Node]:
    if not isinstance(node, yaml.MappingNode) or node in above:  # an alias may lead back to where it stands
        return
    seen: set[str] = set()
    for key, value in node.value:
        if str(key.value) in seen:
            yield key
        seen.add(str(key.value))
        yield from _doubled_keys(value, [*above, node])
