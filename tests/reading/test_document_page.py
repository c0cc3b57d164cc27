"""A text can be read as soon as it is parsed; the page says if searches do not find it yet."""

from django.contrib.auth.models import User

from kb.models import Document
from retrieval.models import IndexedVersion, Status
from tests.conftest import Upload, signed_in

NOT_FOUND = "Search does not find this text yet."


def shown(user: User, document: Document) -> str:
    return signed_in(user).get(f"/documents/{document.pk}/").content.decode()


def test_while_it_is_indexed(alice: User, ready: Upload) -> None:
    document = ready("soup.txt", "Boil the bones.")
    assert NOT_FOUND not in shown(alice, document)
    IndexedVersion.objects.update(status=Status.QUEUED)
    page = shown(alice, document)
    assert NOT_FOUND in page
    assert "Boil the bones." in page


def test_when_indexing_waits_or_failed_it_says_why(alice: User, ready: Upload) -> None:
    document = ready("soup.txt", "Boil the bones.")
    IndexedVersion.objects.update(status=Status.QUEUED, error_code="engine_down")
    assert "Waiting for the embedding engine." in shown(alice, document)
    IndexedVersion.objects.update(status=Status.FAILED, error_code="internal")
    assert "Something went wrong on our side." in shown(alice, document)
