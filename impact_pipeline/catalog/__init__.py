"""Documents as typed, linked objects: what data promise, what is measured, which plans are registered.

Nothing here crunches a number, opens a connection or reads a clock. `load` is the one module that reads files, and
`schemas` the one that writes any.
"""
