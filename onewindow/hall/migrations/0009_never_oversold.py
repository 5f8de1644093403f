"""The database itself refuses a booking that holds a place nobody took from the slot's count."""

from django.db import migrations

CREATE = """
CREATE FUNCTION hall_never_oversold() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  held integer;
  counted integer;
BEGIN
  SELECT COALESCE(sum(people), 0) INTO held FROM hall_booking
  WHERE slot_id = NEW.slot_id AND channel = NEW.channel
    AND state IN ('held', 'booked', 'offered', 'arrived', 'no_show');
  SELECT CASE NEW.channel WHEN 'online' THEN taken_online ELSE taken_onsite END INTO counted
  FROM hall_slot WHERE id = NEW.slot_id;
  IF held > counted THEN
    RAISE EXCEPTION 'slot % holds % places but only % were taken', NEW.slot_id, held, counted
      USING ERRCODE = 'check_violation', CONSTRAINT = 'booking_never_oversold';
  END IF;
  RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER booking_never_oversold AFTER INSERT OR UPDATE OF slot_id, state, people, channel
  ON hall_booking DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION hall_never_oversold();
"""
DROP = "DROP TRIGGER booking_never_oversold ON hall_booking; DROP FUNCTION hall_never_oversold();"


class Migration(migrations.Migration):
    dependencies = [("hall", "0008_slots_and_parties")]

    operations = [migrations.RunSQL(CREATE, DROP)]
