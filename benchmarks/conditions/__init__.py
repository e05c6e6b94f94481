"""What is measured under which condition: one module each, whose ``run`` takes options and returns a section."""
