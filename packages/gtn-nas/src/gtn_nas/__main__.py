"""`python -m gtn_nas` is `gtn-nas`."""

from gtn_nas.cli import main

if __name__ == "__main__":
    main()
