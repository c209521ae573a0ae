"""The ask function: a question comes in, a short, cited answer streams out."""
