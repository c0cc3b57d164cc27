"""`manage.py vllm`: the command line that serves the model of the settings, or of a profile."""

import os
import shlex
import shutil
from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from embedding.vllm_command import PROFILES, command


class Command(BaseCommand):
    help = "Print the command line of vLLM for the model of the settings, or of a profile; or run it."
    requires_system_checks = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--profile", type=int, choices=sorted(PROFILES), help="the GPU's memory in GB, instead of the settings"
        )
        parser.add_argument("--host", default="127.0.0.1")
        parser.add_argument("--port", type=int, default=8001)
        what = parser.add_mutually_exclusive_group()
        what.add_argument("--run", action="store_true", help="run it instead of printing it")
        what.add_argument("--env", action="store_true", help="print the lines of .env that belong to it instead")

    def handle(self, *args: Any, **options: Any) -> None:
        profile = options["profile"]
        serving = PROFILES[profile] if profile else settings.VLLM
        line = command(serving, host=options["host"], port=options["port"])
        if options["env"]:
            for name, value in serving.environment().items():
                self.stdout.write(f"{name}={value}")
        elif options["run"]:
            if shutil.which(line[0]) is None:
                raise CommandError("vLLM is not installed here: see https://docs.vllm.ai/en/stable/getting_started/")
            os.environ.setdefault("VLLM_API_KEY", settings.VLLM_API_KEY)
            os.execvp(line[0], line)  # noqa: S606
        else:
            self.stdout.write(shlex.join(line))
