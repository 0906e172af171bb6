"""From a document to a compiled model: what stands around every family."""
