"""The dead-letter logger: what the Broker gave up on, one log line each."""
