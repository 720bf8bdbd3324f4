"""Random damage to sound inputs: each reader answers with the errors of its kind and with nothing else."""
