"""The API: JSON for programs, and the document of each page at the page's address with `.json`."""
