"""What all reports share: one HTML file with its pictures inside, no scripts, nothing to load."""

from base64 import b64encode
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import yaml
from jinja2 import ChoiceLoader, Environment, PackageLoader, StrictUndefined

from gtn_core.errors import RunError
from gtn_core.reporting._drawing import Picture
from gtn_core.runs import write_atomically

REPORT, FIGURES = "report.html", "figures"


def page(template: str, *, package: str = "gtn_core.reporting", **content: Any) -> str:
    """Return a template of a package filled in; style sheet, head and figures are the same for all packages."""
    environment = Environment(
        loader=ChoiceLoader([PackageLoader(package), PackageLoader("gtn_core.reporting")]),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["unbroken"] = lambda text: text.replace(" %", "\N{NO-BREAK SPACE}%")
    environment.filters["base64"] = lambda content: b64encode(content).decode("ascii")
    return environment.get_template(template).render(**content)


def as_yaml(content: Any, short: bool = False) -> str:
    """Return settings as text; `short` puts the innermost keys on one line, as recipes have them."""
    style = None if short else False
    return yaml.safe_dump(content, sort_keys=False, allow_unicode=True, default_flow_style=style, width=88)


def write_report(folder: Path, html: str, pictures: Iterable[Picture]) -> Path:
    """Write a report and its pictures into a folder, each file as a whole or not at all; return the report's path.

    Raises:
        RunError: the folder cannot be written to.
    """
    report = folder / REPORT
    try:
        (folder / FIGURES).mkdir(exist_ok=True)
        for drawn in pictures:
            _write(folder / FIGURES / f"{drawn.name}.png", drawn.png)
        _write(report, html.encode())
    except OSError as error:
        raise RunError(f"cannot write the report to {folder}: {error.strerror}") from error
    return report


def _write(path: Path, content: bytes) -> None:
    write_atomically(path, lambda partial: partial.write_bytes(content))
