"""`python -m kb.local [--restore FILE]`: run by `make run` and `make restore` once .venv is installed.

Stays in the foreground until Ctrl-C, or until the backup is restored.
"""

import argparse
import errno
import signal
import sys
from pathlib import Path
from types import FrameType

from kb.local.messages import CannotStart, say


def interrupt(_signal: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--restore", type=Path, metavar="FILE")
    backup: Path | None = parser.parse_args().restore
    # SIGINT too: a shell ignores it in processes that it starts in the background.
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, interrupt)
    try:
        # Imported here, because it takes a moment during which Ctrl-C may come.
        if backup:
            from kb.local.restore import restore

            restore(backup)
        else:
            from kb.local.start import run

            run()
    except CannotStart as problem:
        print(problem, file=sys.stderr)
        return 1
    except OSError as error:
        if error.errno not in (errno.ENOSPC, errno.EDQUOT):
            raise
        print(f"The disk is full ({error}). Free some space and start again; no data is lost.", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        say("Footnote has stopped.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
