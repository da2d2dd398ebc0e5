"""Writes what readers outside the code need: schemas/asyncapi.json (AsyncAPI 3.0) and docs/events.md."""
from __future__ import annotations

import json

from model import Field, Model, Shape, Travel

TOPICS = {
    "pa.log.v1": "All facts about a person, in causal order. Internal: only our services read it.",
    "pa.commands.v1": "What people and API clients ask the owner of a subject to do. Internal.",
    "pa.case-status.v1": "Where a case stands.",
    "pa.readiness.v1": "May this appointment go ahead.",
    "pa.authorization.v1": "An authorization and its ledger of units.",
    "pa.claim-status.v1": "Release or hold this claim.",
    "pa.checklist.v1": "The documents a case needs.",
    "pa.task.v1": "Work for a person.",
    "pa.notice.v1": "Something that must not be missed.",
    "pa.metrics.v1": "Cumulative counters; a repeat is harmless.",
    "pa.measures.v1": "One record for each finished step of a case.",
}
SENSITIVITY = {"phi": "names a person", "internal": "ids, codes and reasons", "ids": "safe for subscribers"}


def _topics(model: Model) -> dict[str, list[Travel]]:
    topics: dict[str, list[Travel]] = {}
    for t in model.travels:
        if t.topic != "call":
            topics.setdefault(t.topic, []).append(t)
    return topics


def _is_public(topic: str) -> bool:
    return topic not in ("pa.log.v1", "pa.commands.v1")


def _headers(topic: str) -> dict:
    text = {"type": "string"}
    properties = {
        "ce_specversion": {"const": "1.0"},
        "ce_id": {**text, "description": "Identity of the record; a repeat has the same"},
        "ce_source": {**text, "description": "/priorpath/<service>/<shard>"},
        "ce_type": {**text, "description": "Name of the message"},
        "ce_subject": {**text, "description": "The case, claim, task or order it is about"},
        "ce_time": {**text, "format": "date-time", "description": "When the writer decided"},
        "traceparent": {**text, "description": "W3C Trace Context"},
        "pp_tenant": {**text, "description": "Provider group"},
    }
    if topic != "pa.log.v1":  # which only our services read: its small records are mostly headers
        properties["ce_dataschema"] = {**text, "format": "uri"}
        properties["content-type"] = {"const": "application/json"}
    if topic == "pa.log.v1":
        properties["pp_cause"] = {**text, "description": "ce_id of the record that led to this one"}
    if topic == "pa.commands.v1":
        properties["pp_actor"] = {**text, "description": "User or client"}
        properties["pp_roles"] = {**text, "description": "Roles, with commas between"}
        properties["pp_expect"] = {**text, "description": "Version the actor had seen"}
        properties["pp_hold"] = {**text, "description": "Milliseconds for which it can be taken back"}
    if _is_public(topic):
        properties["pp_version"] = {**text, "description": "Version of the snapshot; higher is newer"}
    return {"type": "object", "properties": properties, "required": ["ce_specversion", "ce_id", "ce_source", "ce_type"]}


def _key(topic: str, travel: Travel) -> dict:
    what = "<tenant>/<" + travel.key + ">" if _is_public(topic) else "UUID of the person, as text"
    return {"type": "string", "description": what}


def asyncapi(model: Model) -> str:
    channels, operations, messages = {}, {}, {}
    for topic, travels in _topics(model).items():
        name = topic.removeprefix("pa.").removesuffix(".v1")
        channels[name] = {
            "address": topic, "description": TOPICS[topic],
            "messages": {t.type: {"$ref": f"#/components/messages/{t.type}"} for t in travels},
            "bindings": {"kafka": {"topic": topic, "bindingVersion": "0.5.0",
                                   "topicConfiguration": {"cleanup.policy": ["compact"] if _is_public(topic) else ["delete"]}}},
        }
        operations[("receive-" if _is_public(topic) else "internal-") + name] = {
            "action": "send", "channel": {"$ref": f"#/channels/{name}"},
            "summary": TOPICS[topic], "messages": [{"$ref": f"#/channels/{name}/messages/{t.type}"} for t in travels],
        }
        for t in travels:
            messages[t.type] = {
                "name": t.type, "title": t.type, "summary": t.body.text, "contentType": "application/json",
                "headers": _headers(topic),
                "payload": {"schemaFormat": "application/schema+json;version=draft-2020-12", "schema": {"$ref": t.schema}},
                "bindings": {"kafka": {"key": _key(topic, t), "bindingVersion": "0.5.0"}},
                "tags": [{"name": f"owner:{o}"} for o in t.owners] + [{"name": f"sensitivity:{t.sensitivity}"}],
            }
    doc = {
        "asyncapi": "3.0.0",
        "info": {
            "title": "PriorPath topics", "version": "1.0.0",
            "description": "CloudEvents 1.0 in Kafka binary mode, JSON data. Public topics are compacted snapshots with a version; "
                           "a record without value is a tombstone. Changes only add; a break is a new topic side by side for 90 days.",
        },
        "defaultContentType": "application/json",
        "channels": channels, "operations": operations, "components": {"messages": messages},
    }
    return json.dumps(doc, indent=2, ensure_ascii=False) + "\n"


def _kind(f: Field) -> str:
    if f.kind == "object":
        text = f"[{f.ref}](#{f.ref.replace('_', '_')})"
    elif f.kind == "enum":
        text = " · ".join(f"`{v}`" for v in f.values)
    else:
        text = {"str": f"text ≤ {f.max_len}", "int": "integer", "bool": "true/false", "date": "date", "time": "time",
                "uuid": "uuid", "dec": "decimal as text"}[f.kind]
    return f"up to {f.max_items} × {text}" if f.array else text


def _table(shape: Shape) -> list[str]:
    out = ["| member | | kind | |", "|---|---|---|---|"]
    for f in shape.fields:
        out.append(f"| `{f.name}` | {'must' if f.required else ''} | {_kind(f)} | {f.text.replace('|', chr(92) + '|')} |")
    return out + [""]


def events_md(model: Model) -> str:
    out = ["# Events, commands and public topics", "",
           "Generated from `schemas/` by `make docs`; do not edit. How to add a type: CONTRIBUTING.md.", "",
           "Names of members are the same in JSON, C and here. A member that is not given is left out.", ""]
    for topic, travels in _topics(model).items():
        out += [f"## {topic}", "", TOPICS[topic], ""]
        for t in travels:
            out += [f"### {t.type}", "", t.body.text + ".", "",
                    f"Written by {', '.join(t.owners)} · read by {', '.join(t.readers)} · key {t.key} · {SENSITIVITY[t.sensitivity]}"
                    f" · [schema](../schemas/{t.schema})", ""]
            if t.body.alias:
                out += [f"The body is a [{t.body.alias}](#{t.body.alias}).", ""]
            else:
                out += _table(t.body)
    out += ["## Requests and answers of outbound calls", "",
            "They travel only inside the service that makes the call: from the decision to the job, from the answer to the decision.", ""]
    for t in model.travels:
        if t.topic == "call":
            out += [f"### {t.type}", "", t.body.text + ".", "", *_table(t.body)]
    out += ["## Types", ""]
    for shape in model.types.values():
        out += [f"### {shape.title}", "", shape.text + ".", "", *_table(shape)]
    return "\n".join(out).rstrip() + "\n"


def pages(model: Model) -> list[tuple[str, str]]:
    return [("schemas/asyncapi.json", asyncapi(model)), ("docs/events.md", events_md(model))]
