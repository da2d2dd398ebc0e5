"""Messages as a practice's systems send them: HL7 v2, FHIR and X12, all about invented people."""
import base64
import datetime
import itertools
import json

ORDERING = ("1003900101", "ABARA", "NADIA")
RADIOLOGY = ("1003900119", "OKAFOR", "DAVID")
BILLING_NPI = "1003900002"
SITES = {"lks": "LKSMRI", "nor": "NORCLINIC", "wes": "WESMRI", "ced": "CEDARSURG"}
PAYERS = {  # id -> IN1-3, IN1-4, NM1*PR-09, plan
    "meridian": ("MERID", "Meridian Advantage", "MA1101", "HMO"),
    "prairie": ("PRMUT", "Prairie Mutual Insurance", "PM2201", "PPO"),
    "union": ("UTF", "Union Trust Fund", "UT3301", "SELF"),
    "lakeshore": ("LSHLT", "Lakeshore Health Plan", "LS4401", "PPO"),
    "carebridge": ("CBRDG", "CareBridge Community Plan", "CB5501", "MCO"),
    "northgate": ("NGATE", "Northgate Health Plan HMO", "NG6601", "HMO"),
    "harbor": ("HARBM", "Harbor Mutual PPO", "HM7701", "PPO"),
    "medicare": ("MCR", "Medicare Part B", "MCR", "B"),
    "unknown": ("ZZHEALTH", "Zenith Zone Health", "ZZ9901", "PPO"),
}


class Patient:
    def __init__(self, mrn, family, given, birth, sex, payer="meridian", state="IL", authority="LAKE", member=None):
        self.mrn, self.family, self.given, self.birth, self.sex = mrn, family, given, birth, sex
        self.payer, self.state, self.authority = payer, state, authority
        self.member = member or f"{payer[:2].upper()}{mrn:>08}"


class Sender:
    """One system: numbers its messages."""

    def __init__(self, app, facility, prefix):
        self.app, self.facility, self.prefix = app, facility, prefix
        self.counter = itertools.count(1)

    def next_id(self):
        return f"{self.prefix}{next(self.counter):05d}"


def fields(name, values):
    """Segment from {field number: text}."""
    last = max(values)
    return name + "|" + "|".join(str(values.get(i, "")) for i in range(1, last + 1))


def hl7_time(t):
    return t.strftime("%Y%m%d%H%M%S")


def msh(sender, kind, now, message_id=None):
    structure = {"ORM^O01": "ORM_O01", "SIU^S13": "SIU_S12", "SIU^S15": "SIU_S12"}.get(kind, kind.replace("^", "_"))
    return "|".join(["MSH", "^~\\&", sender.app, sender.facility, "PRIORPATH", "LAKESIDE", hl7_time(now), "",
                     f"{kind}^{structure}", message_id or sender.next_id(), "P", "2.5.1"])


def pid(p):
    return fields("PID", {1: 1, 3: f"{p.mrn}^^^{p.authority}^MR", 5: f"{p.family}^{p.given}", 7: p.birth.replace("-", ""), 8: p.sex,
                          11: f"12 Invented Street^^Chicago^{p.state}^60611", 13: "+1 312 555 0199", 18: f"A{p.mrn}"})


def in1(p):
    code, name, _, plan = PAYERS[p.payer]
    return fields("IN1", {1: 1, 2: f"{plan}^{plan}", 3: code, 4: name, 8: f"G{code}", 12: "20260101", 13: "20261231", 15: plan,
                          16: f"{p.family}^{p.given}", 17: "SEL", 18: p.birth.replace("-", ""), 22: 1, 36: p.member})


def person(provider, npi=True):
    return f"{provider[0]}^{provider[1]}^{provider[2]}^^^^^^{'NPI' if npi else ''}^^^^NPI"


def order(sender, p, now, order_no, code, text, dx, control="NW", group="", units=None, site="lks", system="C4", insurance=True,
          message_id=None, when=None):
    segments = [msh(sender, "ORM^O01", now, message_id), pid(p), fields("PV1", {1: 1, 2: "O", 3: SITES[site]})]
    if insurance:
        segments.append(in1(p))
    segments.append(fields("ORC", {1: control, 2: f"{order_no}^EHR", 4: group, 9: hl7_time(now), 12: person(ORDERING), 13: SITES[site]}))
    if units:
        segments.append(fields("TQ1", {1: 1, 2: units}))
    obr = {1: 1, 2: f"{order_no}^EHR", 4: f"{code}^{text}^{system}", 16: person(ORDERING)}
    if when:
        obr[36] = when.strftime("%Y%m%d")
    segments.append(fields("OBR", obr))
    for i, d in enumerate(dx, 1):
        segments.append(fields("DG1", {1: i, 3: f"{d}^^I10", 6: "W"}))
    return "\r".join(segments) + "\r"


def visit(sender, p, now, visit_no, order_no, start, trigger="S12", site="lks", code="", message_id=None):
    end = start + datetime.timedelta(minutes=30)
    status = {"S15": "Cancelled", "S26": "Noshow"}.get(trigger, "Booked")
    return "\r".join([
        msh(sender, f"SIU^{trigger}", now, message_id),
        fields("SCH", {1: f"{visit_no}^SCHED", 2: f"{visit_no}^SCHED", 7: "ROUTINE", 9: 30, 10: "min",
                       11: f"^^30^{hl7_time(start)}^{hl7_time(end)}", 25: status, 26: f"{order_no}^EHR"}),
        pid(p), fields("RGS", {1: 1}),
        fields("AIS", {1: 1, 3: f"{code}^^C4", 4: hl7_time(start), 7: 30, 8: "min"}),
        fields("AIL", {1: 1, 3: f"{SITES[site]}^^^LAKESIDE"}),
        fields("AIP", {1: 1, 3: person(RADIOLOGY)}),
    ]) + "\r"


def document(sender, p, now, document_no, order_no, kind=("11506-3", "Progress note", "LN"), text="Six weeks of therapy without relief.",
             completion="AU"):
    return "\r".join([
        msh(sender, "MDM^T02", now), fields("EVN", {1: "T02", 2: hl7_time(now)}), pid(p), fields("PV1", {1: 1, 2: "O"}),
        fields("TXA", {1: 1, 2: "^".join(kind), 3: "TX", 4: hl7_time(now), 9: person(ORDERING), 12: f"{document_no}^DOCS",
                       14: f"{order_no}^EHR", 17: completion, 19: "AV"}),
        fields("OBX", {1: 1, 2: "TX", 3: "^".join(kind), 5: text, 11: "F"}),
    ]) + "\r"


def result(sender, p, now, order_no, code="11502-2", text="Laboratory report"):
    return "\r".join([
        msh(sender, "ORU^R01", now), pid(p), fields("PV1", {1: 1, 2: "O"}),
        fields("ORC", {1: "RE", 2: f"{order_no}^EHR", 3: f"F{order_no}^LAB"}),
        fields("OBR", {1: 1, 2: f"{order_no}^EHR", 3: f"F{order_no}^LAB", 4: f"{code}^{text}^LN", 7: hl7_time(now), 16: person(ORDERING),
                       22: hl7_time(now), 25: "F"}),
        fields("OBX", {1: 1, 2: "NM", 3: "2160-0^Creatinine^LN", 5: "0.9", 6: "mg/dL", 11: "F"}),
    ]) + "\r"


def registration(sender, p, now, trigger="A08"):
    return "\r".join([msh(sender, f"ADT^{trigger}", now), fields("EVN", {1: trigger, 2: hl7_time(now)}), pid(p),
                      fields("PV1", {1: 1, 2: "O"}), in1(p)]) + "\r"


def merge(sender, survivor, retired, now):
    return "\r".join([msh(sender, "ADT^A40", now), fields("EVN", {1: "A40", 2: hl7_time(now)}), pid(survivor),
                      fields("MRG", {1: f"{retired.mrn}^^^{retired.authority}^MR"})]) + "\r"


def claim(p, now, claim_no, lines, authorization=None, dx="M5416", control=1, pos="22"):
    """837P. lines: [(code, units, date)]."""
    _, payer_name, payer_id, _ = PAYERS[p.payer]
    total = sum(100 * float(units) for _, units, _ in lines)
    body = [
        f"BHT*0019*00*{control:09d}*{now:%Y%m%d}*{now:%H%M}*CH",
        "NM1*41*2*LAKESIDE PHYSICIANS*****46*LKS001", "PER*IC*BILLING OFFICE*TE*3125550100",
        "NM1*40*2*CLEARING HOUSE*****46*CH0001",
        "HL*1**20*1", f"NM1*85*2*LAKESIDE PHYSICIANS*****XX*{BILLING_NPI}", "N3*100 LAKESIDE DRIVE", "N4*CHICAGO*IL*606110001",
        "REF*EI*361234567",
        "HL*2*1*22*0", f"SBR*P*18*G{payer_id}******CI",
        f"NM1*IL*1*{p.family}*{p.given}****MI*{p.member}", "N3*12 INVENTED STREET", f"N4*CHICAGO*{p.state}*60611",
        f"DMG*D8*{p.birth.replace('-', '')}*{p.sex}", f"NM1*PR*2*{payer_name.upper()}*****PI*{payer_id}",
        f"CLM*{claim_no}*{total:g}***{pos}:B:1*Y*A*Y*Y",
    ]
    if authorization:
        body.append(f"REF*G1*{authorization}")
    body.append(f"HI*ABK:{dx}")
    body.append(f"NM1*82*1*{RADIOLOGY[1]}*{RADIOLOGY[2]}****XX*{RADIOLOGY[0]}")
    for i, (code, units, date) in enumerate(lines, 1):
        body += [f"LX*{i}", f"SV1*HC:{code}*{100 * float(units):g}*UN*{units}***1", f"DTP*472*D8*{date:%Y%m%d}", f"REF*6R*{claim_no}-{i}"]
    st = f"{control:04d}"
    transaction = [f"ST*837*{st}*005010X222A1"] + body
    transaction.append(f"SE*{len(transaction) + 1}*{st}")
    isa = (f"ISA*00*{'':10}*00*{'':10}*ZZ*{'LKS001':15}*ZZ*{'CH0001':15}*{now:%y%m%d}*{now:%H%M}*^*00501*{control:09d}*0*T*:")
    group = [f"GS*HC*LKS001*CH0001*{now:%Y%m%d}*{now:%H%M}*{control}*X*005010X222A1"] + transaction + [f"GE*1*{control}"]
    return "~\n".join([isa] + group + [f"IEA*1*{control:09d}"]) + "~\n"


def fhir_order(p, now, order_no, code, text, dx):
    """Transaction Bundle with patient, coverage and order."""
    code_in, name, payer_id, _ = PAYERS[p.payer]
    def entry(kind, ident, body):
        return {"fullUrl": f"urn:uuid:{ident}", "resource": {"resourceType": kind, **body}, "request": {"method": "POST", "url": kind}}
    stem = f"{abs(hash(order_no)) % 10**11:011d}"
    ids = {k: f"0000000{i}-0000-4000-8000-0{stem}" for i, k in enumerate(("patient", "org", "coverage", "order", "doctor"), 1)}
    ref = lambda k: {"reference": f"urn:uuid:{ids[k]}"}
    return json.dumps({"resourceType": "Bundle", "type": "transaction", "id": order_no, "entry": [
        entry("Patient", ids["patient"], {
            "identifier": [{"type": {"coding": [{"system": "http://terminology.hl7.org/CodeSystem/v2-0203", "code": "MR"}]},
                            "system": p.authority, "value": p.mrn}],
            "name": [{"family": p.family, "given": [p.given]}], "birthDate": p.birth, "gender": "female" if p.sex == "F" else "male",
            "address": [{"line": ["12 Invented Street"], "city": "Chicago", "state": p.state, "postalCode": "60611"}]}),
        entry("Organization", ids["org"], {"identifier": [{"value": payer_id}], "name": name}),
        entry("Coverage", ids["coverage"], {"status": "active", "beneficiary": ref("patient"), "subscriberId": p.member, "order": 1,
                                           "payor": [ref("org")], "period": {"start": "2026-01-01", "end": "2026-12-31"}}),
        entry("Practitioner", ids["doctor"], {"identifier": [{"system": "http://hl7.org/fhir/sid/us-npi", "value": ORDERING[0]}],
                                              "name": [{"family": ORDERING[1], "given": [ORDERING[2]]}]}),
        entry("ServiceRequest", ids["order"], {
            "identifier": [{"system": "EHR", "value": order_no}], "status": "active", "intent": "order", "subject": ref("patient"),
            "code": {"coding": [{"system": "http://www.ama-assn.org/go/cpt", "code": code}], "text": text}, "requester": ref("doctor"),
            "authoredOn": now.astimezone(datetime.timezone.utc).isoformat(), "insurance": [ref("coverage")],
            "locationReference": [{"display": "LKS"}],
            "reasonCode": [{"coding": [{"system": "http://hl7.org/fhir/sid/icd-10-cm", "code": d}]} for d in dx]}),
    ]})


def fhir_document(p, now, order_no, document_no, text, kind=("11506-3", "Progress note")):
    return json.dumps({
        "resourceType": "DocumentReference", "identifier": [{"system": "DOCS", "value": document_no}], "status": "current",
        "docStatus": "final", "date": now.astimezone(datetime.timezone.utc).isoformat(), "type": {"coding": [{"system": "LN", "code": kind[0], "display": kind[1]}]},
        "subject": {"identifier": {"system": p.authority, "value": p.mrn}},
        "context": {"related": [{"identifier": {"system": "EHR", "value": order_no}}]},
        "content": [{"attachment": {"contentType": "text/plain", "data": base64.b64encode(text.encode()).decode()}}]})
