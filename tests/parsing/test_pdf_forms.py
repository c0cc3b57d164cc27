"""Values of form fields follow the text of their page."""

from io import BytesIO

from fpdf import FPDF
from pypdf import PdfWriter
from pypdf.generic import ArrayObject, DictionaryObject, NameObject, PdfObject, TextStringObject

from tests.parsing.conftest import Parse


def widget(**entries: PdfObject) -> DictionaryObject:
    named = {NameObject(f"/{key}"): value for key, value in entries.items()}
    return DictionaryObject({NameObject("/Subtype"): NameObject("/Widget"), **named})


def form(*widgets: DictionaryObject) -> bytes:
    document = FPDF()
    document.set_font("times")
    document.add_page()
    document.cell(text="Application")
    writer = PdfWriter(BytesIO(bytes(document.output())))
    writer.pages[0][NameObject("/Annots")] = ArrayObject(widgets)
    data = BytesIO()
    writer.write(data)
    return data.getvalue()


def text_field(name: str, value: str) -> DictionaryObject:
    return widget(FT=NameObject("/Tx"), T=TextStringObject(name), V=TextStringObject(value))


def box(name: str, state: str) -> DictionaryObject:
    return widget(FT=NameObject("/Btn"), T=TextStringObject(name), V=NameObject(state), AS=NameObject(state))


def test_values_follow_the_page_with_their_names(parsed: Parse) -> None:
    data = form(text_field("Name", "Ada\nLovelace"), box("Member", "/Yes"), box("Guest", "/Off"), text_field("Age", ""))
    assert parsed("a.pdf", data).text == "Application\n\nName: Ada Lovelace\nMember: Yes"


def test_a_field_that_is_its_own_parent_is_harmless(parsed: Parse) -> None:
    field = widget(T=TextStringObject("Name"))
    field[NameObject("/Parent")] = field
    assert parsed("a.pdf", form(text_field("City", "Basel"))).text.endswith("City: Basel")
