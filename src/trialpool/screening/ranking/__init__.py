"""Records in the order in which they are best screened: learnt from the decisions so far, and tested by simulation."""
