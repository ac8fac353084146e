"""What has to hold before NNI is imported, and before it starts its server.

NNI 3.0 would import PyTorch Lightning unless it is told to do without; its server would listen on every interface.
"""

import os
import socket
import sys
import warnings
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from pathlib import Path

from gtn_core.errors import ConfigurationError
from gtn_nas.nni._loopback import HOST, listen_on_loopback

VERSION = "3.0"
INSTALL = f'pip install "nni=={VERSION}" "setuptools>=77.0.3,<81"'


def prepare() -> None:
    """Import NNI, and let every NNI server that this process starts listen on 127.0.0.1 only.

    Raises:
        ConfigurationError: NNI is missing or another version of it is installed.
    """
    try:
        found = version("nni")
    except PackageNotFoundError as error:
        raise ConfigurationError(f"NNI is not installed: {INSTALL}") from error
    if found != VERSION:
        raise ConfigurationError(f"NNI {found} is installed, and only {VERSION} is known to work: {INSTALL}")
    os.environ.setdefault("NNI_FRAMEWORK", "none")
    listen_on_loopback()
    if "nni" in sys.modules:  # it read its environment before us
        from nni.common.framework import set_default_framework

        set_default_framework(os.environ["NNI_FRAMEWORK"])
    with warnings.catch_warnings():
        # NNI takes every name with a capital in torch.nn for a module, and is surprised by two.
        warnings.filterwarnings("ignore", "<class 'torch.* is found to be not a nn.Module", RuntimeWarning)
        import nni.nas.nn.pytorch  # noqa: F401


def check_server(port: int) -> None:
    """Raise unless NNI's server can be started on a port.

    Raises:
        ConfigurationError: the port is taken, or a part that the server needs is missing.
    """
    package = find_spec("nni_node")
    folders = (package.submodule_search_locations if package else None) or ()
    if not any((Path(folder) / name).is_file() for folder in folders for name in ("node", "node.exe")):
        raise ConfigurationError(
            f"NNI's node binary is missing: pip install --force-reinstall --no-deps nni=={VERSION}"
        )
    if not find_spec("pkg_resources"):
        raise ConfigurationError(f"NNI's trials import pkg_resources, which newer setuptools dropped: {INSTALL}")
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # as the server does: a port just left is free
        try:
            probe.bind((HOST, port))
        except OSError as error:
            raise ConfigurationError(
                f"port {port} of {HOST} cannot be used: {error.strerror}; choose another with --port"
            ) from error
