"""`trialpool screen`: screening in a terminal, by keyboard."""
