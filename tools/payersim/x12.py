"""X12 as a payer's gateway reads and writes it: interchanges, their envelope, TA1 and 999. No code is shared with the
services; the rules are those of the published envelope (ISA of 106 bytes, counts and control numbers in the trailers)."""

ISA_BYTES = 106
ISA_WIDTHS = (2, 10, 2, 10, 2, 15, 2, 15, 6, 4, 1, 5, 9, 1, 1, 1)
GUIDES = {"278": ("HI", ("005010X217", "005010X215")), "275": ("PI", ("005010X210", "005010X211", "006020X316"))}


class Bad(Exception):
    """The envelope breaks a rule: note code of a TA1 (X12 I18)."""

    def __init__(self, note, words):
        super().__init__(words)
        self.note, self.words = note, words


class Segment:
    """Elements from 1 on; components and repetitions by the delimiters of its interchange."""

    def __init__(self, elements, separators, position):
        self.id, self.elements, self.separators, self.position = elements[0], elements, separators, position

    def __getitem__(self, n):
        return self.elements[n] if n < len(self.elements) else ""

    def parts(self, n):
        return self[n].split(self.separators["component"])

    def part(self, n, i):
        parts = self.parts(n)
        return parts[i - 1] if i <= len(parts) else ""

    def repeats(self, n):
        return [r for r in self[n].split(self.separators["repetition"]) if r]


class Interchange:
    """ISA to IEA: header, and transactions as (GS, ST, segments)."""

    def __init__(self):
        self.isa, self.groups, self.faults = None, [], []


def tokens(text, separators):
    """Segments as lists of elements; BIN and BDS go by their length, whatever bytes they hold."""
    at, element, terminator = 0, separators["element"], separators["segment"]
    while at < len(text):
        while at < len(text) and text[at] in "\r\n":
            at += 1
        if at >= len(text):
            return
        head = text[at:at + 64].split(element)
        lengths = {"BIN": 1, "BDS": 2}
        if head[0] in lengths and len(head) > lengths[head[0]] + 1 and head[lengths[head[0]]].isdigit():
            n = int(head[lengths[head[0]]])
            begin = at + sum(len(h) + 1 for h in head[:lengths[head[0]] + 1])
            if text[begin + n:begin + n + 1] != terminator:
                raise Bad("022", "binary data is not as long as it says")
            yield head[:lengths[head[0]] + 1] + [text[begin:begin + n]]
            at = begin + n + 1
            continue
        end = text.find(terminator, at)
        if end < 0:
            raise Bad("023", "the file ends inside a segment")
        yield text[at:end].split(element)
        at = end + 1


def read(data):
    """Bytes of one interchange -> Interchange. Raises Bad for what is answered with a TA1; what is wrong inside of a
    group is left to check_group."""
    text = data.decode("latin-1")
    if len(text) < ISA_BYTES or not text.startswith("ISA"):
        raise Bad("022", "no ISA")
    isa = text[:ISA_BYTES - 1].split(text[3])
    if len(isa) != 17 or tuple(len(v) for v in isa[1:]) != ISA_WIDTHS:
        raise Bad("022", "ISA has not its fixed widths")
    separators = {"element": text[3], "repetition": isa[11], "component": isa[16], "segment": text[ISA_BYTES - 1]}
    out, group, transaction, position = Interchange(), None, None, 0
    ended = False
    for elements in tokens(text, separators):
        s = Segment(elements, separators, position)
        if ended:
            raise Bad("022", "segments after IEA")
        if s.id == "ISA":
            out.isa = s
        elif s.id == "GS":
            group = {"gs": s, "ge": None, "transactions": []}
            out.groups.append(group)
        elif s.id == "GE" and group:
            group["ge"], group = s, None
        elif s.id == "IEA":
            ended = True
            if s[2] != out.isa[13]:
                raise Bad("001", "ISA13 and IEA02 differ")
            if s[1] != str(len(out.groups)):
                raise Bad("021", "IEA01 is not the number of groups")
        elif s.id == "ST" and group:
            transaction, position = {"st": s, "se": None, "segments": []}, 1
            group["transactions"].append(transaction)
        elif s.id == "SE" and transaction:
            transaction["se"], transaction = s, None
        elif transaction:
            position += 1
            s.position = position
            transaction["segments"].append(s)
        else:
            raise Bad("022", f"a segment outside of a transaction: {s.id[:3]}")
    if not ended:
        raise Bad("023", "no IEA")
    if not (out.isa[13].isdigit() and out.isa[9].isdigit() and out.isa[10].isdigit()):
        raise Bad("018" if not out.isa[13].isdigit() else "014", "ISA13, ISA09 or ISA10 is no number")
    return out


class Finding:
    """One IK3/IK4, or an IK5 code alone."""

    def __init__(self, transaction_code, segment="", position=0, loop="", segment_code="", element=0, component=0, element_code="", words=""):
        self.transaction_code, self.segment, self.position, self.loop = transaction_code, segment, position, loop
        self.segment_code, self.element, self.component, self.element_code, self.words = segment_code, element, component, element_code, words


def check_transaction(group, transaction):
    """Findings of the envelope of one transaction."""
    out, st, se = [], transaction["st"], transaction["se"]
    if not se:
        return [Finding("2", words="no SE")]
    if se[2] != st[2]:
        out.append(Finding("3", words="ST02 and SE02 differ"))
    if se[1] != str(len(transaction["segments"]) + 2):
        out.append(Finding("4", words="SE01 is not the number of segments"))
    kind = GUIDES.get(st[1])
    if not kind:
        out.append(Finding("1", words="transaction is not taken"))
    elif group["gs"][1] != kind[0] or group["gs"][8] not in kind[1] or (st[3] and st[3] != group["gs"][8]):
        out.append(Finding("1", words="GS01, GS08 and ST do not fit together"))
    return out


class Writer:
    """One interchange; counts and trailers are its own."""

    def __init__(self, sender, receiver, control, when, usage="T"):
        """sender, receiver: (qualifier, id)."""
        self.control = f"{control:09d}"
        self.lines = ["*".join(["ISA", "00", " " * 10, "00", " " * 10, sender[0], f"{sender[1]:15.15}", receiver[0], f"{receiver[1]:15.15}",
                                when.strftime("%y%m%d"), when.strftime("%H%M"), "^", "00501", self.control, "0", usage, ":"])]
        self.groups, self.when = 0, when

    def ta1(self, control, date, time, verdict, note):
        self.lines.append("*".join(["TA1", control, date, time, verdict, note]))

    def group(self, function, sender, receiver, version, transactions):
        """transactions: lists of segments, each a list of elements; ST03 is the version."""
        self.groups += 1
        self.lines.append("*".join(["GS", function, sender, receiver, self.when.strftime("%Y%m%d"), self.when.strftime("%H%M"), str(int(self.control)),
                                    "X", version]))
        for n, (kind, segments) in enumerate(transactions, 1):
            self.lines.append("*".join(["ST", kind, f"{n:04d}", version]))
            self.lines += ["*".join(trimmed(s)) for s in segments]
            self.lines.append(f"SE*{len(segments) + 2}*{n:04d}")
        self.lines.append(f"GE*{len(transactions)}*{int(self.control)}")

    def bytes(self):
        return ("~".join(self.lines + [f"IEA*{self.groups}*{self.control}"]) + "~").encode("latin-1")


def trimmed(segment):
    out = [clean(e) for e in segment]
    while len(out) > 1 and not out[-1]:
        out.pop()
    return out


def clean(text):
    return "".join(c if c not in "*~" and c >= " " else " " for c in str(text))


def acknowledge(group, findings):
    """Segments of the 999 that answers a group: findings by index of the transaction."""
    gs, taken = group["gs"], 0
    out = [["AK1", gs[1], gs[6], gs[8]]]
    for i, transaction in enumerate(group["transactions"]):
        st = transaction["st"]
        out.append(["AK2", st[1], st[2], st[3]])
        codes = []
        for f in findings.get(i, []):
            codes.append(f.transaction_code)
            if not f.segment:
                continue
            out.append(["IK3", f.segment, str(f.position), f.loop[:4], f.segment_code])
            if f.element:
                place = f"{f.element}:{f.component}" if f.component else str(f.element)
                out.append(["IK4", place, "", f.element_code])
        taken += not codes
        out.append(["IK5", "R" if codes else "A"] + list(dict.fromkeys(codes))[:5])
    n = len(group["transactions"])
    out.append(["AK9", "A" if taken == n else "P" if taken else "R", str(n), str(n), str(taken)])
    return out
