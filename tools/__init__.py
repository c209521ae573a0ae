"""What `make` runs on a developer's machine; nothing here goes into an image."""
