"""`python -m gtn_rl` is `gtn-rl`."""

from gtn_rl.cli import main

main()
