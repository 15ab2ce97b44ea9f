"""What a trial reported -> effect and variance."""
