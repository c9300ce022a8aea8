"""Lambda entry points: thin. Event, core, effects."""
