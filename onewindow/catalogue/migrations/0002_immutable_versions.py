from django.db import migrations

REFUSE = """
CREATE TRIGGER catalogue_itemversion_immutable BEFORE UPDATE OR DELETE ON catalogue_itemversion
  FOR EACH ROW EXECUTE FUNCTION kernel_refuse_change();
"""
UNDO = "DROP TRIGGER catalogue_itemversion_immutable ON catalogue_itemversion;"


class Migration(migrations.Migration):
    dependencies = [("catalogue", "0001_initial"), ("kernel", "0002_append_only")]
    operations = [migrations.RunSQL(REFUSE, UNDO)]
