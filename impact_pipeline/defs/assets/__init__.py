"""Assets, one module per part of the flow. A body reads its partition, calls one stage, and reports its outcome."""
