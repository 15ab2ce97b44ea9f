"""Which records are the same publication: candidates by shared keys, evidence for and against, groups that can be undone."""
