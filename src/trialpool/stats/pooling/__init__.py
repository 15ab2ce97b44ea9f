"""Effects and variances of several studies -> one pooled effect, with what it is uncertain by."""
