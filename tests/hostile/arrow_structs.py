"""The C structs of a record batch, as copies that a test may break.

pyarrow makes a sound batch and exports it; a copy of the structs, whose release does nothing, is
broken in one place.
"""

import ctypes
from typing import Any

import pyarrow as pa

RELEASE = ctypes.CFUNCTYPE(None, ctypes.c_void_p)


class ArrowSchema(ctypes.Structure):
    pass


class ArrowArray(ctypes.Structure):
    pass


ArrowSchema._fields_ = [
    ("format", ctypes.c_char_p),
    ("name", ctypes.c_char_p),
    ("metadata", ctypes.c_void_p),
    ("flags", ctypes.c_int64),
    ("n_children", ctypes.c_int64),
    ("children", ctypes.POINTER(ctypes.POINTER(ArrowSchema))),
    ("dictionary", ctypes.POINTER(ArrowSchema)),
    ("release", RELEASE),
    ("private_data", ctypes.c_void_p),
]
ArrowArray._fields_ = [
    ("length", ctypes.c_int64),
    ("null_count", ctypes.c_int64),
    ("offset", ctypes.c_int64),
    ("n_buffers", ctypes.c_int64),
    ("n_children", ctypes.c_int64),
    ("buffers", ctypes.POINTER(ctypes.c_void_p)),
    ("children", ctypes.POINTER(ctypes.POINTER(ArrowArray))),
    ("dictionary", ctypes.POINTER(ArrowArray)),
    ("release", RELEASE),
    ("private_data", ctypes.c_void_p),
]

capsule_new = ctypes.pythonapi.PyCapsule_New
capsule_new.restype = ctypes.py_object
capsule_new.argtypes = [ctypes.c_void_p, ctypes.c_char_p, ctypes.c_void_p]


@RELEASE
def release_nothing(_: int) -> None:
    """The structs belong to the exporter."""


class Exporter:
    """Copies of the C structs of a batch, to be broken; the batch keeps the memory."""

    def __init__(self, batch: pa.RecordBatch) -> None:
        self.source = (ArrowSchema(), ArrowArray())
        schema, array = self.source
        batch._export_to_c(ctypes.addressof(array), ctypes.addressof(schema))
        self.kept: list[Any] = [batch]
        self.schema = self.copy(schema)
        self.array = self.copy(array)

    def copy(self, struct: Any) -> Any:
        copied = type(struct)()
        ctypes.memmove(ctypes.byref(copied), ctypes.byref(struct), ctypes.sizeof(struct))
        copied.release = release_nothing
        self.kept.append(copied)
        if struct.n_children:
            children = [self.copy(struct.children[i].contents) for i in range(struct.n_children)]
            copied.children = (ctypes.POINTER(type(struct)) * len(children))(
                *(ctypes.pointer(child) for child in children)
            )
        if struct.dictionary:
            copied.dictionary = ctypes.pointer(self.copy(struct.dictionary.contents))
        if isinstance(struct, ArrowArray) and struct.n_buffers:
            pointers = [struct.buffers[i] for i in range(struct.n_buffers)]
            copied.buffers = (ctypes.c_void_p * len(pointers))(*pointers)
        return copied

    def __arrow_c_array__(self, requested_schema: object = None) -> tuple[object, object]:
        return (
            capsule_new(ctypes.addressof(self.schema), b"arrow_schema", None),
            capsule_new(ctypes.addressof(self.array), b"arrow_array", None),
        )

    def __del__(self) -> None:
        for struct in self.source:
            if struct.release:
                struct.release(ctypes.addressof(struct))
