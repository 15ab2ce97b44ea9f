"""Agreement between reviewers: how often, and how much more often than by chance."""
