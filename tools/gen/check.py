"""gen.py --check: what the catalogue promises is there: examples, owners, readers, and services that list what they read."""
from __future__ import annotations

import json
import re
from datetime import date, datetime
from pathlib import Path
from uuid import UUID

from model import SENSITIVITIES, SERVICES, Field, Model, Shape, Travel

TOPIC = re.compile(r"^pa\.[a-z-]+\.v[0-9]+$")
DECIMAL = re.compile(r"^-?[0-9]{1,12}(\.[0-9]{1,6})?$")
EVENT_NAME = re.compile(r"\bEV_[A-Z0-9_]+\b")
PUBLIC_READERS = ["subscribers"]


# ---- examples, by a validator of our own: the stock one is not always there, and ours knows exactly our subset ----

def _text_fault(f: Field, value: str) -> str:
    if f.kind == "enum":
        return "" if value in f.values else "is not one of the values allowed"
    if f.max_len and len(value) > f.max_len:
        return "is too long"
    try:
        if f.kind == "date":
            date.fromisoformat(value) if len(value) == 10 else int("-")
        elif f.kind == "time":
            if datetime.fromisoformat(value).tzinfo is None:
                return "has no zone"
        elif f.kind == "uuid":
            UUID(value) if len(value) == 36 else int("-")
        elif f.kind == "dec" and not DECIMAL.match(value):
            return "is not a decimal number"
    except ValueError:
        return f"is not a {f.kind}"
    return ""


def _value_faults(model: Model, f: Field, value: object, at: str) -> list[str]:
    if f.kind == "object":
        return body_faults(model, model.types[f.ref], value, at)
    if f.kind == "int":
        good = isinstance(value, int) and not isinstance(value, bool)
        return [] if good else [f"{at}: is not an integer"]
    if f.kind == "bool":
        return [] if isinstance(value, bool) else [f"{at}: is not true or false"]
    if not isinstance(value, str):
        return [f"{at}: is not a string"]
    fault = _text_fault(f, value)
    return [f"{at}: {fault}"] if fault else []


def body_faults(model: Model, shape: Shape, body: object, at: str = "", unknown: bool = False) -> list[str]:
    """Faults of a body as "pointer: reason". unknown: members outside the schema are faults too."""
    if not isinstance(body, dict):
        return [f"{at or '/'}: is not an object"]
    faults: list[str] = []
    for f in shape.fields:
        here = f"{at}/{f.name}"
        if f.name not in body:
            if f.required:
                faults.append(f"{here}: is missing")
            continue
        value = body[f.name]
        if not f.array:
            faults += _value_faults(model, f, value, here)
        elif not isinstance(value, list):
            faults.append(f"{here}: is not an array")
        elif len(value) > f.max_items:
            faults.append(f"{here}: has too many items")
        else:
            for i, item in enumerate(value):
                faults += _value_faults(model, f, item, f"{here}/{i}")
    if unknown:
        faults += [f"{at}/{name}: is not in the schema" for name in body if all(f.name != name for f in shape.fields)]
    return faults


def _examples(model: Model, t: Travel) -> list[str]:
    folder = model.root / "schemas/examples" / t.type
    lacks = [kind for kind in ("valid", "invalid") if not list(folder.glob(f"{kind}-*.json"))]
    faults = [f"schemas/examples/{t.type}: has no {' and no '.join(f'{kind}-*.json' for kind in lacks)}"] if lacks else []
    for kind in ("valid", "invalid"):
        files = sorted(folder.glob(f"{kind}-*.json"))
        for file in files:
            where = file.relative_to(model.root)
            try:
                body = json.loads(file.read_text(encoding="utf-8"))
            except ValueError as e:
                faults.append(f"{where}: not JSON: {e}")
                continue
            found = body_faults(model, model.shape(t), body, unknown=True)
            if kind == "valid":
                faults += [f"{where}: {x}" for x in found]
            elif len(found) != 1:
                faults.append(f"{where}: must break exactly one rule, breaks {len(found)}: {'; '.join(found)}")
    for file in folder.glob("*"):
        if not re.match(r"^(in)?valid-[a-z0-9-]+\.json$", file.name):
            faults.append(f"{file.relative_to(model.root)}: the name must be valid-… or invalid-….json")
    return faults


def _stock_validator(model: Model) -> list[str]:
    """The same examples by the stock validator, when it is installed: keeps ours honest."""
    try:
        from jsonschema import Draft202012Validator, FormatChecker  # type: ignore
        from referencing import Registry, Resource  # type: ignore
    except ImportError:
        return []
    schemas = [json.loads(p.read_text(encoding="utf-8")) for p in (model.root / "schemas").glob("[a-z]*/*.json")]
    registry = Registry().with_resources((s["$id"], Resource.from_contents(s)) for s in schemas if "$id" in s)
    faults: list[str] = []
    for t in model.travels:
        schema = json.loads((model.root / "schemas" / t.schema).read_text(encoding="utf-8"))
        validator = Draft202012Validator(schema, registry=registry, format_checker=FormatChecker())
        for file in (model.root / "schemas/examples" / t.type).glob("valid-*.json"):
            for e in validator.iter_errors(json.loads(file.read_text(encoding="utf-8"))):
                faults.append(f"{file.relative_to(model.root)}: {e.json_path}: jsonschema: {e.validator}")
    return faults


# ---- the catalogue ----

def _line(t: Travel) -> list[str]:
    where = f"schemas/catalogue.tsv:{t.line}: {t.type}: "
    faults = []
    known = set(SERVICES) | {"runtime"}
    public = t.schema.startswith("public/")
    if t.topic != "call" and not TOPIC.match(t.topic):
        faults.append(where + f"{t.topic} is not a topic")
    if not t.owners or not set(t.owners) <= known:
        faults.append(where + f"owner {','.join(t.owners)} is not a service")
    if public and t.readers != PUBLIC_READERS:
        faults.append(where + "a public type is read by subscribers, never by our services")
    if not public and (not t.readers or not set(t.readers) <= known):
        faults.append(where + f"readers {','.join(t.readers)} are not services")
    if public != (t.sensitivity == "ids"):
        faults.append(where + "public types, and only those, have the sensitivity ids")
    if t.sensitivity not in SENSITIVITIES:
        faults.append(where + f"sensitivity is one of {', '.join(SENSITIVITIES)}")
    folder = {"pa.log.v1": "events", "pa.commands.v1": "commands", "call": "calls"}.get(t.topic, "public")
    if not t.schema.startswith(folder + "/"):
        faults.append(where + f"the schema of something on {t.topic} stands in schemas/{folder}/")
    return faults


def _strays(model: Model) -> list[str]:
    listed = {t.schema for t in model.travels}
    found = [p.relative_to(model.root / "schemas").as_posix()
             for d in ("events", "commands", "calls", "public") for p in (model.root / "schemas" / d).glob("*.json")]
    used = {f.ref for s in [*model.types.values(), *(t.body for t in model.travels)] for f in s.fields}
    used |= {t.body.alias for t in model.travels}
    faults = [f"schemas/{p}: is not in the catalogue" for p in found if p not in listed]
    faults += [f"schemas/types/{n}.json: nothing refers to it" for n in model.types if n not in used]
    types = {t.type for t in model.travels}
    faults += [f"schemas/examples/{p.name}: is not a type of the catalogue"
               for p in (model.root / "schemas/examples").glob("*") if p.name not in types]
    return faults


def _service_file(root: Path, service: str) -> Path:
    folder = f"services/intake/{service}" if service == "chart" else f"services/{service}"
    return root / folder / "service.c"


def _listed(text: str, what: str) -> set[str]:
    """EV_… names of the array that the member .reads or .commands of the service points to."""
    member = re.search(rf"\.{what}\s*=\s*(\w+)", text)
    if not member:
        return set()
    array = re.search(rf"\b{member.group(1)}\[[^\]]*\]\s*=\s*\{{(.*?)\}};", text, re.S)
    return set(EVENT_NAME.findall(array.group(1))) if array else set()


def _services(model: Model) -> list[str]:
    faults: list[str] = []
    for service in SERVICES:
        path = _service_file(model.root, service)
        if service == "intake" or not path.exists():
            continue
        text = "".join(p.read_text(encoding="utf-8") for p in [path, *sorted(path.parent.glob("*.c"))])
        where = path.relative_to(model.root)
        for topic, what in (("pa.log.v1", "reads"), ("pa.commands.v1", "commands")):
            listed = _listed(text, what)
            promised = {c_name(t) for t in model.travels if t.topic == topic and service in t.readers}
            faults += [f"{where}: .{what} lacks {n}, which the catalogue lists it as a reader of" for n in sorted(promised - listed)]
            faults += [f"schemas/catalogue.tsv: {service} lists {n} in .{what}, but is no reader of it" for n in sorted(listed - promised)]
    return faults


def c_name(t: Travel) -> str:
    return "EV_" + t.type.replace(".", "_").replace("-", "_").upper()


def run(model: Model) -> list[str]:
    faults = _strays(model) + _services(model) + _stock_validator(model)
    for t in model.travels:
        faults += _line(t) + _examples(model, t)
    return faults
