"""`python -m gtn_nas.nni.loopback` prints what NODE_OPTIONS must be for `nnictl` to stay on 127.0.0.1.

Example: export NODE_OPTIONS="$(python -m gtn_nas.nni.loopback)"
"""

import os

from gtn_nas.nni._loopback import node_options

if __name__ == "__main__":
    print(node_options(os.environ.get("NODE_OPTIONS", "")))
