"""Does a reported number agree with the others beside it, rounding allowed for?"""
