"""The service over HTTP: guard, routes, refusals; the page is in `pages`."""
