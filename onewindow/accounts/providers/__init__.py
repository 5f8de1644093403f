"""Ways to sign in. Each hands back a user or raises SignInRefused with a sentence for the person."""


class SignInRefused(Exception):
    """The message is shown as it is; it never says whether an account exists."""

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message
