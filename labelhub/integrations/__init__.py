"""Whose thing it is: other systems that know what a label is about."""
