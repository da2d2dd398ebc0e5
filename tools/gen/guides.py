#!/usr/bin/env python3
"""common/codec/guides -> x12_guides.c: X12's dictionary, code lists and guides as constant tables.

guides.py FOLDER OUT.c      writes the tables; faults in the files are told with file and line, and nothing is written
guides.py FOLDER --list     one line a guide: name, version, loops, uses, rules, source

The form of the files is told in docs/x12-guides.md, the form of the tables in common/codec/x12_guide.h.
"""
import sys
from pathlib import Path

from guides_c import Tables
from guides_read import Bad, Faults, read_codes, read_elements, read_guide, read_segments
from guides_rules import BALANCES, CHECKS, Ref, Rules

CHILDREN_MAX, DEPTH_MAX, FACTS_MAX, COUNTS_MAX = 128, 12, 256, 256
NONE = 0xFFFF


class Use:
    """A segment use, or a loop by its first segment."""

    def __init__(self, seg, loop, pos, most, required, opens, where) -> None:
        self.id, self.seg, self.loop, self.pos, self.max, self.required = seg.id, seg, loop, pos, most, required
        self.opens, self.where = opens, where
        self.index = self.child = -1
        self.counter, self.sole, self.amount = NONE, False, ""
        self.key_element, self.key_component, self.key_codes = 0, 0, None
        self.facts: list = []
        self.rules: list = []
        self.own_from = self.own_to = 0
        self.before = 0


class LoopNode:
    def __init__(self, loop, parent) -> None:
        self.id, self.name, self.rules_in, self.where = loop.id, loop.name, loop.rules, loop.where
        self.parent, self.depth = parent, parent.depth + 1 if parent else 0
        self.children: list[Use] = []
        self.opener: Use | None = None
        self.loops: list[LoopNode] = []
        self.index = -1
        self.facts_from = self.facts_to = self.counters_from = self.counters_to = 0
        self.rules: list = []

    def below(self):
        for loop in self.loops:
            yield loop
            yield from loop.below()


class Compiler:
    def __init__(self, guide, tables: Tables, faults: Faults) -> None:
        self.guide, self.tables, self.faults = guide, tables, faults
        self.loops: list[LoopNode] = []
        self.uses: list[Use] = []
        self.rules = Rules(self.uses_of)

    def uses_of(self, loop: LoopNode, segment: str) -> list[Use]:
        own = [loop.opener] if loop.opener and loop.opener.id == segment else []
        return own + [use for use in loop.children if use.id == segment and not use.opens]

    def build(self, loop, parent) -> LoopNode:
        node = LoopNode(loop, parent)
        node.index = len(self.loops)
        self.loops.append(node)
        if node.depth >= DEPTH_MAX:
            self.faults.add(loop.where, f"more than {DEPTH_MAX} loops inside of each other")
        children = loop.children if parent is None else loop.children[1:]
        last = loop.children[0].pos if parent is not None else 0
        for child in children:
            if child.pos < last:
                self.faults.add(child.where, f"position {child.pos} stands after {last}")
            last = child.pos
            if hasattr(child, "elements"):
                node.children.append(Use(child, node, child.pos, child.max, child.required, None, child.where))
                continue
            if not child.children or not hasattr(child.children[0], "elements"):
                self.faults.add(child.where, f"loop {child.id} does not begin with a segment")
                continue
            if not child.children[0].required:
                self.faults.add(child.where, f"the first segment of loop {child.id} must be required")
            inner = self.build(child, node)
            opener = Use(child.children[0], node, child.pos, child.max, child.required, inner, child.where)
            inner.opener = opener
            node.children.append(opener)
            node.loops.append(inner)
        if len(node.children) > CHILDREN_MAX:
            self.faults.add(loop.where, f"loop {node.id} has more than {CHILDREN_MAX} children")
        return node

    def number(self) -> None:
        for loop in self.loops:
            for at, use in enumerate(loop.children):
                use.child, use.index = at, len(self.uses)
                self.uses.append(use)
                use.before = sum(1 << c.child for c in loop.children[:at] if c.required and c.pos < use.pos)
                use.sole = sum(1 for c in loop.children if c.id == use.id) == 1
                self.key(use)
                name = use.seg.name or (use.opens.name if use.opens else "")
                use.name = name or self.tables.segment_name(use.id)
        for loop in self.loops:
            loop.counters_from = loop.parent.counters_to if loop.parent else 0
            loop.counters_to = loop.counters_from
            for use in loop.children:
                if use.max != 1:
                    use.counter = loop.counters_to
                    loop.counters_to += 1
            if loop.counters_to > COUNTS_MAX:
                self.faults.add(loop.where, "too many counters")

    def key(self, use: Use) -> None:
        specs = {e.pos: e for e in use.seg.elements}
        want = use.seg.key
        if want == "none":
            return
        if want is None:
            element, component = (3, 0) if use.id == "HL" else (1, 0)
            if element in specs and specs[element].parts is not None:
                component = 1
        else:
            element, _, component = want.partition("-")
            element, component = int(element), int(component or 0)
        spec = specs.get(element)
        if spec and component:
            spec = next((p for p in spec.parts or [] if p.pos == component), None)
        codes = spec.codes if spec and (spec.required or want) else None
        if isinstance(codes, str):
            codes = tuple(self.tables.lists[codes].codes) if codes in self.tables.lists and want else None
        if codes:
            use.key_element, use.key_component, use.key_codes = element, component, codes
        elif want:
            self.faults.add(use.where, f"key={want}: that element has no codes")

    def compile_rules(self) -> None:
        names: set = set()
        for loop in self.loops:
            for rule in loop.rules_in:
                try:
                    if (loop.id, rule.name) in names and loop.where.split(":")[0] and not any(
                            other is not loop and other.id == loop.id for other in self.loops):
                        raise Bad(f"the rule {rule.name} stands twice")
                    names.add((loop.id, rule.name))
                    own = self.rules.one_segment(loop, rule.rest) if rule.kind in ("if", "require") else []
                    for use in own:
                        self.rules.own = use
                        use.rules.append(self.compile_rule(loop, rule))
                    self.rules.own = None
                    if not own:
                        loop.rules.append(self.compile_rule(loop, rule))
                except Bad as bad:
                    self.faults.add(rule.where, str(bad))
        self.place_facts()

    def compile_rule(self, loop: LoopNode, rule) -> dict:
        if rule.kind in ("balance", "check"):
            known = BALANCES if rule.kind == "balance" else CHECKS
            if rule.rest not in known:
                raise Bad(f"{rule.rest}: no {rule.kind}; {' '.join(known)} are")
            code, segments, place = known[rule.rest]
            at = None
            for inner in [loop, *loop.below()]:
                for use in [*([inner.opener] if inner.opener else []), *inner.children]:
                    if use.id in segments:
                        use.amount = f"PP_X12_AMOUNT_{use.id}"
                    if use.id == place[0] and at is None:
                        at = use.opens or use.loop
            if at is None:
                raise Bad(f"{rule.rest}: there is no {place[0]} in this loop")
            return {"rule": rule, "balance": code, "place": Ref(at, at, place[0], (), place[1], 0)}
        if rule.kind == "if":
            left, then, right = rule.rest.partition(" then ")
            if not then:
                raise Bad("then is missing")
            a, a_marks, a_seen = self.rules.parse(loop, left)
            b, b_marks, b_seen = self.rules.parse(loop, right)
        else:
            a, a_marks, a_seen = "", [], []
            b, b_marks, b_seen = self.rules.parse(loop, rule.rest)
        place, forbids = b_seen[0]
        trigger = a_seen[0][0] if a_seen else None
        return {"rule": rule, "balance": None, "if": (a, a_marks), "then": (b, b_marks), "forbids": forbids,
                "place": (place, self.rules.place_fact(place)),
                "trigger": (trigger, self.rules.place_fact(trigger)) if trigger else None}

    def place_facts(self) -> None:
        facts = list(self.rules.facts.values())
        for loop in self.loops:
            loop.facts_from = loop.parent.facts_to if loop.parent else 0
            loop.facts_to = loop.facts_from
            for use in [None, *dict.fromkeys(fact.own for fact in facts if fact.own and fact.owner is loop)]:
                first = loop.facts_to
                for fact in facts:
                    if fact.owner is loop and fact.own is use:
                        fact.bit = loop.facts_to
                        loop.facts_to += 1
                if use:
                    use.own_from, use.own_to = first, loop.facts_to
            if loop.facts_to > FACTS_MAX:
                self.faults.add(loop.where, f"more than {FACTS_MAX} facts on one path of loops")
        for fact in facts:
            for use, conds in fact.uses:
                if fact.own in (None, use):
                    use.facts.append((fact.bit, conds))

    def run(self):
        self.build(self.guide.root, None)
        self.number()
        for use in self.uses:
            try:
                use.form = self.tables.form_of_use(use.seg)
            except Bad as bad:
                self.faults.add(use.seg.where, str(bad))
        if not self.faults.told:
            self.compile_rules()
        return self


def main() -> int:
    if len(sys.argv) != 3:
        print(__doc__, file=sys.stderr)
        return 2
    folder, faults = Path(sys.argv[1]), Faults()
    elements, composites = read_elements(folder / "elements.dict", faults)
    segments, directory = read_segments(folder / "segments.dict", elements, composites, faults)
    lists = read_codes(folder / "codes", faults)
    tables = Tables(elements, composites, segments, directory, lists)
    done, names = [], {}
    for path in sorted(folder.glob("*.guide")):
        guide = read_guide(path, faults)
        if guide.name in names:
            faults.add(guide.where, f"{names[guide.name]} has the name {guide.name} too")
        names[guide.name] = path
        if not faults.told:
            done.append(Compiler(guide, tables, faults).run())
    if not faults.told:
        for problem in tables.problems:
            faults.told.append(problem)
    for text in faults.told:
        print(text, file=sys.stderr)
    if faults.told:
        return 1
    if sys.argv[2] == "--list":
        for c in done:
            print(f"{c.guide.name}\t{','.join(c.guide.versions)}\t{'full' if c.guide.full else 'integrity only'}\t"
                  f"{len(c.loops) - 1} loops\t{len(c.uses)} uses\t{sum(len(l.rules) for l in c.loops)} rules\t"
                  f"{c.guide.source}")
        return 0
    text = tables.emit(done)
    Path(sys.argv[2]).write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
