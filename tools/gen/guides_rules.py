"""The rule language of guides: expressions over what is there, compiled into C over bits of facts.

    if CLM05-3 in 7 8 then REF(F8)          require NM109 or REF(EI)
A test is a reference that is there, or a value: X in A B, X = A, X > 0, X < 5. A reference is a loop (2310A), a segment
of the rule's loop (REF(F8)), an element or component of it (CLM05-3), or with a loop before it (2310A.NM109).
"""
import re
from dataclasses import dataclass, field

from guides_read import Bad

REF = re.compile(r"^(?:([A-Z0-9]+)\.)?([A-Z][A-Z0-9]{1,2}?)(?:\(([^)]*)\))?(?:(\d\d)(?:-(\d\d?))?)?$")
TOKEN = re.compile(r"\s*(\(|\)|[^\s()]+(?:\([^)]*\))?[^\s()]*)")
WORDS = {"and", "or", "not", "if", "then", "in", "present"}
# name -> code, the segments that feed it, the segment and element that a finding points to
BALANCES = {
    "claim-charge": ("PP_X12_BALANCE_CLAIM_CHARGE", ("CLM", "SV1", "SV2", "SV3"), ("CLM", 2)),
    "remit-total": ("PP_X12_BALANCE_REMIT_TOTAL", ("BPR", "CLP", "PLB"), ("BPR", 2)),
    "remit-claim": ("PP_X12_BALANCE_REMIT_CLAIM", ("CLP", "CAS", "SVC"), ("CLP", 4)),
    "remit-line": ("PP_X12_BALANCE_REMIT_LINE", ("SVC", "CAS"), ("SVC", 3)),
    "remit-lines": ("PP_X12_BALANCE_REMIT_LINES", ("CLP", "SVC"), ("CLP", 3)),
}
CHECKS = {
    "lx-sequence": ("PP_X12_CHECK_LX", ("CLM", "LX"), ("LX", 1)),
    "diagnosis-pointers": ("PP_X12_CHECK_POINTERS", ("CLM", "HI", "SV1"), ("SV1", 7)),
}
SLOTS_MAX = 8


@dataclass(frozen=True)
class Cond:  # of a value
    op: str = "PRESENT"
    codes: tuple = ()
    number: int = 0  # in ten-thousandths; KEEP, SAME: slot
    depth: int = 0


@dataclass
class Fact:  # a bit that the loop `owner` keeps
    owner: object
    key: tuple
    uses: list = field(default_factory=list)  # (use, ((element, component, condition), …))
    own: object = None  # the use for whose segment alone it stands
    bit: int = -1


@dataclass
class Ref:  # as it stands in a rule
    loop: object  # where its segments are children or the first one
    owner: object
    segment: str  # "" = the loop itself
    quals: tuple
    element: int
    component: int


class Rules:
    """Of one guide. `uses_of(loop, id)` gives the uses of a segment in a loop, its first one included."""

    def __init__(self, uses_of) -> None:
        self.uses_of = uses_of
        self.facts: dict[tuple, Fact] = {}
        self.own = None  # a name while a rule about one segment is read: its facts are not shared
        self.slots: dict[tuple, int] = {}

    # ---- references ----
    def find_loop(self, here, name: str):
        up = here
        while up is not None:
            if up.id == name:
                return up, up
            up = up.parent
        found = [loop for loop in here.below() if loop.id == name]
        if not found:
            raise Bad(f"there is no loop {name} around or inside of this one")
        return found[0], here

    def ref(self, here, text: str) -> Ref:
        if re.match(r"^\d{4}[A-Z]*$", text):
            loop, owner = self.find_loop(here, text)
            return Ref(loop, loop.parent if owner is loop else here, "", (), 0, 0)
        found = REF.match(text)
        if not found:
            raise Bad(f"{text}: what is that? A loop, a segment like REF(F8) or an element like CLM05-3 is wanted")
        loop, owner = self.find_loop(here, found.group(1)) if found.group(1) else (here, here)
        quals = tuple(found.group(3).split("|")) if found.group(3) else ()
        if not self.uses_of(loop, found.group(2)):
            raise Bad(f"{text}: {found.group(2)} does not stand in loop {loop.id or 'of the transaction'}")
        return Ref(loop, owner, found.group(2), quals, int(found.group(4) or 0), int(found.group(5) or 0))

    def same_loops(self, ref: Ref):
        """A loop of the rule's own counts alone; one further below counts wherever it stands (2000E of a subscriber and
        of a dependent)."""
        if ref.loop is ref.owner or ref.loop.parent is ref.owner:
            return [ref.loop]
        below = [loop for loop in ref.owner.below() if loop.id == ref.loop.id]
        return below or [ref.loop]

    def fact(self, ref: Ref, cond: Cond) -> Fact:
        key = (id(ref.owner), ref.loop.id, ref.segment, ref.quals, ref.element, ref.component, cond, self.own)
        if key in self.facts:
            return self.facts[key]
        fact = self.facts[key] = Fact(ref.owner, key, own=self.own)
        for loop in self.same_loops(ref):
            if not ref.segment:
                fact.uses.append((loop.opener, ()))
                continue
            hits = 0
            for use in self.uses_of(loop, ref.segment):
                conds = []
                if ref.quals:
                    own = set(use.key_codes or ())
                    if own and not own & set(ref.quals):
                        continue
                    if not own or not own <= set(ref.quals):
                        conds.append((use.key_element or 1, use.key_component, Cond("IN", tuple(sorted(ref.quals)))))
                if ref.element:
                    conds.append((ref.element, ref.component, cond))
                fact.uses.append((use, tuple(conds)))
                hits += 1
            if not hits and loop is ref.loop:
                raise Bad(f"{ref.segment}({'|'.join(ref.quals)}) does not stand in loop {loop.id}")
        return fact

    # ---- expressions ----
    def parse(self, here, text: str):
        """C expression with a mark @n@ for the n-th fact (facts get their bits later), and the references as
        (ref, negated) in their order."""
        tokens = TOKEN.findall(text)
        if "".join(tokens) != re.sub(r"\s", "", text):
            raise Bad(f"what is {text} ?")
        walk = Expression(self, here, tokens)
        c = walk.either(False)
        if walk.peek():
            raise Bad(f"what is {' '.join(tokens[walk.at:])} ?")
        return c, walk.facts, walk.refs

    def one_segment(self, here, text: str):
        """The uses of the only segment that a rule speaks of, when several of them may stand there; else none."""
        refs = [r for r in re.findall(r"[A-Z0-9.]+(?:\([^)]*\))?[0-9-]*", re.sub(r"(?:\bin|[=<>])\s+[^()]*?(?=\band\b|\bor\b|\bthen\b|\)|$)", " ", text))
                if REF.match(r) or "." in r]
        if not refs or any("." in r or re.match(r"^\d", r) for r in refs):
            return []
        heads = {re.sub(r"\d\d(-\d+)?$", "", r) for r in refs}
        if len(heads) != 1:
            return []
        ref = self.ref(here, refs[0])
        uses = [u for u in self.uses_of(here, ref.segment)
                if not ref.quals or set(u.key_codes or ref.quals) & set(ref.quals)]
        several = len(uses) > 1 or any(u.max != 1 and u.opens is not here for u in uses)
        return uses if several and not any(u.opens is here for u in uses) else []

    def slot(self, here, ref: Ref) -> tuple[int, int]:
        """Where the values of a place are kept, and the depth of the loop that they live in."""
        if ref.loop is not ref.owner:
            raise Bad("the right side of = must stand in a loop around this one, or in it")
        key = (id(ref.owner), ref.segment, ref.quals, ref.element, ref.component)
        if key not in self.slots:
            self.slots[key] = len(self.slots)
            if len(self.slots) > SLOTS_MAX:
                raise Bad(f"more than {SLOTS_MAX} places are compared in this guide")
            self.fact(ref, Cond("KEEP", (), self.slots[key], ref.owner.depth))
        return self.slots[key], ref.owner.depth

    def place_fact(self, ref: Ref) -> Fact:
        """The bit that notes where the segment of a reference stands."""
        return self.fact(Ref(ref.loop, ref.owner, ref.segment, ref.quals, 0, 0), Cond())


class Expression:
    def __init__(self, rules: Rules, here, tokens: list[str]) -> None:
        self.rules, self.here, self.tokens, self.at = rules, here, tokens, 0
        self.facts: list[Fact] = []
        self.refs: list[tuple[Ref, bool]] = []

    def peek(self) -> str:
        return self.tokens[self.at] if self.at < len(self.tokens) else ""

    def take(self) -> str:
        word = self.peek()
        self.at += 1
        return word

    def either(self, negated: bool) -> str:
        left = self.both(negated)
        while self.peek() == "or":
            self.take()
            left = f"({left} || {self.both(negated)})"
        return left

    def both(self, negated: bool) -> str:
        left = self.one(negated)
        while self.peek() == "and":
            self.take()
            left = f"({left} && {self.one(negated)})"
        return left

    def one(self, negated: bool) -> str:
        if self.peek() == "not":
            self.take()
            return f"!{self.one(not negated)}"
        if self.peek() == "(":
            self.take()
            inner = self.either(negated)
            if self.take() != ")":
                raise Bad("a ) is missing")
            return inner
        return self.test(negated)

    def test(self, negated: bool) -> str:
        word = self.take()
        found = re.match(r"^present\((.*)\)$", word)
        word = found.group(1) if found else word
        if word in WORDS or word in ("", ")"):
            raise Bad(f"a test is wanted, not {word or 'the end'}")
        ref, cond = self.rules.ref(self.here, word), Cond()
        if self.peek() in ("in", "=", ">", "<"):
            cond = self.value(word, ref)
        self.facts.append(self.rules.fact(ref, cond))
        self.refs.append((ref, negated))
        return f"@{len(self.facts) - 1}@"

    def value(self, word: str, ref: Ref) -> Cond:
        op, codes = self.take(), []
        while self.peek() and self.peek() not in (")", "and", "or", "then") and (op == "in" or not codes):
            codes.append(self.take())
        if not codes or not ref.element:
            raise Bad(f"{word} {op}: an element and its codes are wanted")
        if op == "=" and re.match(r"^(\d{4}[A-Z]*\.\S+|[A-Z][A-Z0-9]{1,2}(\(\S+\))?\d\d(-\d+)?)$", codes[0]):
            other = self.rules.ref(self.here, codes[0])
            return Cond("SAME", (), *self.rules.slot(self.here, other))
        if op in ("in", "="):
            return Cond("IN", tuple(sorted(set(codes))))
        try:
            return Cond("GREATER" if op == ">" else "LESS", (), round(float(codes[0]) * 10000))
        except ValueError:
            raise Bad(f"{codes[0]}: a number is wanted") from None
