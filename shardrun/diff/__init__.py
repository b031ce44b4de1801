"""Where two databases of ours part, and what is behind it."""
