"""A Spark session that is ready to run the stages, or one clear line that says what is missing."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from kg.errors import UsageError

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

#: Rows a worker gets at a time; a paper with its mentions is some kilobytes.
_BATCH = 1_000
#: Tasks after a shuffle on one machine.
_LOCAL_PARTITIONS = 8


@contextmanager
def session(master: str) -> Iterator[SparkSession]:
    """A session on `master`, stopped at the end if it was started here.

    Raises
    ------
    UsageError
        When PySpark or Java is missing, or the master does not answer.
    """
    spark_session = _spark_session()
    if not _has_java():
        raise UsageError("the Spark engine needs Java 17 or newer: install a JRE, or set JAVA_HOME to one")
    # Workers must run the interpreter that kg is installed in, not whatever `python3` is there.
    os.environ.setdefault("PYSPARK_PYTHON", sys.executable)
    os.environ.setdefault("PYSPARK_DRIVER_PYTHON", sys.executable)
    running = spark_session.getActiveSession()
    spark = running or _started(spark_session, master)
    try:
        yield spark
    finally:
        if running is None:
            spark.stop()


def _spark_session() -> type[SparkSession]:
    try:
        from pyspark.sql import SparkSession
    except ImportError as error:
        raise UsageError("the Spark engine needs PySpark: pip install 'kg-abstracts[spark]'") from error
    found: type[SparkSession] = SparkSession
    return found


def _has_java() -> bool:
    home = os.environ.get("JAVA_HOME")
    return (Path(home) / "bin" / "java").is_file() if home else shutil.which("java") is not None


def _started(spark_session: type[SparkSession], master: str) -> SparkSession:
    builder = spark_session.builder.appName("kg").master(master)
    options: dict[str, bool | float | int | str | None] = {
        "spark.ui.showConsoleProgress": "false",
        "spark.sql.execution.arrow.maxRecordsPerBatch": str(_BATCH),
    }
    if master.startswith("local"):
        # One machine: nothing outside it needs to reach the driver, or to look at it. Every task of a stage costs a
        # start of its own, so few of them serve a few cores best; a cluster keeps its own number.
        options |= {
            "spark.driver.bindAddress": "127.0.0.1",
            "spark.driver.host": "127.0.0.1",
            "spark.ui.enabled": "false",
            "spark.sql.shuffle.partitions": str(_LOCAL_PARTITIONS),
        }
    try:
        spark = builder.config(map=options).getOrCreate()
    except Exception as error:  # py4j and PySpark raise what the JVM said, under many names
        raise UsageError(f"no Spark session on {master}: {str(error).splitlines()[0]}") from error
    spark.sparkContext.setLogLevel("ERROR")
    return spark
