"""Other systems bring what is to be printed: each place they bring it to, what they send, and the labels that become of it."""
