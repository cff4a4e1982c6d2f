"""How a page becomes bytes: pure functions per printer language, with no clock, socket or database."""
