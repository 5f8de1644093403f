"""Lives of a case: written in `*.txt` in a lawyer's words, lived by `test_lives.py`, printed into docs/."""
