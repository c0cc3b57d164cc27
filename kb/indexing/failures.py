"""Why a document failed and what its owner can do: sentences for each error class, shown by pages and API."""

from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _


@dataclass(frozen=True)
class Failure:
    title: str | Promise
    advice: str | Promise


FAILURES = {
    "unreadable": Failure(
        _("The file could not be read"),
        _("It is damaged, or not what its name says. Open it in the program that made it, save it and upload that."),
    ),
    "password": Failure(
        _("The file asks for a password"),
        _("Save a copy without a password and upload that."),
    ),
    "no_text": Failure(
        _("The file holds no text"),
        _(
            "It is empty, or its pages are pictures. Text recognition (OCR) is not installed here, or found nothing on "
            "them: ask an administrator, or upload a better copy."
        ),
    ),
    "form": Failure(
        _("The file is a form that only Adobe's programs show"),
        _(
            "It is in a technique called XFA, and neither texts nor values were found in it. Open it in Acrobat, print "
            "it to a PDF and upload that."
        ),
    ),
    "too_large": Failure(
        _("The file is too large to read"),
        _("Split it into parts and upload those, or ask an administrator to raise the limits."),
    ),
    "unsupported": Failure(
        _("This kind of file is not supported"),
        _(
            "Upload PDF, DOCX, HTML, Markdown, text, tables as CSV, or source code. Most programs can save as one of "
            "these: a text as .docx, slides as PDF, a sheet as .csv."
        ),
    ),
    "engine_down": Failure(
        _("Waiting for the embedding engine"),
        _("The engine does not answer. The document goes on by itself as soon as it does."),
    ),
    "engine_rejected": Failure(
        _("The embedding engine fails on a passage"),
        _(
            "It works, and fails on this one every time. Change the passage in the file and upload that, or ask an "
            "administrator."
        ),
    ),
    "internal": Failure(
        _("Something went wrong on our side"),
        _("Retry it. If it fails again, ask an administrator to look into the worker's log."),
    ),
}
