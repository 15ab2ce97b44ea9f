"""Times to an event: patient data from a published curve, and what is computed from patient data."""
