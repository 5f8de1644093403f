from onewindow.kernel.forms.schema import SECRET_KINDS, Choice, FormField, FormPage, FormSchema

__all__ = ["SECRET_KINDS", "Choice", "FormField", "FormPage", "FormSchema"]
