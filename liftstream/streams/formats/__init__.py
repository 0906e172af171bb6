"""Avro, JSON Schema and Protobuf in the wire format of a schema registry: batches of bytes to batches of objects."""
