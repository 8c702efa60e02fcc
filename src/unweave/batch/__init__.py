"""Many files: what is done, what is missing, and who does it; on one machine, on a job array or on a cluster."""
