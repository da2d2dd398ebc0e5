"""Guides as C tables: the pools of forms and code lists that all guides share, and their text."""
from guides_read import FORMATS, Bad, CodeList, ElSpec

NONE = 0xFFFF
LOOKS = {"N": "NUMBER", "R": "DECIMAL", "DT": "DATE", "TM": "TIME"}


def packed(code: str) -> int:
    raw = code.encode()
    if len(raw) <= 8:
        return int.from_bytes(raw, "little")
    h = 0xCBF29CE484222325  # as pp_x12_pack does with longer ones
    for byte in raw:
        h = (h ^ byte) * 0x100000001B3 % 2**64
    return h | 1 << 63


def string(text: str | None) -> str:
    if text is None:
        return "NULL"
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def mask(bits: int) -> str:
    return f"UINT64_C(0x{bits:x})"


def halves(bits: int) -> str:
    return "{" + mask(bits % 2**64) + ", " + mask(bits >> 64) + "}"


class Tables:
    def __init__(self, elements, composites, segments, directory, lists) -> None:
        self.elements, self.composites, self.segments, self.directory = elements, composites, segments, directory
        self.lists: dict[str, CodeList] = lists
        self.codes: dict[tuple, int] = {}  # what a list is -> its number
        self.codes_rows: list[tuple] = []
        self.forms: dict[tuple, int] = {}
        self.forms_rows: list[tuple] = []
        self.els: list[str] = []
        self.notes: list[str] = []
        self.problems: list[str] = []
        for one in sorted(lists.values(), key=lambda x: x.name):
            self.codes_of(one.name)
        self.named_n = len(self.codes_rows)

    def segment_name(self, segment: str) -> str:
        return self.segments[segment].name if segment in self.segments else ""

    # ---- code lists ----
    def codes_of(self, codes) -> int:
        if isinstance(codes, str):
            if codes not in self.lists:
                raise Bad(f"<{codes}>: there is no such list in codes/")
            one = self.lists[codes]
            key = (codes,)
            row = (one.name, one.snip, one.open, dict(one.codes))
        else:
            key = tuple(sorted(codes))
            row = ("", 2, False, {c: "" for c in codes})
        if key not in self.codes:
            self.codes[key] = len(self.codes_rows)
            self.codes_rows.append(row)
        return self.codes[key]

    # ---- forms ----
    def element(self, number: str, spec: ElSpec | None, where: str) -> dict:
        """One place of a form. spec None = by the dictionary alone."""
        if number in self.composites:
            group = self.composites[number]
            parts = self.form(group.places, group.notes, spec.parts if spec and spec.parts else None, where)
            if spec and (spec.codes or spec.format or spec.min is not None):
                raise Bad(f"{where}: codes stand at the components, in ( )")
            return {"type": "COMPOSITE", "number": int(number[1:]), "min": 0, "span": NONE, "scale": 0, "format": 0,
                    "look": "COMPOSITE", "value": ("parts", parts)}
        e = self.elements[number]
        if spec and spec.parts is not None:
            raise Bad(f"{where}: element {number} is no composite")
        low, high = e.min, min(e.max, NONE)
        if spec and spec.min is not None:
            if spec.min < low or spec.max > e.max:
                raise Bad(f"{where}: element {number} has {e.min} to {e.max} characters")
            low, high = spec.min, min(spec.max, NONE)
        look, value, form = LOOKS.get(e.type, "NONE"), None, 0
        if spec and spec.codes:
            list_at = self.codes_of(spec.codes)
            value, look = ("codes", list_at), "CODES"
            if not isinstance(spec.codes, str):
                for code in spec.codes:
                    if not e.min <= len(code) <= e.max:
                        raise Bad(f"{where}: the code {code} does not have the {e.min} to {e.max} characters of {number}")
        if number == "1251":
            look, form = "FORMAT", 1
        if spec and spec.format:
            look, form = "FORMAT", FORMATS[spec.format]
        return {"type": e.type, "number": e.number, "min": low, "span": high - low, "scale": e.scale, "format": form,
                "look": look, "value": value}

    def form(self, places, notes, specs, where: str) -> int:
        specs = specs or None  # a line without elements: as the dictionary has it
        by_pos = {s.pos: s for s in specs or []}
        for s in by_pos.values():
            if s.pos > len(places):
                raise Bad(f"{where}: there is no {s.pos:02}; {len(places)} is the last")
        mandatory = required = unused = 0
        rows, qualifier = [], 0
        for pos, place in enumerate(places, 1):
            spec = by_pos.get(pos)
            bit = 1 << (pos - 1)
            row = self.element(place.number, spec, where)
            mandatory |= bit if place.mandatory else 0
            required |= bit if place.mandatory or (spec and spec.required) else 0
            if specs is not None and spec is None:
                if place.mandatory:
                    raise Bad(f"{where}: the dictionary demands {pos:02}, and the guide does not use it")
                unused |= bit
            if place.number == "1250":
                qualifier = pos
            if row["format"] == 1:
                row["by"] = qualifier
                if not qualifier:
                    row["format"], row["look"] = 0, "NONE"
            row["repeat"] = spec.repeat if spec else 255 if place.repeated and specs is None else 1
            row["usage"] = ("REQUIRED" if required & bit else "NOT_USED" if unused & bit else "SITUATIONAL")
            rows.append(row)
        key = (tuple(str(sorted(r.items(), key=str)) for r in rows), str(notes), mandatory, required, unused)
        if key not in self.forms:
            self.forms[key] = len(self.forms_rows)
            self.forms_rows.append((len(self.els), len(rows), len(self.notes), len(notes), mandatory, required, unused))
            for row in rows:
                self.els.append(self.el_text(row))
            for kind, numbers in notes:
                bits = sum(1 << (n - 1) for n in numbers)
                self.notes.append(f"{{PP_X12_NOTE_{kind}, {numbers[0]}, {mask(bits)}, "
                                  f"{mask(bits & ~(1 << (numbers[0] - 1)))}}},")
        return self.forms[key]

    @staticmethod
    def el_text(row: dict) -> str:
        value = row["value"]
        tail = "" if value is None else f", .codes = &L[{value[1]}]" if value[0] == "codes" else \
            f", .parts = &F[{value[1]}]"
        return (f"{{.usage = PP_X12_{row['usage']}, .type = PP_X12_T_{row['type']}, .scale = {row['scale']}, "
                f".format = {row['format']}, .look = PP_X12_LOOK_{row['look']}, .repeat = {row['repeat']}, "
                f".by = {row.get('by', 0)}, .number = {row['number']}, .min = {row['min']}, .span = {row['span']}{tail}}},")

    def form_of_use(self, seg) -> int:
        if seg.id not in self.segments:
            raise Bad(f"{seg.id}: segments.dict does not have it")
        group = self.segments[seg.id]
        return self.form(group.places, group.notes, seg.elements, seg.id)

    # ---- text ----
    def cond(self, element: int, component: int, c) -> str:
        codes = f"&L[{self.codes_of(c.codes)}]" if c.codes else "NULL"
        return f"{{{element}, {component}, PP_X12_FACT_{c.op}, {c.depth}, {codes}, {c.number}}}"

    def spot(self, ref, fact) -> str:
        if ref is None:
            return f"{{.bit = {NONE}}}"
        number = 0
        segment = ref.segment or ref.loop.opener.id
        if ref.element and ref.element <= len(self.segments[segment].places):
            number_text = self.segments[segment].places[ref.element - 1].number
            if ref.component and number_text in self.composites:
                number_text = self.composites[number_text].places[ref.component - 1].number
            number = int(number_text.lstrip("C"))
        return (f"{{{string(segment)}, {string(ref.loop.id)}, {ref.element}, {ref.component}, {number}, "
                f"{NONE if fact is None else fact.bit}}}")

    def guide_text(self, at: int, c, out: list[str]) -> None:
        facts, rules = [], []
        uses = []
        for use in c.uses:
            first = len(facts)
            for bit, conds in use.facts:
                body = ", ".join(self.cond(*x) for x in conds)
                facts.append(f"    {{{bit}, {{{body or '{0}'}}}}},")
            key = f"&L[{self.codes_of(tuple(use.key_codes))}]" if use.key_codes else "NULL"
            facts_at = f"facts_{at} + {first}" if use.facts else "NULL"
            own_at = len(rules)
            for rule in use.rules:
                rules.append(self.rule_text(f"{at}_{len(rules)}", rule, out))
            uses.append(
                f"    {{.id = 0x{packed(use.id):x}, .loop = {use.loop.index}, "
                f".opens = {use.opens.index if use.opens else NONE}, .pos = {use.pos}, .max = {use.max}, "
                f".counter = {use.counter}, .child = {use.child}, .required = {int(use.required)}, "
                f".key_element = {use.key_element}, .key_component = {use.key_component}, .sole = {int(use.sole)}, "
                f".amount = {use.amount or 'PP_X12_AMOUNT_NONE'}, .facts_n = {len(use.facts)}, .key_codes = {key}, "
                f".form = &F[{use.form}], .facts = {facts_at}, .before = {halves(use.before)}, "
                f".own_from = {use.own_from}, .own_to = {use.own_to}, .rules_n = {len(use.rules)}, "
                f".rules = {f'rules_{at} + {own_at}' if use.rules else 'NULL'}, "
                f".name = {string(use.name)}}}, /* {use.loop.id} {use.id} */")
        loops = []
        for loop in c.loops:
            first = len(rules)
            for rule in loop.rules:
                rules.append(self.rule_text(f"{at}_{len(rules)}", rule, out))
            required = sum(1 << u.child for u in loop.children if u.required)
            loops.append(
                f"    {{.id = {string(loop.id)}, .name = {string(loop.name)}, "
                f".parent = {loop.parent.index if loop.parent else NONE}, .depth = {loop.depth}, "
                f".opener = {loop.opener.index if loop.opener else NONE}, "
                f".hl = {int(bool(loop.opener and loop.opener.id == 'HL'))}, .required = {halves(required)}, "
                f".child = {loop.children[0].index if loop.children else 0}, .children_n = {len(loop.children)}, "
                f".facts_from = {loop.facts_from}, .facts_to = {loop.facts_to}, "
                f".counters_from = {loop.counters_from}, .counters_to = {loop.counters_to}, "
                f".rules = {f'rules_{at} + {first}' if loop.rules else 'NULL'}, .rules_n = {len(loop.rules)}}},")
        if facts:
            out += [f"static const struct pp_x12_fact facts_{at}[] = {{", *facts, "};"]
        if rules:
            out += [f"static const struct pp_x12_rule rules_{at}[] = {{", *rules, "};"]
        out += [f"static const struct pp_x12_use uses_{at}[] = {{", *uses, "};"]
        out += [f"static const struct pp_x12_loop loops_{at}[] = {{", *loops, "};"]
        self.finders_text(at, c, out)
        guide = c.guide
        purpose = f"&L[{self.codes_of(tuple(guide.purpose))}]" if guide.purpose else "NULL"
        out += [f"static const char *const versions_{at}[] = {{{', '.join(map(string, guide.versions))}, NULL}};",
                f"static const struct pp_x12_guide guide_{at} = {{.name = {string(guide.name)}, .versions = versions_{at}, "
                f".st01 = {string(guide.st01)}, .gs01 = {string(guide.gs01)}, .source = {string(guide.source)}, "
                f".full = {int(guide.full)}, .hl_warn = {int(guide.hl_warn)}, .purpose = {purpose}, .uses = uses_{at}, .loops = loops_{at}, "
                f".uses_n = {len(c.uses)}, .loops_n = {len(c.loops)}, .ids = ids_{at}, .ids_mult = {self.mult}u, "
                f".id_of = id_of_{at}, .ids_n = {self.ids_n}, .first = first_{at}, .list = list_{at}}};"]

    def rule_text(self, name: str, rule: dict, out: list[str]) -> str:
        r = rule["rule"]
        head = f"    {{.snip = {r.snip}, .warning = {int(r.warning)}, .name = {string(r.name)}, .text = {string(r.text)}, "
        if rule["balance"]:
            return head + (f".balance = {rule['balance']}, .place = {self.spot(rule['place'], None)}, "
                           f".trigger = {{.bit = {NONE}}}}},")

        def c_of(expression) -> str:
            text, marks = expression
            for at, fact in enumerate(marks):
                text = text.replace(f"@{at}@", f"BIT({fact.bit})")
            return text
        b = c_of(rule["then"])
        body = f"!{c_of(rule['if'])} || {b}" if rule["if"][0] else b
        out.append(f"static bool holds_{name}(const uint64_t *f) {{ return {body}; }}")
        trigger = self.spot(*rule["trigger"]) if rule["trigger"] else f"{{.bit = {NONE}}}"
        return head + (f".holds = holds_{name}, .forbids = {int(rule['forbids'])}, .place = {self.spot(*rule['place'])}, "
                       f".trigger = {trigger}}},")

    def finders_text(self, at: int, c, out: list[str]) -> None:
        ids = sorted({packed(use.id) for use in c.uses})
        self.ids_n = len(ids)
        self.mult = next(m for m in self.multipliers() if len({i * m % 2**32 >> 24 for i in ids}) == len(ids))
        table = [0xFF] * 256
        for number, i in enumerate(ids):
            table[i * self.mult % 2**32 >> 24] = number
        first, flat = [], [0]
        for loop in c.loops:
            for i in ids:
                hits = [use.index for use in loop.children if packed(use.id) == i]
                first.append(len(flat) if hits else 0)
                if hits:
                    flat += [*hits, NONE]
        for name, kind, values in (("ids", "uint8_t", table), ("id_of", "uint32_t", ids), ("first", "uint16_t", first),
                                   ("list", "uint16_t", flat)):
            out.append(f"static const {kind} {name}_{at}[] = {{{', '.join(map(str, values))}}};")

    @staticmethod
    def multipliers():
        m = 0x9E3779B1
        for _ in range(2_000_000):
            yield m | 1
            m = (m * 1664525 + 1013904223) % 2**32

    def emit(self, done) -> str:
        body: list[str] = []
        for segment in sorted(self.segments):
            group = self.segments[segment]
            group.form = self.form(group.places, group.notes, None, segment)
        for at, c in enumerate(done):
            body += ["", f"/* ---- {c.guide.name} ---- */"]
            self.guide_text(at, c, body)
        out = ["/* Made by tools/gen/guides.py from common/codec/guides; not to be edited. */",
               '#include "codec/x12_guide.h"', "", "#define BIT(n) (f[(n) / 64] >> ((n) % 64) & 1)", "",
               f"static const struct pp_x12_codes L[{len(self.codes_rows) or 1}];",
               f"static const struct pp_x12_form F[{len(self.forms_rows) or 1}];", ""]
        rows = []
        for at, (name, snip, is_open, codes) in enumerate(self.codes_rows):
            order = sorted(codes, key=packed)
            words = "NULL"
            if any(codes.values()):
                out.append(f"static const char *const w{at}[] = {{{', '.join(string(codes[c] or None) for c in order)}}};")
                words = f"w{at}"
            if order:
                out.append(f"static const uint64_t c{at}[] = {{{', '.join(f'UINT64_C(0x{packed(c):x})' for c in order)}}};")
            rows.append(f"    {{{string(name)}, {f'c{at}' if order else 'NULL'}, {len(order)}, {snip}, {int(is_open)}, {words}}},")
        out += [f"static const struct pp_x12_codes L[{len(rows) or 1}] = {{", *rows, "};"]
        out += ["static const struct pp_x12_el_use E[] = {", *("    " + e for e in self.els), "    {0}};"]
        out += ["static const struct pp_x12_note N[] = {", *("    " + n for n in self.notes), "    {0}};"]
        out.append(f"static const struct pp_x12_form F[{len(self.forms_rows) or 1}] = {{")
        for el, n, note, notes_n, mandatory, required, unused in self.forms_rows:
            out.append(f"    {{{n}, {notes_n}, {mask(mandatory)}, {mask(required)}, {mask(unused)}, E + {el}, N + {note}}},")
        out += ["};", *body, ""]
        names = "".join(f"&guide_{at}, " for at in range(len(done)))
        out += [f"const struct pp_x12_guide *const pp_x12_guides[] = {{{names}NULL}};",
                f"const uint32_t pp_x12_guides_n = {len(done)};",
                "const struct pp_x12_dict_segment pp_x12_dict[] = {"]
        ids = sorted(self.directory, key=packed)
        for i in ids:
            group = self.segments.get(i)
            out.append(f"    {{0x{packed(i):x}, {string(group.name) if group else 'NULL'}, "
                       f"{f'&F[{group.form}]' if group else 'NULL'}}}, /* {i} */")
        out += ["    {0}};", f"const uint32_t pp_x12_dict_n = {len(ids)};",
                "const struct pp_x12_dict_element pp_x12_elements[] = {"]
        for e in sorted(self.elements.values(), key=lambda x: x.number):
            out.append(f"    {{{e.number}, PP_X12_T_{e.type}, {e.scale}, {e.min}, {min(e.max, NONE)}, {string(e.name)}}},")
        out += ["    {0}};", f"const uint32_t pp_x12_elements_n = {len(self.elements)};",
                "const struct pp_x12_codes *const pp_x12_lists[] = {" +
                "".join(f"&L[{at}], " for at in range(self.named_n)) + "NULL};",
                f"const uint32_t pp_x12_lists_n = {self.named_n};", ""]
        return "\n".join(out)

