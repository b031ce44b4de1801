"""Takes the pictures in ``docs/pictures``, of real runs: ``make screenshots``.

The terminal is a real one, pages are shown by the system's Chromium.
"""

from __future__ import annotations

import io
import tempfile
from pathlib import Path

from playwright.sync_api import Browser
from rich.console import Console
from rich.terminal_theme import SVG_EXPORT_THEME
from rich.text import Text

from tests.support.browser import chromium, visit
from tests.support.command_line import shardrun
from tests.support.live_terminal import plain, watch

PICTURES = Path(__file__).with_name("pictures")
EMPLOYEES = 20_000
WIDTH = 76
PAGE_WIDTH, PAGE_HEIGHT = 1240, 1300
WINDOW = """<!doctype html><style>
body {{ margin: 0; background: #fff }}
pre {{ display: inline-block; margin: 0; padding: 18px 22px; border-radius: 10px; color: #d9dee7;
  background: #171c24; font: 13px/1.36 "DejaVu Sans Mono", Menlo, Consolas, monospace }}
</style><pre>{code}</pre>"""


def main() -> None:
    """Take them all."""
    PICTURES.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as folder, chromium() as browser:
        here = Path(folder)
        _shardrun("init", "mysim", "--employees", EMPLOYEES, cwd=here)
        mysim = here / "mysim"
        frames = watch("run", cwd=mysim, width=WIDTH)
        # the last one of the step, so that its seconds are to be seen
        *_, at_work = (
            frame
            for frame in frames
            if any("2028 event generation" in line for line in plain(frame))
        )
        _window(browser, "run", "shardrun run", at_work)
        _window(browser, "trace", "shardrun trace E0000059", _life(mysim))
        _shardrun("report", "simulation.duckdb", cwd=mysim)
        with visit(browser, mysim / "simulation.html", width=PAGE_WIDTH) as seen:
            seen.page.screenshot(
                path=PICTURES / "report.png",
                clip={"x": 0, "y": 0, "width": PAGE_WIDTH, "height": PAGE_HEIGHT},
                full_page=True,
            )


def _shardrun(*words: object, cwd: Path, **changes: str) -> str:
    done = shardrun(*words, cwd=cwd, width=WIDTH, **changes)
    assert done.returncode == 0, done.stderr
    return done.stdout


def _life(mysim: Path) -> str:
    """Return the beginning of a life, as it looks on a terminal."""
    told = _shardrun("trace", "E0000059", cwd=mysim, FORCE_COLOR="1", TERM="xterm-256color")
    return "\n".join(told.splitlines()[:24])


def _window(browser: Browser, name: str, command: str, ansi: str) -> None:
    """Take a picture of a terminal's window.

    Args:
        browser: that runs.
        name: of the picture.
        command: that was typed.
        ansi: what it shows, with its colours.
    """
    console = Console(record=True, width=WIDTH, file=io.StringIO(), force_terminal=True)
    console.print(Text.assemble(("$ ", "dim"), (command, "bold")))
    console.print(Text.from_ansi(ansi.strip("\n")))
    page = browser.new_page(device_scale_factor=1.5)
    page.set_content(
        console.export_html(code_format=WINDOW, inline_styles=True, theme=SVG_EXPORT_THEME)
    )
    page.locator("pre").screenshot(path=PICTURES / f"{name}.png")
    page.close()


if __name__ == "__main__":
    main()
