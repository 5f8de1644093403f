from onewindow.kernel.forms.answers import Checked, from_post, is_shown, validate
from onewindow.kernel.forms.keeping import (
    Change,
    changes,
    comparable,
    display,
    display_places,
    display_values,
    masked,
    restore,
    say,
    seal,
    seal_value,
    unseal,
)
from onewindow.kernel.forms.schema import SECRET_KINDS, Choice, FormField, FormPage, FormSchema

__all__ = [
    "SECRET_KINDS", "Change", "Checked", "Choice", "FormField", "FormPage", "FormSchema", "changes", "comparable",
    "display", "display_places", "display_values", "from_post", "is_shown", "masked", "restore", "say", "seal",
    "seal_value", "unseal", "validate",
]  # fmt: skip
