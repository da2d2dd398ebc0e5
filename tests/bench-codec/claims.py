#!/usr/bin/env python3
"""A file of professional claims (005010X222A1) of about so many bytes: claims.py BYTES OUT

One interchange and group, transactions of 500 claims, all values made up: levels, dates, amounts that balance. The same
call gives the same file. Claims differ (lines, diagnoses, patient other than the subscriber, numbers of authorizations).
"""
import random
import sys

CLAIMS = 500
CODES = ["99213", "99214", "97110", "97140", "72148", "J1745", "93000", "80053", "E0601", "90837"]
DIAGNOSES = ["M5416", "E119", "I10", "J45909", "M1711", "F329", "K219", "G4733"]
NAMES = ["ALDER", "BIRCH", "CEDAR", "DOGWOOD", "ELM", "FIR", "GINKGO", "HAWTHORN", "IRONWOOD", "JUNIPER"]


class Transaction:
    def __init__(self, rng: random.Random, number: int) -> None:
        self.rng, self.rows, self.hl = rng, [], 0
        self.add(f"ST*837*{number:09}*005010X222A1")
        self.add(f"BHT*0019*00*B{number:09}*20261124*0815*CH")
        self.add("NM1*41*2*PRIORPATH BILLING*****46*12345")
        self.add("PER*IC*EDI DESK*TE*5555550100*EX*12")
        self.add("NM1*40*2*EXAMPLE HEALTH PLAN*****46*67890")
        self.billing()
        for claim in range(CLAIMS):
            if claim and claim % 100 == 0:
                self.billing()
            self.claim(claim)
        self.add(f"SE*{len(self.rows) + 1}*{number:09}")

    def add(self, row: str) -> None:
        self.rows.append(row)

    def billing(self) -> None:
        self.hl += 1
        self.at_billing = self.hl
        self.add(f"HL*{self.hl}**20*1")
        self.add("PRV*BI*PXC*207Q00000X")
        self.add("NM1*85*2*EXAMPLE SPINE CLINIC*****XX*1234567893")
        self.add("N3*100 MAIN STREET*SUITE 5")
        self.add("N4*SPRINGFIELD*IL*627010001")
        self.add("REF*EI*123456789")

    def claim(self, number: int) -> None:
        rng, add = self.rng, self.add
        family, patient = rng.choice(NAMES), rng.random() < 0.25
        self.hl += 1
        at = self.hl
        add(f"HL*{at}*{self.at_billing}*22*{int(patient)}")
        add(f"SBR*P*{'' if patient else 18}*GRP{rng.randrange(10**5):05}******CI")
        add(f"NM1*IL*1*{family}*{rng.choice('ABCDEFGH')}ARA*Q***MI*W{rng.randrange(10**9):09}")
        if not patient:
            add(f"N3*{rng.randrange(1, 999)} OAK AVENUE")
            add("N4*SPRINGFIELD*IL*62704")
            add(f"DMG*D8*19{rng.randrange(40, 99)}0{rng.randrange(1, 9)}1{rng.randrange(0, 9)}*{rng.choice('FM')}")
        add("NM1*PR*2*EXAMPLE HEALTH PLAN*****PI*EHP01")
        if patient:
            self.hl += 1
            add(f"HL*{self.hl}*{at}*23*0")
            add("PAT*19")
            add(f"NM1*QC*1*{family}*KIM")
            add(f"N3*{rng.randrange(1, 999)} OAK AVENUE")
            add("N4*SPRINGFIELD*IL*62704")
            add(f"DMG*D8*201{rng.randrange(0, 9)}0{rng.randrange(1, 9)}1{rng.randrange(0, 9)}*{rng.choice('FM')}")
        lines = [rng.randrange(2000, 90000) for _ in range(rng.randrange(1, 6))]
        total = sum(lines)
        add(f"CLM*PCN{number:06}*{total // 100}.{total % 100:02}***11:B:1*Y*A*Y*Y")
        if rng.random() < 0.4:
            add(f"REF*G1*AUTH{rng.randrange(10**8):08}")
        add(f"REF*D9*{rng.randrange(10**12):012}")
        picked = rng.sample(DIAGNOSES, rng.randrange(1, 5))
        add("HI*ABK:" + picked[0] + "".join(f"*ABF:{code}" for code in picked[1:]))
        if rng.random() < 0.5:
            add("NM1*82*1*MAPLE*ROBIN****XX*1245319599")
            add("PRV*PE*PXC*208100000X")
        for line, cents in enumerate(lines, 1):
            add(f"LX*{line}")
            modifier = rng.choice(["", "", ":25", ":GP:59"])
            add(f"SV1*HC:{rng.choice(CODES)}{modifier}*{cents // 100}.{cents % 100:02}*UN*{rng.randrange(1, 5)}***1")
            add(f"DTP*472*D8*202610{rng.randrange(10, 31)}")
            add(f"REF*6R*L{number:06}{line:02}")


def main() -> int:
    if len(sys.argv) != 3 or not sys.argv[1].isdigit():
        print(__doc__, file=sys.stderr)
        return 2
    want, rng, done, number = int(sys.argv[1]), random.Random(837), 0, 0
    # Some transactions are made, then they repeat with other control numbers: a gigabyte in seconds.
    pool = ["~\n".join(Transaction(rng, 0).rows) + "~\n" for _ in range(8)]
    with open(sys.argv[2], "w", encoding="ascii", newline="") as out:
        out.write("ISA*00*          *00*          *ZZ*SENDER         *ZZ*RECEIVER       *261124*0815*^*00501*000000101*0*P*:~\n")
        out.write("GS*HC*SENDER*RECEIVER*20261124*0815*7*X*005010X222A1~\n")
        while done < want:
            number += 1
            done += out.write(pool[number % len(pool)].replace("*000000000*", f"*{number:09}*", 1)
                              .replace("*000000000~", f"*{number:09}~", 1).replace("*B000000000*", f"*B{number:09}*", 1))
        out.write(f"GE*{number}*7~\nIEA*1*000000101~\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
