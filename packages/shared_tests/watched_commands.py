"""Runs a package's command lines and notes every socket: `python watched_commands.py MODULE COMMANDS_JSON REPORT_JSON`.

What would leave this machine is refused, and noted; whatever listens anywhere, in this process or one that it started,
is noted with its address.
"""

import contextlib
import importlib
import io
import json
import os
import socket
import sys
import threading
import time
from pathlib import Path

LISTENING = "0A"
HERE = {"localhost", "localhost.localdomain", "127.0.0.1", "::1", "0.0.0.0", "", None, socket.gethostname()}
LOOK_EVERY_SECONDS = 0.02


def watch(outgoing):
    """Refuse and note what this process sends to other machines; what it asks of name servers too."""

    def hook(event, arguments):
        if event in ("socket.connect", "socket.sendto"):
            address = arguments[1]
            if isinstance(address, tuple) and not str(address[0]).startswith("127.") and address[0] not in HERE:
                outgoing.append(f"{event} {address[0]}:{address[1]}")
                raise ConnectionRefusedError("the test refuses it")
        elif event == "socket.getaddrinfo":
            host = arguments[0].decode() if isinstance(arguments[0], bytes) else arguments[0]
            if host not in HERE and not str(host).startswith("127."):
                outgoing.append(f"{event} {host}")
                raise socket.gaierror("the test refuses it")

    sys.addaudithook(hook)


def look(listening, connected, done):
    """Note the addresses of this process's and its descendants' sockets, again and again."""
    while not done.is_set():
        own = inodes_of(descendants())
        for table in ("tcp", "tcp6"):
            for line in Path("/proc/net", table).read_text().splitlines()[1:]:
                fields = line.split()
                if fields[9] not in own:
                    continue
                if fields[3] == LISTENING:
                    listening.add(address_of(fields[1]))
                elif not loopback(address_of(fields[2])):
                    connected.add(address_of(fields[2]))
        time.sleep(LOOK_EVERY_SECONDS)


def descendants():
    parents = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):
            parents[int(stat.parent.name)] = int(stat.read_text().rpartition(")")[2].split()[1])
    found = {os.getpid()}
    while more := {process for process, parent in parents.items() if parent in found} - found:
        found |= more
    return found


def inodes_of(processes):
    found = set()
    for process in processes:
        with contextlib.suppress(OSError):
            for entry in os.scandir(f"/proc/{process}/fd"):
                with contextlib.suppress(OSError):
                    link = os.readlink(entry.path)
                    if link.startswith("socket:["):
                        found.add(link[8:-1])
    return found


def address_of(text):
    """Return an address of /proc/net as people write it."""
    address, port = text.split(":")
    raw = bytes.fromhex(address)
    turned = b"".join(raw[place : place + 4][::-1] for place in range(0, len(raw), 4))
    name = socket.inet_ntop(socket.AF_INET if len(raw) == 4 else socket.AF_INET6, turned)
    return f"{name}:{int(port, 16)}"


def loopback(address):
    return address.startswith(("127.", "::1:", "::ffff:127."))


def run(main, arguments):
    sys.argv = arguments
    errors = io.StringIO()
    with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(errors):
        try:
            main()
        except SystemExit as left:
            return left.code or 0, errors.getvalue()[-1000:]
    return 0, ""


if __name__ == "__main__":
    module, commands, report = sys.argv[1:]
    outgoing, listening, connected, done = [], set(), set(), threading.Event()
    watch(outgoing)
    looking = threading.Thread(target=look, args=(listening, connected, done), daemon=True)
    looking.start()
    main = importlib.import_module(module).main
    ended = [[arguments, *run(main, list(arguments))] for arguments in json.loads(Path(commands).read_text())]
    done.set()
    looking.join()
    found = {"ended": ended, "outgoing": outgoing, "connected": sorted(connected), "listening": sorted(listening)}
    Path(report).write_text(json.dumps(found))
