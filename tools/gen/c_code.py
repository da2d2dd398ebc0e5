"""Writes build/gen/ev.h and ev.c: structs, enums and field tables. The walking is in common/core/codec.c."""
from __future__ import annotations

from model import Field, Model, SchemaError, Shape, Travel

# Which member a record is about (ce_subject): the first of these that the struct has and that is set.
SUBJECTS = ("case_id", "claim_id", "task_id", "notice_id", "order_no", "visit_no", "document_no", "claim_no", "survivor",
            "authorization", "submission_id", "message_id", "command_id", "subscription", "payer", "name")
C_WORDS = set("auto bool break case char const continue default do double else enum extern false float for goto if inline "
              "int long register restrict return short signed sizeof static struct switch true typedef union unsigned "
              "void volatile while".split())
C_KINDS = {"str": "struct pp_str", "dec": "struct pp_str", "int": "int64_t", "bool": "bool", "date": "pp_date",
           "time": "int64_t", "uuid": "struct pp_uuid"}
NOTE = "/* Generated from schemas/ by tools/gen/gen.py. Changes belong there. */\n"


def ident(title: str) -> str:
    return title.replace(".", "_").replace("-", "_")


def member(name: str) -> str:
    return name + "_" if name in C_WORDS else name


def enum_tag(shape: Shape, f: Field) -> str:
    return f"ev_{ident(shape.title)}_{f.name}"


def enum_values(f: Field) -> list[str]:
    """Without "none": that value is the zero, and so the same as not given."""
    return [v for v in f.values if v != "none"]


def c_type(shape: Shape, f: Field) -> str:
    if f.kind == "enum":
        return "enum " + enum_tag(shape, f)
    if f.kind == "object":
        return "struct ev_" + ident(f.ref)
    return C_KINDS[f.kind]


def comment(text: str) -> str:
    return text.replace("*/", "* /")


def _enum(shape: Shape, f: Field) -> list[str]:
    tag = enum_tag(shape, f)
    names = [tag.upper() + "_" + v.upper() for v in ["none", *enum_values(f), "count"]]
    out = [f"enum {tag} {{"]
    out += [f"    {n}{' = 0' if i == 0 else ''}," for i, n in enumerate(names)]
    out += ["};", f"const char *{tag}_name(enum {tag} v);",
            f"bool {tag}_parse(struct pp_str s, enum {tag} *ret);", ""]
    return out


def _struct(shape: Shape) -> list[str]:
    out: list[str] = []
    for f in shape.fields:
        if f.kind == "enum":
            out += _enum(shape, f)
    out += [f"/* {comment(shape.text)} */", f"struct ev_{ident(shape.title)} {{"]
    for f in shape.fields:
        kind, name = c_type(shape, f), member(f.name)
        decl = f"    {kind} *{name};" if f.array else f"    {kind} {name};"
        notes = [comment(f.text)] if f.text else []
        if f.kind == "time":
            notes.append("ms UTC")
        if f.kind == "dec":
            notes.append("decimal text")
        if f.required:
            notes.append("required")
        out.append(decl + (f" /* {'; '.join(notes)} */" if notes else ""))
        if f.array:
            out.append(f"    size_t {name}_n; /* 0…{f.max_items} */")
    return out + ["};", ""]


def _unique(model: Model) -> None:
    """Two titles or enum values that become one C name would compile into nonsense: refuse them by name."""
    seen: dict[str, str] = {}

    def add(name: str, whence: str) -> None:
        if name in seen:
            raise SchemaError(f"schemas/{whence}: {name} is also made by schemas/{seen[name]}")
        seen[name] = whence

    for name in ("EV_NONE", "EV_COUNT", "ev_type", "ev_info", "ev_subject", "ev_topic"):
        add(name, "the generator itself")
    for t in model.travels:
        add("EV_" + ident(t.type).upper(), t.schema)
    for shape in [*model.types.values(), *(t.body for t in model.travels if not t.body.alias)]:
        add("ev_" + ident(shape.title), shape.path)
        for f in shape.fields:
            if f.kind != "enum":
                continue
            add(enum_tag(shape, f), shape.path)
            for v in ["none", *enum_values(f), "count"]:
                add(f"{enum_tag(shape, f)}_{v}".upper(), shape.path)


def header(model: Model) -> str:
    _unique(model)
    shapes = [*model.types.values(), *(t.body for t in model.travels if not t.body.alias)]
    out = [NOTE.rstrip(), "#ifndef PP_GEN_EV_H", "#define PP_GEN_EV_H", "",
           '#include "base/date.h"', '#include "base/uuid.h"', '#include "core/codec.h"', ""]
    out += ["enum ev_type {", "    EV_NONE = 0,"]
    out += [f"    EV_{ident(t.type).upper()}," for t in model.travels]
    out += ["    EV_COUNT", "};", ""]
    for shape in shapes:
        out += _struct(shape)
    out += ["/* One thing that travels: its type and a pointer to its body. */", "struct ev {", "    enum ev_type type;",
            "    union {", "        const void *any;"]
    out += [f"        const struct ev_{ident(model.shape(t).title)} *{ident(t.type)};" for t in model.travels]
    out += ["    } as;", "};", "",
            "/* EV(order_reported, ORDER_REPORTED, &body): pointer to an event that lives until the end of the block. */",
            "#define EV(member, TYPE, ptr) (&(struct ev){.type = EV_##TYPE, .as.member = (ptr)})", ""]
    for t in model.travels:
        name = ident(t.type)
        out += [f"static inline struct ev ev_of_{name}(const struct ev_{ident(model.shape(t).title)} *p) {{",
                f"    return (struct ev){{.type = EV_{name.upper()}, .as.{name} = p}};", "}"]
    out += ["", FIXED_HEADER]
    return "\n".join(out)


FIXED_HEADER = """\
struct ev_info {
    const char *name, *topic, *owner, *readers, *sensitivity, *key;
    const char *schema; /* address: ce_dataschema */
    const struct pp_shape *shape;
    const struct pp_field *const *subject; /* members that may name what it is about, NULL at the end */
};

/* NULL for EV_NONE and for what is not a type. */
const struct ev_info *ev_info(enum ev_type t);
const char *ev_type_name(enum ev_type t); /* "" for EV_NONE */
const char *ev_topic(enum ev_type t);     /* "" for EV_NONE */
enum ev_type ev_type_by_name(struct pp_str name); /* EV_NONE when there is no such type */

/* JSON to struct; everything is copied to the arena. 0, or -1 with a JSON pointer and the reason, never a value.
 * Unknown members are passed over; required, type, length, number of items, enum and format are checked. */
int ev_decode(enum ev_type t, struct pp_str json, struct pp_arena *a, struct ev *ret, struct pp_err *err);
/* Struct to compact JSON, members in the order of the schema, at the end of b; what is not given is left out.
 * What would not pass ev_decode is an error, and b is then as it was. */
int ev_encode(const struct ev *e, struct pp_buf *b, struct pp_err *err);
/* ce_subject: the case, claim, task, order … it is about; empty when it has none. */
struct pp_str ev_subject(const struct ev *e, struct pp_arena *a);

#endif
"""

KIND = {"str": "STR", "dec": "DEC", "int": "INT", "bool": "BOOL", "date": "DATE", "time": "TIME", "uuid": "UUID",
        "enum": "ENUM", "object": "OBJECT"}


def _table(shape: Shape) -> list[str]:
    sid = ident(shape.title)
    out: list[str] = []
    for f in shape.fields:
        if f.kind == "enum":
            zero = "none" if "none" in f.values else ""
            names = ", ".join(f'"{v}"' for v in [zero, *enum_values(f)])
            out.append(f"static const char *const {enum_tag(shape, f)}_names[] = {{{names}}};")
    out.append(f"static const struct pp_field {sid}_fields[] = {{")
    for f in shape.fields:
        m = member(f.name)
        parts = [f'.name = "{f.name}"', f".kind = PP_FIELD_{KIND[f.kind]}", f".name_n = {len(f.name)}",
                 f".offset = offsetof(struct ev_{sid}, {m})"]
        if f.required:
            parts.append(".required = true")
        if f.max_len:
            parts.append(f".max_len = {f.max_len}")
        if f.array:
            parts += [".array = true", f".count_offset = offsetof(struct ev_{sid}, {m}_n)", f".max_items = {f.max_items}"]
        if f.kind == "enum":
            parts += [f".names = {enum_tag(shape, f)}_names", f".nnames = {len(enum_values(f)) + 1}"]
        if f.ref:
            parts.append(f".shape = &{ident(f.ref)}_shape")
        out.append("    {" + ", ".join(parts) + "},")
    out += ["};", f"static const struct pp_shape {sid}_shape = {{",
            f'    "{shape.title}", {sid}_fields, {len(shape.fields)}, sizeof(struct ev_{sid})}};', ""]
    for f in shape.fields:
        if f.kind == "enum":
            tag = enum_tag(shape, f)
            out += [f"const char *{tag}_name(enum {tag} v) {{",
                    f"    return pp_enum_name({tag}_names, {tag.upper()}_COUNT, (int)v);", "}",
                    f"bool {tag}_parse(struct pp_str s, enum {tag} *ret) {{", "    int v;",
                    f"    if (!pp_enum_parse({tag}_names, {tag.upper()}_COUNT, s, &v)) {{", "        return false;", "    }",
                    f"    *ret = (enum {tag})v;", "    return true;", "}", ""]
    return out


def _subjects(model: Model, t: Travel) -> list[str]:
    shape = model.shape(t)
    index = {f.name: i for i, f in enumerate(shape.fields) if not f.array and f.kind in ("str", "uuid")}
    return [f"&{ident(shape.title)}_fields[{index[s]}]" for s in SUBJECTS if s in index]


def source(model: Model) -> str:
    out = [NOTE.rstrip(), '#include "ev.h"', "", "#include <stdlib.h>", ""]
    for shape in [*model.types.values(), *(t.body for t in model.travels if not t.body.alias)]:
        out += _table(shape)
    for t in model.travels:
        subjects = ", ".join([*_subjects(model, t), "NULL"])
        out.append(f"static const struct pp_field *const {ident(t.type)}_subject[] = {{{subjects}}};")
    out += ["", "static const struct ev_info infos[EV_COUNT] = {"]
    for t in model.travels:
        out += [f"    [EV_{ident(t.type).upper()}] = {{",
                f'        "{t.type}", "{t.topic}", "{",".join(t.owners)}", "{",".join(t.readers)}", "{t.sensitivity}", '
                f'"{t.key}",', f'        "https://priorpath.dev/schemas/{t.schema}",',
                f"        &{ident(model.shape(t).title)}_shape, {ident(t.type)}_subject}},"]
    out += ["};", "", "struct by_name { const char *name; enum ev_type type; };",
            "static const struct by_name sorted[] = {"]
    out += [f'    {{"{t.type}", EV_{ident(t.type).upper()}}},' for t in sorted(model.travels, key=lambda x: x.type)]
    out += ["};", "", FIXED_SOURCE]
    return "\n".join(out)


FIXED_SOURCE = """\
const struct ev_info *ev_info(enum ev_type t) {
    return t > EV_NONE && t < EV_COUNT ? &infos[t] : NULL;
}

const char *ev_type_name(enum ev_type t) {
    const struct ev_info *i = ev_info(t);
    return i ? i->name : "";
}

const char *ev_topic(enum ev_type t) {
    const struct ev_info *i = ev_info(t);
    return i ? i->topic : "";
}

static int by_name_cmp(const void *key, const void *item) {
    const struct pp_str *name = key;
    const struct by_name *b = item;
    return pp_str_cmp(*name, pp_str_z(b->name));
}

enum ev_type ev_type_by_name(struct pp_str name) {
    const struct by_name *b = bsearch(&name, sorted, sizeof sorted / sizeof sorted[0], sizeof sorted[0], by_name_cmp);
    return b ? b->type : EV_NONE;
}

int ev_decode(enum ev_type t, struct pp_str json, struct pp_arena *a, struct ev *ret, struct pp_err *err) {
    const struct ev_info *i = ev_info(t);
    if (!i) {
        return pp_err_set(err, PP_ERR_INVALID, "unknown type");
    }
    void *body;
    if (pp_shape_decode(i->shape, json, a, &body, err) < 0) {
        return -1;
    }
    ret->type = t;
    ret->as.any = body;
    return 0;
}

int ev_encode(const struct ev *e, struct pp_buf *b, struct pp_err *err) {
    const struct ev_info *i = ev_info(e->type);
    if (!i || !e->as.any) {
        return pp_err_set(err, PP_ERR_BUG, "event without type or body");
    }
    return pp_shape_encode(i->shape, e->as.any, b, err);
}

struct pp_str ev_subject(const struct ev *e, struct pp_arena *a) {
    const struct ev_info *i = ev_info(e->type);
    return i && e->as.any ? pp_shape_subject(i->subject, e->as.any, a) : PP_STR_NONE;
}
"""
