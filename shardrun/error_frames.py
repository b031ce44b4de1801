"""What the frames of an error hold, let go of before the error goes on.

An error that is kept, or handled, keeps alive every object that the code it came from was at work
with: among them connections, whose files then stay open. It must never change an error otherwise.
"""

from __future__ import annotations

from traceback import clear_frames


def let_go(error: BaseException | None) -> None:
    """Forget the variables of the code that an error came from, and those it came of.

    Args:
        error: as it was caught; frames that are still at work stay as they are.
    """
    while error is not None:
        clear_frames(error.__traceback__)
        error = error.__context__
