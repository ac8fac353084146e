"""Real processes that share a meta-training, as `torchrun` would start them."""

import os
import socket
import subprocess
import sys

import pytest


@pytest.fixture
def on_ranks():
    """Run a command line of Python on so many ranks; return the finished processes in the order of the ranks."""
    started = []

    def run(count, *arguments):
        with socket.create_server(("127.0.0.1", 0)) as free:
            port = free.getsockname()[1]
        told = {"WORLD_SIZE": count, "LOCAL_WORLD_SIZE": count, "MASTER_ADDR": "127.0.0.1", "MASTER_PORT": port}
        for rank in range(count):
            environment = {**os.environ, **{name: str(value) for name, value in {**told, "RANK": rank}.items()}}
            started.append(
                subprocess.Popen(
                    [sys.executable, *map(str, arguments)],
                    env=environment,
                    stdout=subprocess.PIPE,
                    stderr=subprocess.PIPE,
                    text=True,
                )
            )
        return [
            subprocess.CompletedProcess(process.args, process.returncode, *texts)
            for process, texts in [(process, process.communicate(timeout=600)) for process in started]
        ]

    yield run
    for process in started:
        process.kill()
        process.wait()
