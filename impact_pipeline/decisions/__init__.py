"""The decision rule: estimates and findings in, a verdict with its reasons out. Makes no estimate of its own."""
