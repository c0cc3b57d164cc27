"""Ports and passwords are kept between starts."""

import socket
from dataclasses import replace

from kb.local import services
from kb.local.folder import DataFolder


def test_what_was_written_is_recalled(folder: DataFolder) -> None:
    file = folder.run / "services.json"
    invented = services.invent()

    invented.write(file)

    assert services.recall(file) == invented
    assert file.stat().st_mode & 0o077 == 0


def test_at_the_first_start_there_is_nothing_to_recall(folder: DataFolder) -> None:
    assert services.recall(folder.run / "services.json") is None


def test_two_folders_share_no_secret() -> None:
    one, other = services.invent(), services.invent()

    assert not {one.postgres_password, one.redis_password, one.secret_key} & {
        other.postgres_password,
        other.redis_password,
        other.secret_key,
    }


def test_free_ports_stay() -> None:
    invented = services.invent()

    assert invented.on_free_ports(web_port=8000) == invented


def test_only_a_taken_port_changes() -> None:
    invented = services.invent()
    with socket.create_server(("127.0.0.1", invented.redis_port)):
        moved = invented.on_free_ports(web_port=8000)

    assert moved.redis_port not in (invented.redis_port, invented.postgres_port)
    assert moved == replace(invented, redis_port=moved.redis_port)


def test_the_web_servers_port_is_left_to_it() -> None:
    invented = services.invent()

    assert invented.on_free_ports(web_port=invented.postgres_port).postgres_port != invented.postgres_port
