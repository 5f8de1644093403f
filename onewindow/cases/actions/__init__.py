"""What may be done with a case, by the words officials use."""
