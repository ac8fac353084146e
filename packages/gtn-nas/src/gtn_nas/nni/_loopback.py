"""Keeps NNI's server off the network.

NNI 3.0 calls `listen(port)` without a host: it listens on every interface, asks for no password, and has no option
against it. Its server is a Node program, so a file that Node loads beforehand, `loopback.js`, adds the host.
"""

import os
from pathlib import Path

HOST = "127.0.0.1"
PRELOAD = Path(__file__).with_name("loopback.js")


def node_options(present: str = "") -> str:
    """Return the value of NODE_OPTIONS that keeps NNI on 127.0.0.1.

    Args:
        present: what the variable holds already; it is kept.

    Example:
        >>> node_options(node_options("--trace-warnings")) == node_options("--trace-warnings")
        True
        >>> node_options("--trace-warnings").startswith("--trace-warnings --require=")
        True
    """
    path = str(PRELOAD).replace("\\", "\\\\").replace('"', '\\"')
    wanted = f'--require="{path}"' if " " in path else f"--require={path}"
    return present if wanted in present else f"{present} {wanted}".strip()


def listen_on_loopback() -> None:
    """Let every NNI server that this process starts from now on listen on 127.0.0.1 only.

    The trials of such a server inherit it. No other Node program is touched.
    """
    os.environ["NODE_OPTIONS"] = node_options(os.environ.get("NODE_OPTIONS", ""))
