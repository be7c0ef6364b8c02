"""The measure-and-estimate path beside its peers: same rows, same question, each in a process of its own."""
