"""The console command `onewindow`: Django's management commands with our settings."""

import os
import sys


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    from django.core.management import execute_from_command_line

    # hall-node as people write it, hall_node as a module is named.
    execute_from_command_line(["onewindow", *(verb.replace("-", "_") for verb in sys.argv[1:2]), *sys.argv[2:]])


if __name__ == "__main__":
    main()
