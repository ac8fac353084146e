"""What all reports share: one HTML file with its pictures inside, no scripts, nothing to load."""

from base64 import b64encode
from pathlib import Path
from typing import Any

import yaml
from jinja2 import Environment, PackageLoader, StrictUndefined

from gtn_core.runs import write_atomically

REPORT, FIGURES = "report.html", "figures"


def page(template: str, **content: Any) -> str:
    """Return a template filled in."""
    environment = Environment(
        loader=PackageLoader("gtn_core.reporting"),
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


def write(path: Path, content: bytes) -> None:
    """Write a file as a whole or not at all."""
    write_atomically(path, lambda partial: partial.write_bytes(content) and None)
