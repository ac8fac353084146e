import socket
from importlib.metadata import PackageNotFoundError

import pytest

from gtn_core.errors import ConfigurationError
from gtn_nas.nni import _environment
from gtn_nas.nni._environment import check_server, prepare


@pytest.fixture
def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def test_a_port_that_is_free_will_do(free_port: int):
    check_server(free_port)


def test_a_port_in_use_is_one_clear_line():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(ConfigurationError, match=rf"^port {port} of 127.0.0.1 cannot be used: .*--port$"):
            check_server(port)


def test_another_version_of_nni_is_one_clear_line(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(_environment, "version", lambda name: "2.10.1")
    with pytest.raises(ConfigurationError, match=r"^NNI 2.10.1 is installed, and only 3.0 is known to work: pip"):
        prepare()


def test_no_nni_is_one_clear_line(monkeypatch: pytest.MonkeyPatch):
    def missing(name: str) -> str:
        raise PackageNotFoundError(name)

    monkeypatch.setattr(_environment, "version", missing)
    with pytest.raises(ConfigurationError, match=r"^NNI is not installed: pip install"):
        prepare()


@pytest.mark.parametrize(
    ("lost", "message"), [("nni_node", "node binary is missing"), ("pkg_resources", "import pkg_resources")]
)
def test_a_missing_part_is_one_clear_line(lost: str, message: str, free_port: int, monkeypatch: pytest.MonkeyPatch):
    found = _environment.find_spec
    monkeypatch.setattr(_environment, "find_spec", lambda name: None if name == lost else found(name))
    with pytest.raises(ConfigurationError, match=message):
        check_server(free_port)


def test_a_node_package_without_the_binary_is_told_too(free_port: int, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(_environment.Path, "is_file", lambda path: False)
    with pytest.raises(ConfigurationError, match="node binary is missing"):
        check_server(free_port)
