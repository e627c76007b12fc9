"""The columns of a frame, and frames like another one."""

from intrinsics import coerce, schema_dtype, schema_nulls
from pandas._columns.file import FileColumn
from pandas._columns.held import held_column
from pandas.dataframe.type import DataFrame


def column_at(frame, number: static):
    """A column by its position in the frame."""
    return opened(frame, frame._columns[number])


def opened(frame, column: static):
    """A column as the frame holds it, as one that can be read."""
    if isinstance(column, int):
        if column < 0:
            return held_column(frame._chain, -1 - column)
        return file_column(frame._file, frame._source, column)
    return column


def file_column(file, source, number: static):
    """A column of a file by number."""
    return FileColumn(source, coerce(int, number), schema_dtype(file, number), schema_nulls(file, number))


def with_columns(frame, names, columns, chain):
    """The same rows with other columns."""
    return DataFrame(
        names,
        columns,
        chain,
        frame._file,
        frame._source,
        frame._index,
        frame._index_name,
        frame._rows,
        frame._length,
        frame._count,
    )


def with_rows(frame, rows, count):
    """The same columns with other rows selected."""
    return DataFrame(
        frame._names,
        frame._columns,
        frame._chain,
        frame._file,
        frame._source,
        frame._index,
        frame._index_name,
        rows,
        frame._length,
        count,
    )
