"""What may be done in the hall, by the words its people use."""
