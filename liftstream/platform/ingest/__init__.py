"""Turns records of Kafka into counts in the database: each file is one thing that a record becomes, all in one
transaction."""
