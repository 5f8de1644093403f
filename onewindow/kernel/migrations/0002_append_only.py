from django.db import migrations

REFUSE = """
CREATE FUNCTION kernel_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION '% 只可追加，不可修改或删除', TG_TABLE_NAME USING ERRCODE = 'integrity_constraint_violation';
END $$;
CREATE TRIGGER kernel_entry_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON kernel_entry
  FOR EACH STATEMENT EXECUTE FUNCTION kernel_refuse_change();
CREATE TRIGGER kernel_dayseal_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON kernel_dayseal
  FOR EACH STATEMENT EXECUTE FUNCTION kernel_refuse_change();
"""
UNDO = """
DROP TRIGGER kernel_dayseal_append_only ON kernel_dayseal;
DROP TRIGGER kernel_entry_append_only ON kernel_entry;
DROP FUNCTION kernel_refuse_change();
"""


class Migration(migrations.Migration):
    dependencies = [("kernel", "0001_initial")]
    operations = [migrations.RunSQL(REFUSE, UNDO)]
