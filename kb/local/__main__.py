"""`python -m kb.local`: what `make run` starts once .venv is made. It stays in the foreground until Ctrl-C."""

import errno
import signal
import sys
from types import FrameType

from kb.local.words import CannotStart, say


def interrupt(_signal: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt


def main() -> int:
    # SIGINT too: a shell that puts us into the background has it ignored.
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, interrupt)
    try:
        from kb.local.start import run  # here, since it takes a moment in which Ctrl-C may come

        run()
    except CannotStart as problem:
        print(problem, file=sys.stderr)
        return 1
    except OSError as error:
        if error.errno not in (errno.ENOSPC, errno.EDQUOT):
            raise
        print(f"The disk is full ({error}). Free some space and start again; nothing is lost.", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        say("Footnote has stopped.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
