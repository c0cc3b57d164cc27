"""What `make restore` does: a backup into a data folder in which nothing runs, with that folder's own servers."""

import os
import subprocess
import sys
from pathlib import Path

from kb.local import environment, servers
from kb.local.account import server_account
from kb.local.start import wait_for_last_run
from kb.local.supervision import CHECKOUT, GUARD, supervised
from kb.local.words import CannotStart, say


def restore(source: Path) -> None:
    """Raises CannotStart; the command itself has then said why."""
    wishes = environment.read()
    folder = wishes.folder
    folder.make(server_account())
    with folder.locked("a restore"):
        wait_for_last_run(folder)
        say(f"Restoring {source} into {folder.path}")
        prepared = servers.prepare(folder, wishes.port)
        with supervised(folder, prepared.programs()) as supervisor:
            prepared.start(supervisor)
            guard = [*GUARD, "--signal", "KILL", "--parent", str(os.getpid()), "--lock", str(folder.children_lock)]
            manage = [sys.executable, str(CHECKOUT / "manage.py"), "restore", str(source.resolve())]
            done = subprocess.run([*guard, "--", *manage], cwd=CHECKOUT, stdin=subprocess.DEVNULL, check=False)
    if done.returncode:
        raise CannotStart("The backup was not restored.")
    say("Start Footnote with `make run`.")
