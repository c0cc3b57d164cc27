import json

import pytest
from django.contrib.auth.models import User
from django.core.management import call_command

from kb.models import Collection, Version


def first_start(capsys: pytest.CaptureFixture[str]) -> dict[str, str | None]:
    call_command("first_start")
    return dict(json.loads(capsys.readouterr().out))


@pytest.mark.django_db
def test_the_first_start_makes_an_administrator_and_the_handbook(capsys: pytest.CaptureFixture[str]) -> None:
    told = first_start(capsys)
    admin = User.objects.get()
    assert admin.is_superuser
    assert admin.check_password(told["admin_password"] or "")
    handbook = Collection.objects.get()
    assert handbook.pk == told["sample"]
    names = set(Version.objects.values_list("filename", flat=True))
    assert {name.rpartition(".")[2] for name in names} == {"md", "docx", "pdf"}


@pytest.mark.django_db
def test_a_later_start_makes_and_tells_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    first_start(capsys)
    Collection.objects.all().update(name="Mine")
    assert first_start(capsys) == {"admin_password": None, "sample": None}
    assert User.objects.count() == Collection.objects.count() == 1


@pytest.mark.django_db
def test_the_environment_sets_the_password(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FOOTNOTE_ADMIN_PASSWORD", "a password of mine")
    assert first_start(capsys)["admin_password"] == "a password of mine"
    assert User.objects.get().check_password("a password of mine")
