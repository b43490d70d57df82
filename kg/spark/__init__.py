"""The stages of a build over a Spark cluster: the same functions, the same entities and links.

Papers, mentions, entities and links are data frames that stay on the workers. What the whole corpus has to say is
gathered at the driver and sent to every worker: what acronyms stand for, and the sparse paper × entity matrix.
"""

from kg.spark.engine import build

__all__ = ["build"]
