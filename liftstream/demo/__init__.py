"""The demo: shop, enrichers, pipeline and verdict on an embedded broker."""
