"""The page and the HTTP interface of `unweave serve`: thin, it calls what Python users call."""
