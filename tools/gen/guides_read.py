"""Reads common/codec/guides: the dictionary, the code lists and the guides, as they are written.

The form is told in docs/x12-guides.md. What cannot be read is told as a fault with file and line; reading goes on, so that
one run tells all of them.
"""
import copy
import re
from dataclasses import dataclass, field
from pathlib import Path

FORMATS = {"D8": 2, "RD8": 3, "D6": 4, "TM": 5, "DT": 6}
NAME = re.compile(r"^[a-z0-9][a-z0-9-]*$")
SEGMENT = re.compile(r"^[A-Z][A-Z0-9]{1,2}$")
LOOP = re.compile(r"^[A-Za-z0-9]{1,7}$")


class Faults:
    def __init__(self) -> None:
        self.told: list[str] = []

    def add(self, place: str, text: str) -> None:
        self.told.append(f"{place}: {text}")


class Bad(Exception):
    """What cannot be read in one line."""


@dataclass
class Place:  # an element of a segment or composite, by the dictionary
    number: str
    mandatory: bool
    repeated: bool


@dataclass
class Element:
    number: int
    type: str
    scale: int
    min: int
    max: int
    name: str


@dataclass
class Group:  # a segment or a composite of the dictionary
    id: str
    places: list[Place]
    notes: list[tuple[str, list[int]]]
    name: str
    where: str


@dataclass
class CodeList:
    name: str
    snip: int
    open: bool
    codes: dict[str, str]  # code -> our words


@dataclass
class ElSpec:  # an element as a guide has it
    pos: int
    required: bool = False
    repeat: int = 1
    codes: object = None  # tuple of codes, or the name of a list
    format: str = ""
    min: int | None = None
    max: int | None = None
    parts: list["ElSpec"] | None = None


@dataclass
class Seg:
    id: str
    pos: int
    required: bool
    max: int
    key: str | None
    elements: list[ElSpec]
    name: str
    where: str


@dataclass
class Loop:
    id: str
    pos: int
    required: bool
    max: int
    name: str
    where: str
    children: list = field(default_factory=list)
    rules: list = field(default_factory=list)
    same: str | None = None


@dataclass
class Rule:
    snip: int
    warning: bool
    name: str
    text: str
    kind: str  # if, require, balance, check
    rest: str
    where: str


@dataclass
class Guide:
    name: str
    versions: list[str]
    st01: str
    gs01: str
    purpose: list[str]
    source: str
    full: bool
    hl_warn: bool
    root: Loop
    where: str


def lines(path: Path, faults: Faults):
    """Line number, indentation, text without comment."""
    for number, raw in enumerate(path.read_text(encoding="utf-8").split("\n"), 1):
        text = re.sub(r'^((?:[^"#]|"[^"]*")*?)(?:(?:^|(?<=\s))#.*)?$', r"\1", raw).rstrip()
        if not text.strip():
            continue
        if "\t" in text[: len(text) - len(text.lstrip())]:
            faults.add(f"{path}:{number}", "indentation is by blanks")
        yield number, len(text) - len(text.lstrip(" ")), text.strip()


def take_words(text: str) -> tuple[str, str]:
    """The quoted words at the end of a line."""
    found = re.search(r'\s*"([^"]*)"\s*$', text)
    return (text[: found.start()], found.group(1)) if found else (text, "")


def dictionary_line(text: str, where: str) -> Group:
    text, name = take_words(text)
    left, _, right = text.partition("|")
    words = left.split()
    if len(words) < 2:
        raise Bad("an id and its elements are wanted")
    places = []
    for word in words[1:]:
        found = re.match(r"^(C?\d+)([!?]?)(\*\d*)?([!?]?)$", word)
        if not found:
            raise Bad(f"{word}: no element; 1035, 1035!, C022* are")
        places.append(Place(found.group(1), "!" in (found.group(2), found.group(4)), bool(found.group(3))))
    notes = []
    for word in right.split():
        found = re.match(r"^([PRECL])((?:\d\d)+)$", word)
        if not found:
            raise Bad(f"{word}: no syntax note; P0809 is one")
        numbers = [int(found.group(2)[i : i + 2]) for i in range(0, len(found.group(2)), 2)]
        if len(numbers) < 2 or max(numbers) > len(places) or min(numbers) < 1:
            raise Bad(f"{word}: there are {len(places)} elements")
        notes.append((found.group(1), numbers))
    return Group(words[0], places, notes, name, where)


def read_elements(path: Path, faults: Faults):
    elements: dict[str, Element] = {}
    composites: dict[str, Group] = {}
    for number, _, text in lines(path, faults):
        where = f"{path}:{number}"
        try:
            head = text.split()
            if head[0] in elements or head[0] in composites:
                raise Bad(f"{head[0]} stands twice")
            if len(head) > 1 and head[1] == "composite":
                if not re.match(r"^C\d{3}$", head[0]):
                    raise Bad(f"{head[0]}: no number of a composite")
                group = dictionary_line(text.replace(" composite", "", 1), where)
                composites[group.id] = group
                continue
            rest, name = take_words(text)
            found = re.match(r"^(\d+)\s+(AN|ID|N\d?|R|DT|TM|B)\s+(\d+)\s+(\d+)$", rest)
            if not found:
                raise Bad("NUMBER TYPE MIN MAX is wanted, or NUMBER composite …")
            kind = found.group(2)
            scale = int(kind[1:] or 0) if kind[0] == "N" else 0
            elements[found.group(1)] = Element(int(found.group(1)), "N" if kind[0] == "N" else kind, scale,
                                               int(found.group(3)), int(found.group(4)), name)
            if int(found.group(3)) > int(found.group(4)):
                raise Bad("the minimum is larger than the maximum")
        except Bad as bad:
            faults.add(where, str(bad))
    for group in composites.values():
        for place in group.places:
            if place.number not in elements:
                faults.add(group.where, f"{group.id}: there is no element {place.number}")
    return elements, composites


def read_segments(path: Path, elements, composites, faults: Faults):
    segments: dict[str, Group] = {}
    directory: set[str] = set()
    for number, _, text in lines(path, faults):
        where = f"{path}:{number}"
        try:
            if text.startswith("ids:"):
                directory |= set(text[4:].split())
                continue
            group = dictionary_line(text, where)
            if not SEGMENT.match(group.id):
                raise Bad(f"{group.id}: no segment id")
            if group.id in segments:
                raise Bad(f"{group.id} stands twice")
            for place in group.places:
                if place.number not in elements and place.number not in composites:
                    raise Bad(f"there is no element {place.number}")
            segments[group.id] = group
        except Bad as bad:
            faults.add(where, str(bad))
    for name in directory:
        if not SEGMENT.match(name):
            faults.add(str(path), f"ids: {name} is no segment id")
    return segments, directory | set(segments)


def read_codes(folder: Path, faults: Faults) -> dict[str, CodeList]:
    lists: dict[str, CodeList] = {}
    for path in sorted(folder.glob("*.codes")):
        now = None
        for number, _, text in lines(path, faults):
            where = f"{path}:{number}"
            if now is None:
                found = re.match(r'^list\s+([a-z0-9-]+)\s+snip=([25])(\s+open)?\s*(?:"[^"]*")?$', text)
                if not found:
                    faults.add(where, 'list NAME snip=2|5 [open] "words" is wanted first')
                    break
                now = CodeList(found.group(1), int(found.group(2)), bool(found.group(3)), {})
                if now.name in lists:
                    faults.add(where, f"the list {now.name} stands twice")
                lists[now.name] = now
                continue
            parts = re.split(r"\t| {2,}", text, maxsplit=1)
            given = {parts[0]: parts[1].strip()} if len(parts) == 2 else {c: "" for c in text.split()}
            for code, words in given.items():
                if " " in code:
                    faults.add(where, f'"{code}" is no code: two blanks or a tab stand before the words')
                elif code in now.codes:
                    faults.add(where, f"the code {code} stands twice")
                now.codes[code] = words.strip('"')
    return lists


class Scan:
    """Element tokens: 03!=A|B*2[1-30]{D8}(01! 02)."""

    def __init__(self, text: str) -> None:
        self.text, self.at = text, 0

    def peek(self) -> str:
        return self.text[self.at] if self.at < len(self.text) else ""

    def match(self, pattern: str):
        found = re.compile(pattern).match(self.text, self.at)
        if found:
            self.at = found.end()
        return found

    def elements(self, inside: bool) -> list[ElSpec]:
        ret: list[ElSpec] = []
        while True:
            self.match(r"\s+")
            if not self.peek() or (inside and self.peek() == ")"):
                break
            found = self.match(r"(\d\d?)(?:(?:-|\.\.)(\d\d?))?")
            if not found:
                raise Bad(f"an element is wanted at: {self.text[self.at:][:30]}")
            spec = ElSpec(int(found.group(1)))
            self.mods(spec)
            last = int(found.group(2) or found.group(1))
            if last < spec.pos or spec.pos < 1:
                raise Bad(f"{found.group(0)}: no range of elements")
            for pos in range(spec.pos, last + 1):
                if ret and pos <= ret[-1].pos:
                    raise Bad(f"element {pos:02} stands after {ret[-1].pos:02}")
                one = copy.copy(spec)
                one.pos = pos
                ret.append(one)
        return ret

    def mods(self, spec: ElSpec) -> None:
        while self.peek() and not self.peek().isspace() and self.peek() != ")":
            if self.match("!"):
                spec.required = True
            elif found := self.match(r"\*(\d+)"):
                spec.repeat = int(found.group(1))
                if not 1 <= spec.repeat <= 255:
                    raise Bad(f"*{spec.repeat}: 1 to 255 repetitions")
            elif found := self.match(r"=<([a-z0-9-]+)>"):
                spec.codes = found.group(1)
            elif found := self.match(r"=([^\s*{\[()|]+(?:\|[^\s*{\[()|]+)*)"):
                spec.codes = tuple(found.group(1).split("|"))
                if "<" in found.group(0):
                    raise Bad(f"{found.group(0)}: a list stands alone: =<name>")
                if len(set(spec.codes)) != len(spec.codes):
                    raise Bad(f"{found.group(0)}: a code stands twice")
            elif found := self.match(r"\{([A-Z0-9]+)\}"):
                if found.group(1) not in FORMATS:
                    raise Bad(f"{found.group(0)}: no format; {' '.join(FORMATS)} are")
                spec.format = found.group(1)
            elif found := self.match(r"\[(\d+)(?:-(\d+))?\]"):
                spec.min, spec.max = int(found.group(1)), int(found.group(2) or found.group(1))
                if spec.min > spec.max:
                    raise Bad(f"{found.group(0)}: no range of lengths")
            elif self.match(r"\("):
                spec.parts = self.elements(True)
                if not self.match(r"\)"):
                    raise Bad("a ) is missing")
            else:
                raise Bad(f"element {spec.pos:02}: what is {self.text[self.at:][:20]} ?")


def usage(word: str) -> tuple[bool, int]:
    found = re.match(r"^([RS])(?:>1|(\d+))$", word)
    if not found or found.group(2) == "0":
        raise Bad(f"{word}: no usage; R1, S10 and S>1 are")
    return found.group(1) == "R", int(found.group(2) or 0)


def read_rule(text: str, where: str) -> Rule:
    found = re.match(r'^rule\s+([2345])\s+(error|warning)\s+(\S+)\s+"([^"]+)"\s+(if|require|balance|check)\s+(.+)$', text)
    if not found:
        raise Bad('rule SNIP error|warning NAME "text" if|require|balance|check … is wanted')
    if not NAME.match(found.group(3)):
        raise Bad(f"{found.group(3)}: no name of a rule")
    return Rule(int(found.group(1)), found.group(2) == "warning", found.group(3), found.group(4), found.group(5),
                found.group(6), where)


def read_child(text: str, where: str):
    text, name = take_words(text)
    found = re.match(r"^(\d+)\s+(?:loop\s+)?(\S+)\s+(\S+)\s*(.*)$", text)
    if not found:
        raise Bad("POSITION SEGMENT USAGE elements, or POSITION loop ID USAGE, is wanted")
    pos, rest = int(found.group(1)), found.group(4)
    required, most = usage(found.group(3))
    if re.match(r"^\d+\s+loop\s", text):
        if not LOOP.match(found.group(2)):
            raise Bad(f"{found.group(2)}: no loop id")
        same = re.match(r"^same(?:=(\S+))?$", rest)
        if rest and not same:
            raise Bad(f"what is {rest} ?")
        loop = Loop(found.group(2), pos, required, most, name, where)
        loop.same = (same.group(1) or loop.id) if same else None
        return loop
    if not SEGMENT.match(found.group(2)):
        raise Bad(f"{found.group(2)}: no segment id")
    key = re.match(r"^key=(none|\d\d(?:-\d\d?)?)\s*", rest)
    elements = Scan(rest[key.end():] if key else rest).elements(False)
    return Seg(found.group(2), pos, required, most, key.group(1) if key else None, elements, name, where)


def read_head(guide: Guide, text: str) -> bool:
    """A line before the body. False: it is none."""
    if text.startswith("guide "):
        words = text.split()
        if guide.name or len(words) < 3 or not NAME.match(words[1]) or len(words[1]) > 15:
            raise Bad("guide NAME VERSION st=… gs=… is wanted, once; a name has at most 15 characters")
        guide.name, guide.versions = words[1], [words[2]]
        for word in words[3:]:
            key, _, value = word.partition("=")
            if key == "st":
                guide.st01 = value
            elif key == "gs":
                guide.gs01 = value
            elif key == "also":
                guide.versions += value.split(",")
            elif word == "hl=warn":
                guide.hl_warn = True
            elif key == "purpose" and value.startswith("BHT02:"):
                guide.purpose = value[6:].split(",")
            else:
                raise Bad(f"what is {word} ?")
        return True
    if text.startswith("source"):
        guide.source = (guide.source + "; " if guide.source else "") + take_words(text)[1]
        return True
    if text.startswith("state"):
        if text.split()[1:] not in (["full"], ["integrity"]):
            raise Bad("state full or state integrity is wanted")
        guide.full = text.split()[1] == "full"
        return True
    return False


def read_guide(path: Path, faults: Faults) -> Guide:
    root = Loop("", 0, True, 1, "transaction", f"{path}:1")
    guide = Guide("", [], "", "", [], "", True, False, root, f"{path}:1")
    stack: list[Loop] = [root]
    defined: dict[str, Loop] = {}
    for number, indent, text in lines(path, faults):
        where = f"{path}:{number}"
        try:
            if indent == 0 and read_head(guide, text):
                continue
            if indent % 2:
                raise Bad("indentation is by two blanks")
            if indent // 2 + 1 > len(stack):
                raise Bad("indented too far: the line above opens no loop")
            del stack[indent // 2 + 1 :]
            if text.startswith("rule "):
                stack[-1].rules.append(read_rule(text, where))
                continue
            child = read_child(text, where)
            if isinstance(child, Loop) and child.same:
                if child.same not in defined:
                    raise Bad(f"same: no loop {child.same} stands above")
                child.children = copy.deepcopy(defined[child.same].children)
                child.rules = copy.deepcopy(defined[child.same].rules)
                child.name = child.name or defined[child.same].name
            elif isinstance(child, Loop):
                defined[child.id] = child
                stack.append(child)
            stack[-2 if isinstance(child, Loop) and not child.same else -1].children.append(child)
        except Bad as bad:
            faults.add(where, str(bad))
            if text.split()[1:2] == ["loop"]:  # so that its lines are not faults too
                stack.append(Loop("?", 0, False, 1, "", where))
    if not guide.name or not guide.st01 or not guide.gs01 or not guide.source:
        faults.add(guide.where, "guide NAME VERSION st=… gs=… and source are wanted")
    return guide
