"""Implements `make restore`: restores a backup into a data folder that is not in use, with that folder's servers."""

import os
import subprocess
import sys
from pathlib import Path

from kb.local import environment, servers
from kb.local.account import server_account
from kb.local.messages import CannotStart, say
from kb.local.start import wait_for_last_run
from kb.local.supervision import CHECKOUT, GUARD, supervised


def restore(source: Path) -> None:
    """Raises CannotStart, after the command itself has printed the reason."""
    options = environment.read()
    folder = options.folder
    folder.create(server_account())
    with folder.locked("a restore"):
        wait_for_last_run(folder)
        say(f"Restoring {source} into {folder.path}")
        prepared = servers.prepare(folder, options.port)
        with supervised(folder, prepared.programs()) as supervisor:
            prepared.start(supervisor)
            guard = [*GUARD, "--signal", "KILL", "--parent", str(os.getpid()), "--lock", str(folder.children_lock)]
            manage = [sys.executable, str(CHECKOUT / "manage.py"), "restore", str(source.resolve())]
            done = subprocess.run([*guard, "--", *manage], cwd=CHECKOUT, stdin=subprocess.DEVNULL, check=False)
    if done.returncode:
        raise CannotStart("The backup was not restored.")
    say("Start Footnote with `make run`.")
