"""From the picture of survival curves to their coordinates."""
