"""What a review is made of, as frozen types. Nothing here reads or writes."""
