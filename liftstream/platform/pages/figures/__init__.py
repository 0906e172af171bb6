"""The pictures of the pages, as specifications that the browser draws."""
