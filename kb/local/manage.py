"""Runs manage.py in its own process: the starter does not load Django."""

import os
import subprocess
import sys
from types import TracebackType
from typing import Self

from kb.local.folder import DataFolder
from kb.local.messages import CannotStart
from kb.local.supervision import CHECKOUT, GUARD, last_lines


class ManageCommand:
    """`manage.py ARGUMENTS`, running in the background during the `with` block. Its log is logs/setup.log."""

    def __init__(self, folder: DataFolder, *arguments: str) -> None:
        self._name = arguments[0]
        self._log = folder.logs / "setup.log"
        options = ["--signal", "KILL", "--parent", str(os.getpid()), "--lock", str(folder.children_lock)]
        manage = [sys.executable, str(CHECKOUT / "manage.py"), *arguments]
        with self._log.open("a") as log:
            self._process = subprocess.Popen(
                [*GUARD, *options, "--", *manage],
                cwd=CHECKOUT,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
                start_new_session=True,  # Ctrl-C in the terminal goes to the starter only
            )

    def __enter__(self) -> Self:
        return self

    def result(self) -> str:
        """Waits for its end and returns its standard output. Raises CannotStart if it failed."""
        output, _ = self._process.communicate()
        if self._process.returncode:
            raise CannotStart(
                f"`manage.py {self._name}` failed. The last lines of {self._log}:\n{last_lines(self._log)}"
            )
        return output

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._process.kill()
        self._process.wait()
        if self._process.stdout:
            self._process.stdout.close()
