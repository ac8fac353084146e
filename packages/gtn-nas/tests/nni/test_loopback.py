"""NNI's own server listens on every interface, without a password. Ours must never."""

import os
import socket
import subprocess
import threading
from pathlib import Path
from urllib.request import urlopen

import nni_node
import psutil
import pytest

from gtn_core.runs import SilentProgress
from gtn_nas.evaluation import EvaluationSettings
from gtn_nas.nni import run_search
from gtn_nas.nni._loopback import PRELOAD, node_options
from gtn_nas.search import trials_of

NODE = Path(nni_node.__path__[0], "node")
LISTEN = """
const server = require('net').createServer();
server.listen(%s, () => { console.log(server.address().address); process.exit(); });
"""


def listening_addresses(process: psutil.Process) -> set[tuple[str, int]]:
    """Return where a process and all that it started listen."""
    found = set()
    for one in [process, *process.children(recursive=True)]:
        try:
            connections = one.net_connections("inet")
        except psutil.NoSuchProcess:
            continue
        found |= {(place.laddr.ip, place.laddr.port) for place in connections if place.status == psutil.CONN_LISTEN}
    return found


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore:unclosed <socket:ResourceWarning")  # of NNI's look at whether the port is idle
def test_while_a_local_search_runs_nothing_of_ours_listens_outside_loopback(tmp_path: Path):
    port, seen, pages = free_port(), set(), []
    over = threading.Event()

    def watch() -> None:
        while not over.wait(0.1):
            seen.update(listening_addresses(psutil.Process()))
            if not pages and ("127.0.0.1", port) in seen:
                with urlopen(f"http://127.0.0.1:{port}/api/v1/nni/version") as page:
                    pages.append(page.read())

    watcher = threading.Thread(target=watch)
    watcher.start()
    try:
        run_search(
            EvaluationSettings(
                "digits", "nb201", size={"channels": 2}, options={"steps": 1, "seeds": 1}, data="digits"
            ),
            tmp_path,
            trials=1,
            engine="local",
            port=port,
            progress=SilentProgress(),
        )
    finally:
        over.set()
        watcher.join()
    assert ("127.0.0.1", port) in seen
    assert {address for address, _ in seen} == {"127.0.0.1"}
    assert pages
    assert len(trials_of(tmp_path)) == 1
    assert listening_addresses(psutil.Process()) == set()  # the server is gone


@pytest.mark.parametrize(
    "arguments",
    [
        "0",
        "'0'",
        "undefined",
        "0, undefined",
        "0, ''",
        "0, '0.0.0.0'",
        "0, '::'",
        "0, 5",
        "0, '0.0.0.0', 5",
        "{port: 0}",
        "{port: 0, host: '::'}",
        "0, '127.0.0.1'",
        "{port: 0, host: '127.0.0.1'}",
    ],
)
def test_however_a_server_asks_for_every_interface_it_gets_loopback(arguments: str, tmp_path: Path):
    assert listened_on(arguments, tmp_path / "nni_node") == "127.0.0.1"


def test_an_address_that_was_chosen_is_kept(tmp_path: Path):
    assert listened_on("0, '127.0.0.2'", tmp_path / "nni_node") == "127.0.0.2"
    assert listened_on("0", tmp_path / "nni_node", GTN_NNI_HOST="127.0.0.3") == "127.0.0.3"


def test_other_node_programs_are_left_alone(tmp_path: Path):
    assert listened_on("{port: 0, host: '0.0.0.0'}", tmp_path / "other") == "0.0.0.0"


def listened_on(arguments: str, folder: Path, **variables: str) -> str:
    folder.mkdir(exist_ok=True)
    script = folder / "main.js"
    script.write_text(LISTEN % arguments)
    environment = {**os.environ, "NODE_OPTIONS": node_options(), **variables}
    found = subprocess.run([NODE, script], env=environment, capture_output=True, text=True, check=True)
    return found.stdout.strip()


def test_the_preload_is_there_and_is_named_once():
    assert PRELOAD.is_file()
    assert str(PRELOAD) in os.environ["NODE_OPTIONS"]  # importing the adapter is enough
    assert node_options(node_options("--trace-warnings")) == node_options("--trace-warnings")


def test_a_path_with_spaces_is_quoted(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("gtn_nas.nni._loopback.PRELOAD", Path("/a folder/loopback.js"))
    assert node_options() == '--require="/a folder/loopback.js"'
