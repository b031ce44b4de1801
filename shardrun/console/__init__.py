"""What a person sees: progress, tables, documents. It shows, and must never decide."""
