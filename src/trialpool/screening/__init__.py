"""From records to included studies: duplicates, decisions, agreement, ranking and when to stop."""
