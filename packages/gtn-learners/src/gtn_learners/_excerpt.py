"""What came, for a message of one line."""

LONGEST = 120


def excerpt(text: str) -> str:
    """Return the text in quotes, cut where it is long.

    Example:
        >>> excerpt("|none~0|")
        "'|none~0|'"
    """
    return repr(text if len(text) <= LONGEST else f"{text[:LONGEST]}...")
