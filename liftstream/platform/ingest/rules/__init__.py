"""What a batch of records does to the experiments: plain Python on rows in memory, no database, no Kafka, no clock."""
