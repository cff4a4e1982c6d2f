"""What is printed: templates and fields become a page of dots. Pure but for the store: no clock, socket or database."""
