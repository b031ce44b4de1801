"""Several runs side by side: scenarios, seeds, and what is chance in their figures."""
