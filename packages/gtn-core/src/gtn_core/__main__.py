"""`python -m gtn_core` is `gtn`."""

from gtn_core.cli import main

if __name__ == "__main__":
    main()
