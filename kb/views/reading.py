"""A document's text, and a PDF's pages as pictures, both with a passage highlighted."""

from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.cache import patch_vary_headers
from django.views.decorators.http import require_safe

from kb.models import Document, Version, VersionText
from kb.reading import page_pictures, stored_text, text_window
from kb.reading.text_window import Mark
from kb.reading.trail import Trail
from kb.views import htmx
from kb.views.access import document_or_404, user_of, version_or_404


@require_safe
def document(request: HttpRequest, id: str) -> HttpResponse:
    """The text with the span from `start` to `end` highlighted, or the reason why there is no text yet."""
    found = document_or_404(request, id)
    version = version_or_404(request, found)
    text = stored_text.without_text(version)
    context: dict[str, object] = {"document": found, "version": version}
    if text is None:
        context["progress"] = version.progress
        context["may_edit"] = Document.objects.editable_by(user_of(request)).filter(pk=found.pk).exists()
        return render(request, "document/not_ready.html", context)
    begin, read = _offset(request, "from"), stored_text.reader(version.pk)
    window = text_window.window(text, read, _mark(request), begin, _offset(request, "to"))
    context |= {"window": window, "labels": text.page_labels}
    if htmx.asks(request):
        response = render(request, "document/_window.html", context)
    else:
        reader = _Reader(version, text, window.mark, Trail.of(request.GET.dict()))
        context |= reader.navigation(as_page=False)
        if page_pictures.has_pages(version):
            at = begin if begin is not None else window.mark[0] if window.mark else 0
            context["page_url"] = reader.page_url(page_pictures.page_at(text, at))
        response = render(request, "document/read.html", context)
    patch_vary_headers(response, ["HX-Request"])
    return response


@require_safe
def page(request: HttpRequest, id: str, number: int) -> HttpResponse:
    """A page of a PDF as a picture, with the lines of the span from `start` to `end` highlighted."""
    found = document_or_404(request, id)
    version = _with_page(version_or_404(request, found), number)
    text = stored_text.without_text(version)
    if text is None:
        raise Http404
    reader = _Reader(version, text, _mark(request), Trail.of(request.GET.dict()))
    context: dict[str, Any] = {"document": found, "version": version, "labels": text.page_labels}
    context |= {"number": number, "label": text.page_label(number)}
    context |= reader.navigation(as_page=True) | reader.pages_around(number)
    context["text_url"] = reader.text_url(text.page_starts[number - 1], f"page-{number}")
    try:
        context["picture"] = page_pictures.marked_page(version, text, number, reader.mark)
    except page_pictures.NoPicture as problem:
        context["problem"] = problem.sentence
    return render(request, "document/page.html", context)


@require_safe
def picture(request: HttpRequest, id: str, number: int) -> HttpResponse:
    """The JPEG of a page."""
    return page_pictures.response(
        request, _with_page(version_or_404(request, document_or_404(request, id)), number), number
    )


@dataclass(frozen=True)
class _Reader:
    """A reader's position in a version. Addresses of other places keep the highlight and the trail of hits."""

    version: Version
    text: VersionText
    mark: Mark | None = None
    trail: Trail | None = None

    def text_url(self, begin: int, anchor: str) -> str:
        """The text around the highlight, or from `begin` if there is no highlight."""
        query = self._query() | ({} if self.mark else {"from": begin})
        address = reverse("document", args=[self.version.document_id])
        return f"{address}?{urlencode(query)}#{'passage' if self.mark else anchor}"

    def page_url(self, number: int) -> str:
        address = reverse("document-page", args=[self.version.document_id, number])
        anchor = "#passage" if number in self.marked_pages else ""
        return f"{address}?{urlencode(self._query())}{anchor}"

    @property
    def marked_pages(self) -> range:
        return page_pictures.pages_of(self.text, self.mark)

    def navigation(self, *, as_page: bool) -> dict[str, Any]:
        """The outline and the trail, for the template."""
        plain = _Reader(self.version, self.text)
        outline = [section for section in self.text.outline() if section["level"] < 4]
        for section in outline:
            start = section["start"]
            page = page_pictures.page_at(self.text, start)
            section["url"] = plain.page_url(page) if as_page else plain.text_url(start, f"section-{section['id']}")
        links: dict[str, Any] = {"outline": outline, "trail": self.trail}
        if self.trail is not None:
            for name, by in (("hit_before", -1), ("hit_after", 1)):
                links[name] = self.trail.step(by, as_page=as_page)
        return links

    def pages_around(self, page: int) -> dict[str, Any]:
        """For the template: links to the previous and next page, and to other pages of the passage."""
        there = range(1, (self.version.page_count or 0) + 1)
        around = {"page_before": page - 1, "page_after": page + 1}
        steps: dict[str, Any] = {name: self.page_url(number) for name, number in around.items() if number in there}
        here = page in self.marked_pages
        others = (page - 1, page + 1) if here else self.marked_pages[:1]
        return steps | {
            "passage_here": here,
            "passage_elsewhere": [
                {"number": number, "url": self.page_url(number)} for number in others if number in self.marked_pages
            ],
        }

    def _query(self) -> dict[str, str | int]:
        span = {"start": self.mark[0], "end": self.mark[1]} if self.mark else {}
        return {"version": self.version.number, **span, **(self.trail.query() if self.trail else {})}


def _mark(request: HttpRequest) -> Mark | None:
    start, end = _offset(request, "start"), _offset(request, "end")
    return (start, end) if start is not None and end is not None and start < end else None


def _with_page(version: Version, number: int) -> Version:
    """The version. Raises Http404 if it has no such page."""
    if not (page_pictures.has_pages(version) and 1 <= number <= (version.page_count or 0)):
        raise Http404
    return version


def _offset(request: HttpRequest, name: str) -> int | None:
    value = request.GET.get(name, "")
    return int(value) if value.isdecimal() and len(value) < 10 else None
