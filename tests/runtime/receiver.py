#!/usr/bin/env python3
"""A receiver of HL7 messages by MLLP with a mind of its own: receiver.py PORT MODE-FILE LOG-FILE.

The mode file says how to answer the next message: AA, CA, AE, AR …, or
silent  not at all            close   by closing the connection
other   AA for another message, then as "AA"
AE*2    AE twice, then AA      (counted down in the file)
Every message is one line of the log: its MSH-10, a tab, the message with its segments parted by blanks.
"""
import socket
import sys
import threading
from pathlib import Path

PORT, MODE, LOG = int(sys.argv[1]), Path(sys.argv[2]), Path(sys.argv[3])
lock = threading.Lock()


def next_mode() -> str:
    mode = MODE.read_text().strip()
    if "*" in mode:
        code, left = mode.split("*")
        MODE.write_text(f"{code}*{int(left) - 1}" if int(left) > 1 else "AA")
        return code
    if mode == "other":
        MODE.write_text("AA")
    return mode


def answer(conn: socket.socket, message: bytes) -> bool:
    number = message.split(b"\r")[0].split(b"|")[9].decode()
    with lock:
        with LOG.open("a") as log:
            log.write(f"{number}\t{message.decode().strip(chr(13)).replace(chr(13), ' ')}\n")
        mode = next_mode()
    if mode == "silent":
        return True
    if mode == "close":
        return False
    code, echoed = ("AA", "somebody-else") if mode == "other" else (mode, number)
    conn.sendall(f"\vMSH|^~\\&|EHR|X|PP||20261124||ACK|1|P|2.5.1\rMSA|{code}|{echoed}|as told\r\x1c\r".encode())
    return True


def serve(conn: socket.socket) -> None:
    held = b""
    with conn:
        while part := conn.recv(65536):
            held += part
            while b"\x1c\r" in held:
                frame, held = held.split(b"\x1c\r", 1)
                if not answer(conn, frame.lstrip(b"\v")):
                    return


with socket.create_server(("127.0.0.1", PORT)) as server:
    while True:
        threading.Thread(target=serve, args=(server.accept()[0],), daemon=True).start()
