"""What was run on a database and what is done: written, read back, and taken back."""
