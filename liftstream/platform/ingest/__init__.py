"""From records of Kafka to counts in the database: each file is one thing that a record becomes, all of them in one
transaction."""
