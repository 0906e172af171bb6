"""What a browser's form sent, as texts; files and repeated names are none of ours."""

from fastapi import Request

FIELDS_MOST = 100


async def form_texts(request: Request) -> dict[str, str]:
    """The fields of a form that are texts, without the character 0, which PostgreSQL takes in no text.

    Raises:
        HTTPException: 400, the body is no form.
    """
    form = await request.form(max_files=0, max_fields=FIELDS_MOST)
    return {name: value.replace("\0", "") for name, value in form.items() if isinstance(value, str)}
