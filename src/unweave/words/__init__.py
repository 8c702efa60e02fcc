"""What people say for the sounds of the ontology: everyday words in, nodes out, without a network or a download."""
