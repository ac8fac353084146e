"""No command listens anywhere but NNI's server on 127.0.0.1, and none sends anything: every socket is noted."""

import socket

import pytest

from gtn_nas.cli._main import app

CELL = "|nor_conv_3x3~0|+|none~0|skip_connect~1|+|none~0|skip_connect~1|avg_pool_3x3~2|"
OTHER = "|nor_conv_1x1~0|+|none~0|skip_connect~1|+|none~0|skip_connect~1|avg_pool_3x3~2|"
SMALL = ("--space", "nb201", "--channels", "2", "--seeds", "1", "--steps", "1", "--threads", "1")
SEARCH = ("gtn-nas", "search", "digits", *SMALL, "--trials", "2")


def commands(folder, port):
    (folder / "cells.csv").write_text(
        f"genotype,truth\n{CELL},0.5\n{OTHER},0.4\n{CELL.replace('avg_pool', 'nor_conv')},0.3\n"
    )
    training = [f"--set={text}" for text in ("epochs=1", "cells=1", "channels=2", "augmentation=none")]
    return [
        ("gtn-nas", "score", "digits", CELL, *SMALL),
        ("gtn-nas", "rank", "digits", *SMALL, "--genotypes", "cells.csv", "--out", "scores.csv"),
        ("gtn-nas", "correlate", "scores.csv", "--truth", "cells.csv", "--truth-column", "truth"),
        ("gtn-nas", "train", CELL, "--space", "nb201", "--recipe", "search", "--data", "digits", *training),
        (*SEARCH, "--run-dir", "sequential"),
        (*SEARCH, "--run-dir", "local", "--engine", "local", "--port", port),
    ]


@pytest.mark.slow
def test_no_command_listens_beyond_loopback_or_sends(watched, tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    wanted = commands(tmp_path, port)
    assert {command[1] for command in wanted} == {command.name for command in app.registered_commands}
    found = watched("gtn_nas.cli", wanted)
    assert [(command, code, errors) for command, code, errors in found["ended"] if code] == []
    assert found["outgoing"] == found["connected"] == []
    assert f"127.0.0.1:{port}" in found["listening"]
    assert not [address for address in found["listening"] if not address.startswith("127.0.0.1:")]


@pytest.mark.slow
def test_without_the_local_engine_nothing_listens(watched, tmp_path):
    found = watched("gtn_nas.cli", commands(tmp_path, 1)[:-1])
    assert found["outgoing"] == found["connected"] == found["listening"] == []
