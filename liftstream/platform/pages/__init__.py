"""What people see: HTML rendered from the documents of `liftstream.platform.views`."""

from fastapi import FastAPI, Request
from fastapi.responses import HTMLResponse

from liftstream.platform.views.report import ReportDocument


def install_pages(app: FastAPI) -> None:
    """Adds the pages and the files they need to the application, and `app.state.render_report`."""
    app.state.render_report = render_report


def render_report(request: Request, report: ReportDocument) -> HTMLResponse:  # noqa: ARG001
    """A report that prints well."""
    return HTMLResponse(f"<!doctype html><title>{report.id}</title>")
