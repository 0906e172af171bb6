"""The common look of all pages: base page, style sheet, figures, and number formats."""
