"""The ingest function: documents come in as CloudEvents, passages go into Chroma."""
