"""The verbs of pilectl, one file each: add(verbs) brings its parser along, and that names what runs."""
