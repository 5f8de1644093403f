from django.db import migrations

# Visits, numbers and sittings are written by who has the say over the site: the centre while no node holds it, the
# node while its lease stands. The shared lock waits for nobody but a lease that begins or ends at this moment.
GUARD = """
CREATE FUNCTION hall_guard() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE place text;
BEGIN
  IF TG_TABLE_NAME = 'hall_sitting' THEN
    SELECT site_id INTO place FROM hall_window WHERE id = NEW.window_id;
  ELSE
    place := NEW.site_id;
  END IF;
  IF current_setting('onewindow.mirror', true) = place THEN
    RETURN NEW;
  END IF;
  PERFORM pg_advisory_xact_lock_shared(20171, hashtext(place));
  IF EXISTS (SELECT 1 FROM hall_node WHERE site_id = place AND state IN ('live', 'leaving')) THEN
    RAISE EXCEPTION '这个大厅由大厅节点主持，中心不能取号、叫号' USING ERRCODE = 'object_in_use';
  END IF;
  IF EXISTS (SELECT 1 FROM hall_outpost WHERE state <> 'held') THEN
    RAISE EXCEPTION '这个节点已不再主持大厅' USING ERRCODE = 'object_in_use';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER hall_guard BEFORE INSERT OR UPDATE ON hall_visit FOR EACH ROW EXECUTE FUNCTION hall_guard();
CREATE TRIGGER hall_guard BEFORE INSERT OR UPDATE ON hall_ticket FOR EACH ROW EXECUTE FUNCTION hall_guard();
CREATE TRIGGER hall_guard BEFORE INSERT OR UPDATE ON hall_sitting FOR EACH ROW EXECUTE FUNCTION hall_guard();
CREATE FUNCTION hall_note_outgoing() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF COALESCE(current_setting('onewindow.mirror', true), '') = '' THEN
    INSERT INTO hall_outgoing (head, xact, at, "table", gone, "row") VALUES (
      '', pg_current_xact_id()::text::bigint, clock_timestamp(), TG_TABLE_NAME, TG_OP = 'DELETE',
      CASE WHEN TG_OP = 'DELETE' THEN to_jsonb(OLD) ELSE to_jsonb(NEW) END
    );
  END IF;
  RETURN NULL;
END $$;
"""
UNDO = """
DROP TRIGGER hall_guard ON hall_sitting;
DROP TRIGGER hall_guard ON hall_ticket;
DROP TRIGGER hall_guard ON hall_visit;
DROP FUNCTION hall_guard();
DROP FUNCTION hall_note_outgoing() CASCADE;
"""


class Migration(migrations.Migration):
    dependencies = [("hall", "0010_nodes_and_receipts")]
    operations = [migrations.RunSQL(GUARD, UNDO)]
