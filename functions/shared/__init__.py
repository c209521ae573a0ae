"""What more than one function uses; a file moves here when its second user appears."""
