"""Models of the counts themselves, for rare events: generalised linear mixed models and the beta-binomial."""
