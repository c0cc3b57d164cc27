"""Ports and passwords are kept between starts."""

import socket
from dataclasses import replace

from kb.local import services
from kb.local.folder import DataFolder


def test_what_was_written_is_loaded(folder: DataFolder) -> None:
    file = folder.run / "services.json"
    generated = services.generate()

    generated.write(file)

    assert services.load(file) == generated
    assert file.stat().st_mode & 0o077 == 0


def test_at_the_first_start_there_is_nothing_to_load(folder: DataFolder) -> None:
    assert services.load(folder.run / "services.json") is None


def test_two_folders_share_no_secret() -> None:
    one, other = services.generate(), services.generate()

    assert not {one.postgres_password, one.redis_password, one.secret_key} & {
        other.postgres_password,
        other.redis_password,
        other.secret_key,
    }


def test_free_ports_stay() -> None:
    generated = services.generate()

    assert generated.on_free_ports(web_port=8000) == generated


def test_only_a_taken_port_changes() -> None:
    generated = services.generate()
    with socket.create_server(("127.0.0.1", generated.redis_port)):
        moved = generated.on_free_ports(web_port=8000)

    assert moved.redis_port not in (generated.redis_port, generated.postgres_port)
    assert moved == replace(generated, redis_port=moved.redis_port)


def test_the_web_servers_port_is_left_to_it() -> None:
    generated = services.generate()

    assert generated.on_free_ports(web_port=generated.postgres_port).postgres_port != generated.postgres_port
