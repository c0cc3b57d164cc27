"""Tells the user about restarts by supervisord, and about the sample collection's progress."""

import time

import psycopg

from kb.local.messages import say
from kb.local.sample import Sample
from kb.local.supervision import Supervisor

RETRY_SECONDS = 30  # a program that supervisord gave up on may run again, for example once the disk has room


class Watch:
    def __init__(self, supervisor: Supervisor) -> None:
        self._supervisor = supervisor
        self._pids = {name: state.pid for name, state in supervisor.states().items()}
        self._given_up: dict[str, float] = {}

    def check(self) -> None:
        """Prints what has changed since the last check. Raises CannotStart if supervisord is gone."""
        for name, state in self._supervisor.states().items():
            if state.given_up:
                self._retry(name)
            elif state.pid and state.pid != self._pids[name]:
                say(f"The program '{name}' stopped and was restarted; see logs/{name}.log.")
                self._pids[name] = state.pid
            if state.is_up:
                self._given_up.pop(name, None)

    def _retry(self, name: str) -> None:
        if name not in self._given_up:
            say(f"{self._supervisor.failure(name)}\nIt will be restarted every {RETRY_SECONDS} seconds.")
            self._given_up[name] = time.monotonic()
        elif time.monotonic() > self._given_up[name] + RETRY_SECONDS:
            self._given_up[name] = time.monotonic()
            self._supervisor.start(name)


def watch(supervisor: Supervisor, sample: Sample | None) -> None:
    """Runs until a KeyboardInterrupt. Raises CannotStart if supervisord is gone."""
    programs = Watch(supervisor)
    said = ""
    while True:
        if sample:
            try:
                sentence, last = sample.progress()
            except psycopg.OperationalError:  # the database is restarting
                sentence, last = said, False
            if sentence != said:
                say(sentence)
            said, sample = sentence, None if last else sample
        time.sleep(1)
        programs.check()
