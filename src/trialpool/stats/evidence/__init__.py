"""What a pooled effect is worth: sequential analysis, fragility, E-values, absolute effects."""
