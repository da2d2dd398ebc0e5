"""Makes a fact of documents that never reaches the log: committed in its outbox, noted as relayed. Prints the partition.

  lose.py CASE_ORDER_NO        the person is that of this order; documents must not run
"""
import os
import struct
import sys
import time
import uuid

import psycopg

SOURCE = 4 # of documents


def short(text):
    b = text.encode()
    return struct.pack(">H", len(b)) + b


def fact(part, incarnation, seq, person, tenant):
    """As common/service/outbox.c packs it."""
    task = uuid.uuid4()
    body = f'{{"task_id":"{task}","outcome":"lost on its way","by":"test"}}'.encode()
    return (struct.pack(">BHHIHQ", 1, SOURCE, part, incarnation, part, seq) + person.bytes + struct.pack(">Q", int(time.time() * 1000))
            + short(tenant) + short("task.settled") + short(str(task)) + short("test") + short("") + struct.pack(">I", len(body)) + body)


def main():
    with psycopg.connect(os.environ["PP_TEST_DB"], user=os.environ["PP_TEST_DB_USER"], password=os.environ["PP_TEST_DB_PASSWORD"]) as db:
        tenant, person = db.execute("select tenant, person from chart.orders where order_no = %s or group_no = %s", (sys.argv[1], sys.argv[1])).fetchone()
        parts = db.execute("select count(*) from documents.shard").fetchone()[0]
        part = (person.bytes[14] << 8 | person.bytes[15]) & 1023 & (parts - 1)
        incarnation, batch, seqs = db.execute("select incarnation, batch_no, out_seqs from documents.shard where part = %s", (part,)).fetchone()
        counts = list(struct.unpack(f">{len(seqs) // 8}Q", seqs))
        counts[part] += 1
        db.execute("insert into documents.outbox (part, batch_no, epoch, n, at, events) values (%s, %s, 0, 1, now(), %s)",
                   (part, batch + 1, fact(part, incarnation, counts[part], person, tenant)))
        db.execute("update documents.shard set batch_no = %s, relayed = %s, out_seqs = %s where part = %s",
                   (batch + 1, batch + 1, struct.pack(f">{len(counts)}Q", *counts), part))
        print(part)


if __name__ == "__main__":
    main()
