"""From records of Kafka to counts in the database.

More than fifteen files: each is one thing that a record becomes, and all of them change in one transaction.
"""
