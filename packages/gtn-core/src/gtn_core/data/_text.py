"""Words of other libraries, fit for one line."""


def one_line(error: BaseException, limit: int = 240) -> str:
    """Return what an error says, or its innermost cause if that is hidden below, in one line of bounded length."""
    while error.__cause__ is not None:
        error = error.__cause__
    text = " ".join(str(error).split()) or type(error).__name__
    return text if len(text) <= limit else text[: limit - 3] + "..."
