"""A local run of a bundle in containers, which treats the two programs as Codabench's compute worker does.

Sources: the public Codabench documentation and the behaviour of its compute worker.
"""
