"""What the result hangs on."""
