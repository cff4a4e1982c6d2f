"""Notices: people and programs elsewhere are told when a printer or a job needs somebody. Once, in words, and never in a print's way."""
