"""What docker-compose.yml promises. No container engine runs here: the file is parsed as Compose does."""

import os
import re
import shutil
import subprocess
import sys
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from dotenv import dotenv_values

from embedding.vllm_command import PROFILES, Serving, command
from kb.local import redis_server, start
from kb.local.environment import Options
from kb.local.folder import DataFolder
from kb.local.supervision import CHECKOUT
from retrieval.engines import MOST_DIMENSIONS
from tests.deployment import compose
from tests.test_settings import documented

OWN = {"web", "worker", "beat", "migrate"}


@pytest.fixture(scope="module")
def file() -> dict[str, Any]:
    return compose.read()


@pytest.fixture(scope="module")
def services(file: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = file["services"]
    return found


def test_these_are_the_services(services: dict[str, Any]) -> None:
    assert set(services) == OWN | {"db", "redis", "vllm"}


def test_only_the_web_server_is_published_and_only_to_this_machine(services: dict[str, Any]) -> None:
    published = {name: service["ports"] for name, service in services.items() if "ports" in service}
    assert published == {"web": ["127.0.0.1:8000:8000"]}
    assert not [name for name, service in services.items() if "network_mode" in service]


def test_address_and_port_can_be_set() -> None:
    web = compose.read({**compose.SECRETS, "FOOTNOTE_ADDRESS": "10.0.0.5", "PORT": "9000"})["services"]["web"]
    assert web["ports"] == ["10.0.0.5:9000:9000"]
    assert web["command"][web["command"].index("--port") + 1] == web["environment"]["PORT"] == "9000"


class TestSecrets:
    @pytest.mark.parametrize("name", compose.SECRETS)
    def test_a_missing_secret_is_reported_and_nothing_starts(self, name: str) -> None:
        with pytest.raises(compose.Missing, match=rf"{name}: set it in \.env"):
            compose.read({**compose.SECRETS, name: ""})

    def test_no_secret_is_in_the_file(self) -> None:
        """Every password, key and the like is a variable, or an address that contains one."""
        lines = [line.strip() for line in compose.FILE.read_text().splitlines()]
        secret = [line for line in lines if re.match(r"[\w-]*(PASSWORD|SECRET|KEY|AUTH|_URL|requirepass)\b", line)]
        assert len(secret) >= 7
        assert all(re.search(r"\$\{FOOTNOTE_\w+:[?-]", line) for line in secret), secret

    def test_no_secret_is_in_a_command_visible_to_all_users(self, services: dict[str, Any]) -> None:
        for name, service in services.items():
            told = str([service.get("command"), service.get("entrypoint"), service.get("healthcheck")])
            assert not [secret for secret in compose.SECRETS.values() if secret in told], name

    def test_database_and_queue_use_the_same_passwords_as_their_clients(self, file: dict[str, Any]) -> None:
        services = file["services"]
        password = services["db"]["environment"]["POSTGRES_PASSWORD"]
        assert f"footnote:{password}@db" in services["web"]["environment"]["DATABASE_URL"]
        password = services["redis"]["environment"]["REDISCLI_AUTH"]
        assert f":{password}@redis" in services["web"]["environment"]["REDIS_URL"]
        assert f"requirepass {password}\n" in file["configs"]["redis"]["content"]


class TestOrder:
    @pytest.mark.parametrize("name", ["web", "worker", "beat"])
    def test_tables_are_created_before_they_are_used(self, services: dict[str, Any], name: str) -> None:
        assert services[name]["depends_on"] == {
            "migrate": {"condition": "service_completed_successfully"},
            "db": {"condition": "service_healthy"},
            "redis": {"condition": "service_healthy"},
        }

    def test_the_database_starts_before_its_tables_are_created(self, services: dict[str, Any]) -> None:
        assert services["migrate"]["depends_on"] == {"db": {"condition": "service_healthy"}}

    def test_all_services_restart_except_finished_ones(self, services: dict[str, Any]) -> None:
        restarts = {name: service["restart"] for name, service in services.items()}
        assert restarts.pop("migrate").startswith("on-failure")
        assert set(restarts.values()) == {"unless-stopped"}


class TestHealth:
    def test_every_long_running_service_has_a_check(self, services: dict[str, Any]) -> None:
        for name, service in services.items():
            check = service["healthcheck"]
            if name == "migrate":
                assert check == {"disable": True}
            else:
                assert set(check) == {"test", "interval", "timeout", "retries", "start_period"}, name

    def test_a_model_download_is_not_unhealthy(self, services: dict[str, Any]) -> None:
        assert services["vllm"]["healthcheck"]["start_period"] == "1800s"


class TestState:
    def test_all_of_it_is_in_named_volumes(self, file: dict[str, Any]) -> None:
        mounted = {volume for service in file["services"].values() for volume in service["volumes"]}
        assert mounted == {
            "data:/data",
            "db:/var/lib/postgresql",
            "redis:/data",
            "huggingface:/models",
        }
        assert set(file["volumes"]) == {volume.split(":")[0] for volume in mounted}

    def test_web_and_worker_see_the_same_files(self, services: dict[str, Any]) -> None:
        for name in OWN:
            assert services[name]["volumes"] == ["data:/data"], name
            assert services[name]["environment"]["FOOTNOTE_DATA"] == "/data"

    def test_shared_memory_holds_a_parallel_index_build(self, services: dict[str, Any]) -> None:
        settings = dict(word.split("=") for word in services["db"]["command"] if "=" in word)
        assert settings["maintenance_work_mem"] == "1GB"
        assert services["db"]["shm_size"] == "2gb"

    def test_the_queue_has_the_same_persistence_as_make_run(self, file: dict[str, Any]) -> None:
        kept = set(file["configs"]["redis"]["content"].splitlines()) - {"requirepass queuesecret"}
        assert kept == {line for line in redis_server.SETTINGS.splitlines() if re.match("append|save|maxmemory", line)}

    def test_logs_are_bounded(self, services: dict[str, Any]) -> None:
        for name, service in services.items():
            assert set(service["logging"]["options"]) == {"max-size", "max-file"}, name


class TestEngine:
    def test_it_is_started_with_our_command(self, services: dict[str, Any]) -> None:
        assert services["vllm"]["entrypoint"] == []
        assert services["vllm"]["command"] == command(Serving())

    def test_the_command_for_another_model(self) -> None:
        told = {
            "FOOTNOTE_VLLM_MODEL": "Qwen/Qwen3-Embedding-8B",
            "FOOTNOTE_VLLM_REVISION": "main",
            "FOOTNOTE_VLLM_MAX_TOKENS": "4096",
            "FOOTNOTE_VLLM_GPU_MEMORY": "0.4",
        }
        found = compose.read({**compose.SECRETS, **told})["services"]["vllm"]["command"]
        assert found == command(Serving("Qwen/Qwen3-Embedding-8B", "main", max_tokens=4096, gpu_memory=0.4))

    @pytest.mark.parametrize("profile", PROFILES)
    def test_the_command_for_a_profile(self, profile: int) -> None:
        """What `manage.py vllm --env` prints into .env serves the same as what `manage.py vllm` prints."""
        told = StringIO()
        call_command("vllm", profile=profile, env=True, stdout=told)
        lines = dict(line.split("=", 1) for line in told.getvalue().splitlines())
        assert lines.keys() <= documented().keys()
        assert int(lines["FOOTNOTE_VLLM_DIMENSIONS"]) <= MOST_DIMENSIONS
        found = compose.read({**compose.SECRETS, **lines})["services"]["vllm"]["command"]
        assert found == command(PROFILES[profile])

    def test_the_docs_tell_the_profiles(self) -> None:
        text = (CHECKOUT / "docs" / "engines.md").read_text()
        rows = re.findall(r"^\| (\d+) \| (\S+) \| (\d+) \|", text, re.MULTILINE)
        assert [(int(gb), model, int(tokens)) for gb, model, tokens in rows] == [
            (gb, serving.model, serving.max_tokens) for gb, serving in PROFILES.items()
        ]

    def test_it_can_be_printed_for_a_shell(self) -> None:
        told = StringIO()
        call_command("vllm", port=9000, stdout=told)
        shell = ["bash", "-c", f"printf '%s\\n' {told.getvalue()}"]
        printed = subprocess.run(shell, capture_output=True, text=True, check=True)
        assert printed.stdout.splitlines() == command(Serving(), host="127.0.0.1", port=9000)

    def test_it_can_be_run_with_the_key_that_the_client_has(self, tmp_path: Path) -> None:
        stub = tmp_path / "vllm"
        stub.write_text('#!/bin/sh\nprintf "%s\\n" "$VLLM_API_KEY" "$@"\n')
        stub.chmod(0o755)
        told = {"PATH": f"{tmp_path}:{os.environ['PATH']}", "FOOTNOTE_VLLM_API_KEY": "sesame"}
        ran = subprocess.run(
            [sys.executable, "manage.py", "vllm", "--run", "--profile", "12"],
            cwd=CHECKOUT,
            env={**os.environ, **told},
            capture_output=True,
            text=True,
            check=True,
        )
        assert ran.stdout.splitlines() == ["sesame", *command(PROFILES[12], host="127.0.0.1", port=8001)[1:]]

    def test_where_it_is_not_installed_that_is_said(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("PATH", "/nowhere")
        with pytest.raises(CommandError, match="vLLM is not installed here"):
            call_command("vllm", run=True)

    def test_it_has_a_gpu_of_its_own(self, services: dict[str, Any]) -> None:
        (device,) = services["vllm"]["deploy"]["resources"]["reservations"]["devices"]
        assert device == {"driver": "nvidia", "device_ids": ["0"], "capabilities": ["gpu"]}

    def test_the_others_use_its_address(self, services: dict[str, Any]) -> None:
        told = services["worker"]["environment"]
        listens = services["vllm"]["command"]
        assert told["FOOTNOTE_VLLM_URL"] == f"http://vllm:{listens[listens.index('--port') + 1]}"
        assert told["FOOTNOTE_ENGINE"] == "vllm"


class TestOwnServices:
    def test_they_share_one_image_and_can_write_only_their_data(self, services: dict[str, Any]) -> None:
        for name in OWN:
            service = services[name]
            assert (service["image"], service["build"], service["env_file"]) == ("footnote", ".", ".env"), name
            assert (service["read_only"], service["tmpfs"], service["cap_drop"]) == (True, ["/tmp"], ["ALL"]), name
            assert service["security_opt"] == ["no-new-privileges:true"], name

    def test_they_run_as_make_run_runs_them(self, services: dict[str, Any]) -> None:
        """Only addresses, the metrics folder and the web server's pool differ."""
        options = Options(folder := DataFolder(CHECKOUT / "var"), port=8000, workers=2)
        for program in start.own_programs(options):
            service = services[program.name]
            here = " ".join(program.command).replace(sys.executable, "python").replace("127.0.0.1", "0.0.0.0")
            here = here.replace(str(folder.run / "metrics"), "/tmp/metrics")
            assert here.removeprefix("env FOOTNOTE_DB_POOL=1 ") == " ".join(service["command"])
            pool = "FOOTNOTE_DB_POOL=1" in here
            assert service["environment"].get("FOOTNOTE_DB_POOL") == ("1" if pool else None)

    def test_the_worker_has_time_to_finish_documents(self, services: dict[str, Any]) -> None:
        assert services["worker"]["stop_grace_period"] == "60s"

    def test_only_our_proxy_is_trusted_for_addresses(self, file: dict[str, Any]) -> None:
        (network,) = file["networks"]["default"]["ipam"]["config"]
        assert file["services"]["web"]["environment"]["FORWARDED_ALLOW_IPS"] == network["subnet"]


def test_the_env_file_in_the_readme_is_sufficient(tmp_path: Path) -> None:
    blocks = re.findall(r"```sh\n(.*?)```", (CHECKOUT / "README.md").read_text(), re.DOTALL)
    (block,) = [block for block in blocks if block.endswith("docker compose up -d\n")]
    shutil.copy(CHECKOUT / ".env.example", tmp_path)
    subprocess.run(["bash", "-ec", block.replace("docker compose up -d", "")], cwd=tmp_path, check=True)
    written = dotenv_values(tmp_path / ".env")
    assert written.keys() == compose.SECRETS.keys()
    assert len(set(written.values())) == len(written)
    compose.read({name: value or "" for name, value in written.items()})
