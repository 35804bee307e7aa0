"""A page's body as the output of a notebook: its rules win there, and reach nothing else.

JupyterLab styles tables, lists and headings of outputs, and its theme need not be the system's. So
every rule is below one id, which weighs more than any class of theirs; all else is reverted; the
theme is the notebook's where it tells one, else the system's. A viewer that does not trust the
notebook strips style sheets and drawings: then the report stays hidden and a plain table is seen.
JupyterLab's sanitizer drops a `hidden` without a value, and keeps one with a value and `display`.
"""

from __future__ import annotations

import hashlib
import re
from functools import lru_cache
from html import escape
from pathlib import Path

MOST_LINES = 60
_STYLE = Path(__file__).parent / "templates" / "style.css"
_DARK = re.compile(
    r"@media screen and \(prefers-color-scheme: dark\) \{ \.sd \{(.*?)\} \}", re.DOTALL
)
_LIGHT = re.compile(r"\.sd \{ color-scheme: light dark;(.*?)\n  box-sizing", re.DOTALL)
_DRAWING_TEXT = re.compile(r"<(title|desc)>[^<]*</\1>")
_SELECTOR = re.compile(r"\.sd(?![\w-])")
DARK_THEMES = (
    '[data-jp-theme-light="false"]',  # JupyterLab, Notebook 7
    ".vscode-dark",
    ".vscode-high-contrast:not(.vscode-high-contrast-light)",
    "html[theme=dark]",  # Colab
)
LIGHT_THEMES = (
    '[data-jp-theme-light="true"]',
    ".vscode-light",
    ".vscode-high-contrast-light",
    "html[theme=light]",
)


@lru_cache(maxsize=1)
def _style() -> str:
    """The style sheet for notebooks, still of `.sd`."""
    css = _STYLE.read_text(encoding="utf-8")
    light, dark = _LIGHT.search(css), _DARK.search(css)
    assert light is not None
    assert dark is not None
    first = (
        ".sd, .sd :not(svg, svg *) { all: revert; box-sizing: border-box; }\n"
        ".sd > .plain { display: none; }\n.sd > .rich { display: block !important; }\n"
    )
    themes = "".join(
        f":is({', '.join(themes)}) .sd {{ color-scheme: {scheme};{found.group(1)} }}\n"
        for scheme, themes, found in (("light", LIGHT_THEMES, light), ("dark", DARK_THEMES, dark))
    )
    return first + css + themes


def scoped(body: str, table: str) -> str:
    """The body below an id of its own, with its style and the plain table."""
    content = _DRAWING_TEXT.sub("", body)
    name = f"sd-{hashlib.sha256(content.encode('utf-8', 'replace')).hexdigest()[:10]}"
    style = _SELECTOR.sub(f"#{name}", _style())
    lines = table.splitlines()
    more = [f"… {len(lines) - MOST_LINES} more lines"] if len(lines) > MOST_LINES else []
    plain = escape("\n".join(lines[:MOST_LINES] + more))
    return (
        f'<div id="{name}"><style>\n{style}</style>\n<div class="plain"><pre>{plain}</pre></div>\n'
        f'<div class="rich" hidden="hidden" style="display: none">\n{content}</div>\n</div>'
    )
