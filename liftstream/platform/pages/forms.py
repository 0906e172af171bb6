"""What a browser's form sent, as texts; files and repeated names are none of ours."""

from fastapi import Request

FIELDS_MOST = 100


async def form_texts(request: Request) -> dict[str, str]:
    """The fields of a form that are texts.

    Raises:
        HTTPException: 400, the body is no form.
    """
    form = await request.form(max_files=0, max_fields=FIELDS_MOST)
    return {name: value for name, value in form.items() if isinstance(value, str)}


def one_line(text: str, most: int) -> str:
    """A text of a person for a log: visible characters, single spaces, not too long."""
    visible = "".join(letter if letter.isprintable() else " " for letter in text)
    return " ".join(visible.split())[:most]
