"""Copies and fills of any size: long ones go piece by piece, since the code generator's single
instruction for them cannot be interrupted. A piece is paid for with one slice of the budget, and at the
end of a slice the interrupt flag is looked at."""

from intrinsics import Ptr, cold, memory_copy, memory_fill, ptr_add, ptr_to_int

PIECE = 1048576


def copy_bytes(to, source, size):
    """Copies bytes; the two places may overlap."""
    if size <= PIECE:
        memory_copy(to, source, size)
    else:
        copy_pieces(to, source, size)


def fill_bytes(to, byte, size):
    """Sets bytes to one value."""
    if size <= PIECE:
        memory_fill(to, byte, size)
    else:
        fill_pieces(to, byte, size)


@cold
def copy_pieces(to: Ptr, source: Ptr, size: int):
    """The pieces in the order in which none overwrites what is still to be copied."""
    last_first = ptr_to_int(to) > ptr_to_int(source)
    done = 0
    while done < size:
        piece = size - done
        if piece > PIECE:
            piece = PIECE
        at = done
        if last_first:
            at = size - done - piece
        memory_copy(ptr_add(to, at), ptr_add(source, at), piece)
        done += piece


@cold
def fill_pieces(to: Ptr, byte: int, size: int):
    """The same for a fill."""
    done = 0
    while done < size:
        piece = size - done
        if piece > PIECE:
            piece = PIECE
        memory_fill(ptr_add(to, done), byte, piece)
        done += piece
