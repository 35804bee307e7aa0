/*
 * columns_from_arrow: any object with `__arrow_c_stream__` or `__arrow_c_array__` to
 * columns, without a copy. All columns of one call share one owner (owner.h).
 */
#include "pyext/owner.h"

#include <errno.h>
#include <string.h>

#define TYPE_NAME_BYTES 256

/* --- out of capsules -------------------------------------------------------------- */

/* Result of a method without arguments;
 * NULL without an exception where there is none. */
static PyObject *protocol_call(PyObject *data, const char *name) {
    PyObject *method = PyObject_GetAttrString(data, name);
    if (method == NULL) {
        if (PyErr_ExceptionMatches(PyExc_AttributeError)) PyErr_Clear();
        return NULL;
    }
    PyObject *answer = PyObject_CallNoArgs(method);
    Py_DECREF(method);
    return answer;
}

static void *capsule_pointer(PyObject *capsule, const char *name) {
    if (PyCapsule_IsValid(capsule, name)) return PyCapsule_GetPointer(capsule, name);
    const char *found =
        PyCapsule_CheckExact(capsule) ? PyCapsule_GetName(capsule) : NULL;
    if (PyErr_Occurred()) return NULL;
    PyErr_Format(PyExc_TypeError, "expected a capsule named '%s', found %R (%s)", name,
                 (PyObject *)Py_TYPE(capsule), found == NULL ? "no name" : found);
    return NULL;
}

static int raise_released(core_state *state, const char *what) {
    PyErr_Format(state->invalid_column, "expected %s, found one already released",
                 what);
    return -1;
}

static int array_fill(owner *self, core_state *state, PyObject *pair) {
    bool is_pair = PyTuple_Check(pair) && PyTuple_Size(pair) == 2;
    if (!is_pair) {
        PyErr_Format(PyExc_TypeError,
                     "__arrow_c_array__: expected a tuple of two capsules, found %R",
                     pair);
        return -1;
    }
    struct ArrowSchema *schema =
        capsule_pointer(PyTuple_GetItem(pair, 0), "arrow_schema");
    if (schema == NULL) return -1;
    struct ArrowArray *array = capsule_pointer(PyTuple_GetItem(pair, 1), "arrow_array");
    if (array == NULL) return -1;
    if (schema->release == NULL || array->release == NULL) {
        return raise_released(state, "an Arrow array");
    }
    struct ArrowArray *chunk = owner_chunk(self);
    if (chunk == NULL) {
        PyErr_NoMemory();
        return -1;
    }
    self->schema = *schema; /* moved: the capsules have nothing left to release */
    schema->release = NULL;
    *chunk = *array;
    array->release = NULL;
    self->n_chunks++;
    return 0;
}

/* --- streams ---------------------------------------------------------------------- */

static int stream_raise(core_state *state, struct ArrowArrayStream *stream, int code) {
    const char *message =
        stream->get_last_error != NULL ? stream->get_last_error(stream) : NULL;
    if (PyErr_Occurred()) return -1;
    if (code == ENOMEM && message == NULL) {
        PyErr_NoMemory();
        return -1;
    }
    PyErr_Format(state->invalid_column, "the Arrow stream failed: %s",
                 message == NULL ? strerror(code) : message);
    return -1;
}

/* 1: a chunk came, 0: the end, -1: exception. The stream may work for long, or take
 * the GIL itself. */
static int stream_next(owner *self, core_state *state,
                       struct ArrowArrayStream *stream) {
    struct ArrowArray *chunk = owner_chunk(self);
    int code = 0;

    if (chunk == NULL) {
        PyErr_NoMemory();
        return -1;
    }
    Py_BEGIN_ALLOW_THREADS
    code = stream->get_next(stream, chunk);
    Py_END_ALLOW_THREADS
    if (code != 0) return stream_raise(state, stream, code);
    if (chunk->release != NULL) self->n_chunks++;
    if (PyErr_Occurred()) return -1; /* of a callback in Python */
    if (chunk->release == NULL) return 0;
    return PyErr_CheckSignals() < 0 ? -1 : 1;
}

static int stream_read(owner *self, core_state *state,
                       struct ArrowArrayStream *stream) {
    int code = stream->get_schema(stream, &self->schema);
    if (code != 0) {
        self->schema.release = NULL;
        return stream_raise(state, stream, code);
    }
    if (PyErr_Occurred()) return -1;
    if (self->schema.release == NULL) return raise_released(state, "an Arrow schema");
    int answer = 1;
    while (answer > 0) {
        answer = stream_next(self, state, stream);
    }
    return answer;
}

/* The exception of the call stays; what the callback raises is printed. */
static void stream_release(struct ArrowArrayStream *stream) {
    PyObject *type, *value, *traceback;
    if (stream->release == NULL) return;
    PyErr_Fetch(&type, &value, &traceback);
    stream->release(stream);
    if (PyErr_Occurred()) PyErr_WriteUnraisable(NULL);
    PyErr_Restore(type, value, traceback);
}

static int stream_fill(owner *self, core_state *state, PyObject *capsule) {
    struct ArrowArrayStream *source = capsule_pointer(capsule, "arrow_array_stream");
    if (source == NULL) return -1;
    if (source->release == NULL) return raise_released(state, "an Arrow stream");
    if (source->get_schema == NULL || source->get_next == NULL) {
        PyErr_SetString(state->invalid_column,
                        "expected an Arrow stream with get_schema and get_next, found "
                        "a null pointer");
        return -1;
    }
    struct ArrowArrayStream stream = *source; /* moved */
    source->release = NULL;
    int answer = stream_read(self, state, &stream);
    stream_release(&stream);
    return answer;
}

int owner_fill(owner *self, core_state *state, PyObject *data) {
    int (*fill)(owner *, core_state *, PyObject *) = stream_fill;
    PyObject *source = protocol_call(data, "__arrow_c_stream__");
    if (source == NULL && !PyErr_Occurred()) {
        fill = array_fill;
        source = protocol_call(data, "__arrow_c_array__");
    }
    if (source == NULL) {
        if (PyErr_Occurred()) return -1;
        PyErr_Format(PyExc_TypeError,
                     "expected an object with __arrow_c_stream__ or __arrow_c_array__, "
                     "found %R",
                     (PyObject *)Py_TYPE(data));
        return -1;
    }
    int answer = fill(self, state, source);
    Py_DECREF(source);
    return answer;
}

/* --- columns ---------------------------------------------------------------------- */

typedef struct source {
    core_state *state;
    PyObject *capsule; /* of the owner; borrowed */
    owner *owner;
    bool is_table;
} source;

static sdr_arrow_table table_of(owner *self) {
    return (sdr_arrow_table){&self->schema, self->chunks, self->n_chunks};
}

typedef sdr_code column_reader(sdr_column *, const struct ArrowSchema *,
                               const struct ArrowArray *const *, int64_t, sdr_error *);

static sdr_code chunks_read(column_reader *read, sdr_column *out, const owner *from,
                            sdr_error *error) {
    size_t n = (size_t)from->n_chunks;
    const struct ArrowArray **arrays = sdr_allocate(n * sizeof *arrays);
    if (arrays == NULL) return sdr_error_set(error, SDR_NO_MEMORY, "no memory");
    for (size_t c = 0; c < n; c++) {
        arrays[c] = &from->chunks[c];
    }
    sdr_code code = read(out, &from->schema, arrays, from->n_chunks, error);
    sdr_release(arrays);
    return code;
}

static sdr_code column_read(sdr_column *out, const source *from, int64_t i,
                            sdr_error *error) {
    if (!from->is_table)
        return chunks_read(sdr_column_from_arrow, out, from->owner, error);
    const sdr_arrow_table table = table_of(from->owner);
    return sdr_column_from_arrow_table(out, &table, i, error);
}

/* The exception instance that stands for a column that was refused. */
static PyObject *problem_new(core_state *state, PyObject *name, sdr_code code,
                             const sdr_error *error) {
    PyObject *type =
        code == SDR_NOT_SUPPORTED ? state->unsupported_column : state->invalid_column;
    PyObject *message = PyUnicode_FromFormat("column '%U': %s", name, error->message);
    if (message == NULL) return NULL;
    PyObject *problem = PyObject_CallFunctionObjArgs(type, message, NULL);
    Py_DECREF(message);
    return problem;
}

static sdr_code presence_read(sdr_column *out, const source *from, int64_t i,
                              sdr_error *error) {
    if (from->is_table) {
        const sdr_arrow_table table = table_of(from->owner);
        return sdr_column_presence_from_arrow_table(out, &table, i, error);
    }
    return chunks_read(sdr_column_presence_from_arrow, out, from->owner, error);
}

/* What is known of a column that is not computed on: `present`, a column of its rows.
 * SDR_INVALID_COLUMN: the array is broken. */
static sdr_code problem_complete(PyObject *problem, const source *from, int64_t i,
                                 sdr_error *error) {
    column_object *rows = column_new(from->state->column_type);
    if (rows == NULL) return SDR_NO_MEMORY;
    rows->owner = Py_NewRef(from->capsule);
    sdr_code code = presence_read(&rows->column, from, i, error);
    if (code == SDR_OK &&
        PyObject_SetAttrString(problem, "present", (PyObject *)rows) < 0)
        code = SDR_NO_MEMORY;
    Py_DECREF(rows);
    return code;
}

/* Of a type that is not computed on: with its `present` rows, or as what is broken. */
static PyObject *unsupported_new(const source *from, int64_t i, PyObject *name,
                                 call *c) {
    PyObject *problem = problem_new(from->state, name, SDR_NOT_SUPPORTED, &c->error);
    if (problem == NULL) return NULL;
    sdr_code code = problem_complete(problem, from, i, &c->error);
    if (code == SDR_OK || code == SDR_NOT_SUPPORTED) return problem;
    Py_DECREF(problem);
    if (PyErr_Occurred() != NULL) return NULL;
    if (code == SDR_INVALID_COLUMN)
        return problem_new(from->state, name, code, &c->error);
    call_raise(c, code);
    return NULL;
}

/* A Column, or the exception instance that says why not; NULL: exception. */
static PyObject *entry_column(const source *from, int64_t i, PyObject *name,
                              PyObject *type_name) {
    column_object *self = NULL;
    sdr_code code = SDR_OK;
    call call;

    if (call_open(&call, from->state, NULL, NULL) < 0) return NULL;
    self = column_new(from->state->column_type);
    if (self == NULL) return NULL;
    self->owner = Py_NewRef(from->capsule);
    self->type_name = Py_NewRef(type_name);
    Py_BEGIN_ALLOW_THREADS
    code = column_read(&self->column, from, i, &call.error);
    Py_END_ALLOW_THREADS
    if (code == SDR_OK) return (PyObject *)self;
    Py_DECREF(self);
    if (code == SDR_NOT_SUPPORTED) return unsupported_new(from, i, name, &call);
    if (code == SDR_INVALID_COLUMN)
        return problem_new(from->state, name, code, &call.error);
    call_raise(&call, code);
    return NULL;
}

static PyObject *text_or_empty(const char *text) {
    const char *shown = text == NULL ? "" : text;
    return PyUnicode_DecodeUTF8(shown, (Py_ssize_t)strlen(shown), "replace");
}

static PyObject *type_name_new(const struct ArrowSchema *schema) {
    char text[TYPE_NAME_BYTES];
    sdr_error error;
    sdr_code code = sdr_type_name_from_arrow(text, sizeof text, schema, &error);
    return text_or_empty(code == SDR_OK ? text : schema->format);
}

/* (name, type, column) */
static PyObject *entry_new(const source *from, int64_t i,
                           const struct ArrowSchema *schema) {
    PyObject *name = NULL, *type = NULL, *column = NULL, *entry = NULL;

    name = text_or_empty(from->is_table ? schema->name : "");
    if (name == NULL) goto cleanup;
    type = type_name_new(schema);
    if (type == NULL) goto cleanup;
    column = entry_column(from, i, name, type);
    if (column == NULL) goto cleanup;
    entry = PyTuple_Pack(3, name, type, column);
cleanup:
    Py_XDECREF(column);
    Py_XDECREF(type);
    Py_XDECREF(name);
    return entry;
}

static const struct ArrowSchema *field_schema(const source *from, int64_t i) {
    const struct ArrowSchema *schema = &from->owner->schema;
    return from->is_table ? schema->children[i] : schema;
}

static PyObject *entries_new(const source *from) {
    int64_t n = from->is_table ? from->owner->schema.n_children : 1;
    PyObject *list = PyList_New((Py_ssize_t)n);
    for (int64_t i = 0; list != NULL && i < n; i++) {
        PyObject *entry = NULL;
        const struct ArrowSchema *schema = field_schema(from, i);
        if (schema == NULL) {
            PyErr_Format(from->state->invalid_column, "field %lld: expected a schema",
                         (long long)i);
        } else {
            entry = entry_new(from, i, schema);
        }
        if (entry == NULL || PyList_SetItem(list, (Py_ssize_t)i, entry) < 0) {
            Py_CLEAR(list);
        }
    }
    return list;
}

static PyObject *columns_from_arrow(PyObject *module, PyObject *data) {
    source from = {PyModule_GetState(module), NULL, NULL, false};
    PyObject *list = NULL;
    sdr_code code = SDR_OK;
    call call;

    if (call_open(&call, from.state, NULL, NULL) < 0) return NULL;
    from.capsule = owner_new();
    if (from.capsule == NULL) return NULL;
    from.owner = owner_of(from.capsule);
    if (owner_fill(from.owner, from.state, data) < 0) goto cleanup;
    from.is_table = sdr_arrow_is_table(&from.owner->schema);
    const sdr_arrow_table table = table_of(from.owner);
    if (from.is_table) code = sdr_arrow_check_table(&table, &call.error);
    if (code != SDR_OK) {
        call_raise(&call, code);
        goto cleanup;
    }
    list = entries_new(&from);
cleanup:
    Py_DECREF(from.capsule);
    return list;
}

PyMethodDef arrow_functions[] = {
    {"columns_from_arrow", columns_from_arrow, METH_O,
     "columns_from_arrow(data)\n--\n\n(name, type, column) of each field."},
    {NULL, NULL, 0, NULL},
};
