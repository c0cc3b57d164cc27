"""The watch: supervisord starts again what dies, and here the user is told of that and of the sample."""

import time

import psycopg

from kb.local.sample import Sample
from kb.local.supervision import Supervisor
from kb.local.words import say

RETRY_SECONDS = 30  # a program that supervisord gave up may stay up once the disk has room again


class Watch:
    def __init__(self, supervisor: Supervisor) -> None:
        self._supervisor = supervisor
        self._pids = {name: state.pid for name, state in supervisor.states().items()}
        self._given_up: dict[str, float] = {}

    def look(self) -> None:
        """Say what changed since the last look. Raises CannotStart if supervisord is gone."""
        for name, state in self._supervisor.states().items():
            if state.given_up:
                self._try_again(name)
            elif state.pid and state.pid != self._pids[name]:
                say(f"The program '{name}' had ended and was started again; logs/{name}.log may tell why.")
                self._pids[name] = state.pid
            if state.is_up:
                self._given_up.pop(name, None)

    def _try_again(self, name: str) -> None:
        if name not in self._given_up:
            say(f"{self._supervisor.failure(name)}\nIt will be started again every {RETRY_SECONDS} seconds.")
            self._given_up[name] = time.monotonic()
        elif time.monotonic() > self._given_up[name] + RETRY_SECONDS:
            self._given_up[name] = time.monotonic()
            self._supervisor.start(name)


def watch(supervisor: Supervisor, sample: Sample | None) -> None:
    """Until a KeyboardInterrupt. Raises CannotStart if supervisord is gone."""
    programs = Watch(supervisor)
    said = ""
    while True:
        if sample:
            try:
                sentence, last = sample.progress()
            except psycopg.OperationalError:  # the database is being started again
                sentence, last = said, False
            if sentence != said:
                say(sentence)
            said, sample = sentence, None if last else sample
        time.sleep(1)
        programs.look()
