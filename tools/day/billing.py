"""Files of the billing side as a clearing house passes them on: institutional claims (837I), batches of claims, remittances (835)
and claim acknowledgements (277CA). Invented people only."""
import messages as m

CLEARING = ("ZZ", "CH0001")
PRACTICE = ("ZZ", "LKS001")


def envelope(function, guide, control, now, transactions, sender=CLEARING, receiver=PRACTICE):
    """One interchange with one group; transactions: lists of segments from ST to the one before SE."""
    out = [f"ISA*00*{'':10}*00*{'':10}*{sender[0]}*{sender[1]:15}*{receiver[0]}*{receiver[1]:15}*{now:%y%m%d}*{now:%H%M}*^*00501*{control:09d}*0*T*:",
           f"GS*{function}*{sender[1]}*{receiver[1]}*{now:%Y%m%d}*{now:%H%M}*{control}*X*{guide}"]
    for segments in transactions:
        out += segments + [f"SE*{len(segments) + 1}*{segments[0].split('*')[2]}"]
    out += [f"GE*{len(transactions)}*{control}", f"IEA*1*{control:09d}"]
    return "~\n".join(out) + "~\n"


# ---- claims ----

def professional(p, now, claim_no, lines, number, authorization=None):
    """Transaction of one 837P. lines: [(code, units, date)]; number: of the transaction."""
    text = m.claim(p, now, claim_no, lines, authorization, control=number)
    segments = text.replace("~\n", "~").split("~")
    return segments[2:-4]


def broken(p, now, claim_no, lines, number):
    """The same without its charge: CLM02 must be there."""
    return [s if not s.startswith("CLM*") else "*".join(s.split("*")[:2] + [""] + s.split("*")[3:]) for s in professional(p, now, claim_no, lines, number)]


def institutional(p, now, claim_no, lines, control, authorization=None, frequency="1", dx="M5416"):
    """837I of an outpatient department. lines: [(revenue code, HCPCS code or empty, units, charge, date)]."""
    _, payer_name, payer_id, _ = m.PAYERS[p.payer]
    first, last = min(line[4] for line in lines), max(line[4] for line in lines)
    body = [
        f"ST*837*{control:04d}*005010X223A2", f"BHT*0019*00*{control:09d}*{now:%Y%m%d}*{now:%H%M}*CH",
        "NM1*41*2*LAKESIDE PHYSICIANS*****46*LKS001", "PER*IC*BILLING OFFICE*TE*3125550100", "NM1*40*2*CLEARING HOUSE*****46*CH0001",
        "HL*1**20*1", f"NM1*85*2*LAKESIDE PHYSICIANS*****XX*{m.BILLING_NPI}", "N3*100 LAKESIDE DRIVE", "N4*CHICAGO*IL*606110001", "REF*EI*361234567",
        "HL*2*1*22*0", f"SBR*P*18*G{payer_id}******CI", f"NM1*IL*1*{p.family}*{p.given}****MI*{p.member}", "N3*12 INVENTED STREET",
        f"N4*CHICAGO*{p.state}*60611", f"DMG*D8*{p.birth.replace('-', '')}*{p.sex}", f"NM1*PR*2*{payer_name.upper()}*****PI*{payer_id}",
        f"CLM*{claim_no}*{sum(line[3] for line in lines):g}***13:A:{frequency}**A*Y*Y", f"DTP*434*RD8*{first:%Y%m%d}-{last:%Y%m%d}", "CL1*3**01"]
    if authorization:
        body.append(f"REF*G1*{authorization}")
    body += [f"HI*ABK:{dx}", f"NM1*71*1*{m.ORDERING[1]}*{m.ORDERING[2]}****XX*{m.ORDERING[0]}"]
    for i, (revenue, code, units, charge, date) in enumerate(lines, 1):
        body += [f"LX*{i}", f"SV2*{revenue}*{f'HC:{code}' if code else ''}*{charge:g}*UN*{units}", f"DTP*472*D8*{date:%Y%m%d}", f"REF*6R*{claim_no}-{i}"]
    return envelope("HC", "005010X223A2", control, now, [body], PRACTICE, CLEARING)


# ---- what comes back ----

def remittance(payer, now, trace, control, claims):
    """835. claims: [dict(p, claim_no, status, lines=[dict(code, revenue, charge, paid, adjust=[(group, reason, amount)], remarks=[], date)])]."""
    _, name, ident, _ = m.PAYERS[payer]
    total = sum(line["paid"] for c in claims for line in c["lines"])
    body = ["ST*835*0001", f"BPR*I*{total:.2f}*C*ACH*CCP*01*071000013*DA*4711*1512345678**01*071000288*DA*0815*{now:%Y%m%d}",
            f"TRN*1*{trace}*1512345678", f"DTM*405*{now:%Y%m%d}", f"N1*PR*{name.upper()}*XV*{ident}", "N3*1 PAYER PLAZA", "N4*CHICAGO*IL*60601",
            "PER*BL*PROVIDER SERVICE*TE*3125550111", f"N1*PE*LAKESIDE PHYSICIANS*XX*{m.BILLING_NPI}", "LX*1"]
    for c in claims:
        p = c["p"]
        charge, paid = sum(line["charge"] for line in c["lines"]), sum(line["paid"] for line in c["lines"])
        patient = sum(a[2] for line in c["lines"] for a in line.get("adjust", []) if a[0] == "PR")
        body += [f"CLP*{c['claim_no']}*{c['status']}*{charge:g}*{paid:g}*{f'{patient:g}' if patient else ''}*12*{payer[:2].upper()}{c['claim_no']}*22*1",
                 f"NM1*QC*1*{p.family}*{p.given}****MI*{p.member}"]
        for i, line in enumerate(c["lines"], 1):
            body += [f"SVC*HC:{line['code']}*{line['charge']:g}*{line['paid']:g}*{line.get('revenue', '')}*1", f"DTM*472*{line['date']:%Y%m%d}"]
            body += [f"CAS*{g}*{reason}*{amount:g}" for g, reason, amount in line.get("adjust", [])]
            body += [f"REF*6R*{c['claim_no']}-{i}"] + [f"LQ*HE*{r}" for r in line.get("remarks", [])]
    return envelope("HP", "005010X221A1", control, now, [body])


def acknowledgement(p, now, claim_no, control, verdict="A7:164:IL", amount=100, words=""):
    """277CA of a clearing house about one claim; verdict: STC01. A claim that is taken carries A2:20."""
    good = verdict.startswith(("A1", "A2"))
    status = f"STC*{verdict}*{now:%Y%m%d}*{'WQ' if good else 'U'}*{amount:g}" + ("*" * 8 + words if words else "")
    body = ["ST*277*0001*005010X214", f"BHT*0085*08*{control:09d}*{now:%Y%m%d}*{now:%H%M}*TH",
            "HL*1**20*1", "NM1*AY*2*CLEARING HOUSE*****46*CH0001", f"TRN*1*{control:09d}", f"DTP*050*D8*{now:%Y%m%d}", f"DTP*009*D8*{now:%Y%m%d}",
            "HL*2*1*21*1", "NM1*41*2*LAKESIDE PHYSICIANS*****46*LKS001", f"TRN*2*{control:09d}", f"STC*A1:19:PR*{now:%Y%m%d}*WQ*{amount:g}",
            "HL*3*2*19*1", f"NM1*85*2*LAKESIDE PHYSICIANS*****XX*{m.BILLING_NPI}", "TRN*1*0",
            "HL*4*3*PT", f"NM1*QC*1*{p.family}*{p.given}****MI*{p.member}", f"TRN*2*{claim_no}", status, f"DTP*472*D8*{now:%Y%m%d}"]
    return envelope("HN", "005010X214", control, now, [body])
