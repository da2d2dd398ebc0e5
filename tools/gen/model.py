"""Reads schemas/ and schemas/catalogue.tsv into a small model that the writers of C and of documentation share.

The schema subset is closed on purpose (object, string with maxLength, format or enum, integer, boolean, array with
maxItems, $ref to schemas/types): whatever else appears is an error that names the file and the JSON pointer, so a
schema can never promise what the generated code does not hold.
"""
from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from pathlib import Path

BASE_URL = "https://priorpath.dev/schemas/"
DIALECT = "https://json-schema.org/draft/2020-12/schema"
FORMATS = {"date": "date", "date-time": "time", "uuid": "uuid", "decimal": "dec"}
SERVICES = ("intake", "chart", "requirements", "documents", "submission", "claims", "status")
SENSITIVITIES = ("phi", "internal", "ids")
NAME = re.compile(r"^[a-z][a-z0-9_]*$")
TITLE = re.compile(r"^[a-z][a-z0-9_]*([.-][a-z][a-z0-9]*)*$")
ENUM_VALUE = re.compile(r"^[a-z0-9][a-z0-9_]*$")
MAX_ITEMS, MAX_LENGTH = 1024, 4000


class SchemaError(Exception):
    """Wrong schema or catalogue; the text names file and place."""


@dataclass
class Field:
    name: str
    kind: str                      # str int bool date time uuid dec enum object
    required: bool = False
    array: bool = False
    max_len: int = 0               # characters of a string or decimal
    max_items: int = 0
    values: tuple[str, ...] = ()   # of an enum
    ref: str = ""                  # title of the type an object is
    text: str = ""


@dataclass
class Shape:
    """One struct: a type of schemas/types or the body of something that travels."""
    title: str
    path: str                      # below schemas/
    text: str
    fields: list[Field] = field(default_factory=list)
    alias: str = ""                # title of the type whose shape it takes over whole


@dataclass
class Travel:
    """One line of the catalogue."""
    type: str
    topic: str
    owners: list[str]
    readers: list[str]
    sensitivity: str
    key: str
    schema: str
    body: Shape
    line: int


@dataclass
class Model:
    root: Path
    types: dict[str, Shape]
    travels: list[Travel]

    def shape(self, t: Travel) -> Shape:
        return self.types[t.body.alias] if t.body.alias else t.body


def _fail(path: str, pointer: str, why: str) -> None:
    raise SchemaError(f"schemas/{path}: {pointer or '/'}: {why}")


def _only(path: str, pointer: str, node: dict, allowed: str) -> None:
    for key in node:
        if key not in allowed.split():
            _fail(path, f"{pointer}/{key}", "is outside the schema subset")


def _count(path: str, pointer: str, node: dict, key: str, limit: int) -> int:
    value = node.get(key)
    if not isinstance(value, int) or isinstance(value, bool) or not 1 <= value <= limit:
        _fail(path, pointer, f"needs {key} between 1 and {limit}")
    return value


def _ref(path: str, pointer: str, node: dict) -> str:
    here = Path(path).parent
    target = (here / node["$ref"]).as_posix()
    parts: list[str] = []
    for part in target.split("/"):
        if part == "..":
            if not parts:
                _fail(path, f"{pointer}/$ref", "leaves the folder schemas")
            parts.pop()
        elif part != ".":
            parts.append(part)
    if len(parts) != 2 or parts[0] != "types" or not parts[1].endswith(".json"):
        _fail(path, f"{pointer}/$ref", "must name a file of schemas/types")
    return parts[1][:-5]


def _string(path: str, pointer: str, node: dict, ret: Field) -> Field:
    _only(path, pointer, node, "type maxLength format enum description")
    if "enum" in node:
        values = node["enum"]
        if "format" in node or "maxLength" in node:
            _fail(path, pointer, "an enum takes no format and no maxLength")
        if not isinstance(values, list) or not values or len(set(values)) != len(values):
            _fail(path, f"{pointer}/enum", "must be a list of different strings")
        for i, value in enumerate(values):
            if not isinstance(value, str) or not ENUM_VALUE.match(value):
                _fail(path, f"{pointer}/enum/{i}", "must be lower case letters, digits and _")
        ret.kind, ret.values = "enum", tuple(values)
    elif "format" in node:
        if node["format"] not in FORMATS:
            _fail(path, f"{pointer}/format", "must be one of " + ", ".join(FORMATS))
        ret.kind = FORMATS[node["format"]]
        if ret.kind == "dec":
            ret.max_len = _count(path, pointer, node, "maxLength", 20)
        elif "maxLength" in node:
            _fail(path, f"{pointer}/maxLength", "is given by the format")
    else:
        ret.kind, ret.max_len = "str", _count(path, pointer, node, "maxLength", MAX_LENGTH)
    return ret


def _field(path: str, pointer: str, name: str, node: object, inner: bool = False) -> Field:
    if not isinstance(node, dict):
        _fail(path, pointer, "must be an object")
    ret = Field(name, "", text=node.get("description", ""))
    if "$ref" in node:
        _only(path, pointer, node, "$ref description")
        ret.kind, ret.ref = "object", _ref(path, pointer, node)
        return ret
    kind = node.get("type")
    if kind == "string":
        return _string(path, pointer, node, ret)
    if kind in ("integer", "boolean"):
        _only(path, pointer, node, "type description")
        ret.kind = "int" if kind == "integer" else "bool"
        return ret
    if kind == "array" and not inner:
        _only(path, pointer, node, "type maxItems items description")
        ret = _field(path, f"{pointer}/items", name, node.get("items"), inner=True)
        if ret.kind not in ("str", "int", "object"):
            _fail(path, f"{pointer}/items", "must be strings, integers or a $ref")
        ret.array, ret.max_items = True, _count(path, pointer, node, "maxItems", MAX_ITEMS)
        ret.text = node.get("description", "")
        return ret
    _fail(path, f"{pointer}/type", "must be string, integer, boolean, array or a $ref"
          if not inner else "must be string, integer or a $ref inside an array")
    raise AssertionError


def load_shape(root: Path, path: str) -> Shape:
    try:
        node = json.loads((root / "schemas" / path).read_text(encoding="utf-8"))
    except OSError as e:
        raise SchemaError(f"schemas/{path}: {e.strerror}") from e
    except ValueError as e:
        raise SchemaError(f"schemas/{path}: not JSON: {e}") from e
    stem = Path(path).name[:-5]
    if node.get("$schema") != DIALECT:
        _fail(path, "/$schema", f"must be {DIALECT}")
    if node.get("$id") != BASE_URL + path:
        _fail(path, "/$id", f"must be {BASE_URL + path}")
    if node.get("title") != stem or not TITLE.match(stem):
        _fail(path, "/title", f"must be {stem}, the name of the file")
    if not node.get("description"):
        _fail(path, "/description", "is missing")
    shape = Shape(stem, path, node["description"])
    if "$ref" in node:
        _only(path, "", node, "$schema $id title description $ref")
        shape.alias = _ref(path, "", node)
        return shape
    _only(path, "", node, "$schema $id title description type properties required")
    if node.get("type") != "object" or not isinstance(node.get("properties"), dict) or not node["properties"]:
        _fail(path, "/type", "must be object, with properties")
    for name, sub in node["properties"].items():
        pointer = f"/properties/{name}"
        if not NAME.match(name):
            _fail(path, pointer, "names are lower case letters, digits and _")
        shape.fields.append(_field(path, pointer, name, sub))
    names = {f.name: f for f in shape.fields}
    for i, name in enumerate(node.get("required", [])):
        if name not in names:
            _fail(path, f"/required/{i}", "is not a property")
        names[name].required = True
    return shape


def _sorted_types(types: dict[str, Shape]) -> dict[str, Shape]:
    """Types in the order in which C needs them; a cycle is an error."""
    done: dict[str, Shape] = {}

    def visit(title: str, trail: tuple[str, ...]) -> None:
        if title in done:
            return
        if title in trail:
            raise SchemaError(f"schemas/types/{title}.json: refers to itself")
        for f in types[title].fields:
            if f.ref:
                visit(f.ref, trail + (title,))
        done[title] = types[title]

    for title in sorted(types):
        visit(title, ())
    return done


def _load_catalogue(root: Path) -> list[Travel]:
    travels: list[Travel] = []
    head: list[str] = []
    path = root / "schemas" / "catalogue.tsv"
    for number, text in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        if not text or text.startswith("#"):
            continue
        cells = text.split("\t")
        if not head:
            head = cells
            if head != ["type", "topic", "owner", "readers", "sensitivity", "key", "schema"]:
                raise SchemaError(f"schemas/catalogue.tsv:{number}: the first line names the columns")
            continue
        if len(cells) != len(head):
            raise SchemaError(f"schemas/catalogue.tsv:{number}: has {len(cells)} columns, not {len(head)}")
        row = dict(zip(head, cells))
        body = load_shape(root, row["schema"])
        if body.title != row["type"]:
            raise SchemaError(f"schemas/catalogue.tsv:{number}: {row['type']} is not the title of {row['schema']}")
        if any(t.type == row["type"] for t in travels):
            raise SchemaError(f"schemas/catalogue.tsv:{number}: {row['type']} stands here twice")
        travels.append(Travel(row["type"], row["topic"], row["owner"].split(","), row["readers"].split(","),
                              row["sensitivity"], row["key"], row["schema"], body, number))
    return travels


def load(root: Path) -> Model:
    types = {p.stem: load_shape(root, f"types/{p.name}") for p in sorted((root / "schemas/types").glob("*.json"))}
    travels = _load_catalogue(root)
    for shape in [*types.values(), *(t.body for t in travels)]:
        for ref in [f.ref for f in shape.fields if f.ref] + ([shape.alias] if shape.alias else []):
            if ref not in types:
                raise SchemaError(f"schemas/{shape.path}: there is no schemas/types/{ref}.json")
    return Model(root, _sorted_types(types), travels)
