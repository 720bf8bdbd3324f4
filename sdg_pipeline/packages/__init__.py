"""Standard packages: the values of a release once more, each time in the form that some other tool reads."""
