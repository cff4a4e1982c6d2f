"""The queue: job rows and their states, the worker that drives one printer, and the straight line of one print."""
