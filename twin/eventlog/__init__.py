"""Event logs: files of events as visits, machine states and alarms, with what was left out and why."""
