"""The effect of a batch of records on the experiments: plain Python on rows in memory, no database, no Kafka,
no clock."""
