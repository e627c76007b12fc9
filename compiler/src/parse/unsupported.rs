//! The Python constructs that compiled functions do not support, as data: what, why, and what to
//! write instead.

use crate::diagnostic::{Code, Diagnostic};
use crate::source::Span;

/// One construct.
pub(super) struct Unsupported {
    /// The construct, as the subject of "… is not supported in compiled functions".
    pub(super) what: &'static str,
    /// Why, at the place.
    pub(super) why: &'static str,
    /// What to write instead.
    pub(super) help: &'static str,
}

impl Unsupported {
    /// The diagnostic at a place.
    pub(super) fn at(&self, span: Span) -> Diagnostic {
        let message = format!("{} is not supported in compiled functions", self.what);
        Diagnostic::new(Code::UnsupportedSyntax, span, message).label(self.why).help(self.help)
    }
}

macro_rules! unsupported {
    ($($name:ident: $what:literal, $why:literal, $help:literal;)*) => {
        $(pub(super) const $name: Unsupported = Unsupported { what: $what, why: $why, help: $help };)*
    };
}

// Statements.
unsupported! {
    ASYNC: "`async`", "compiled functions run without an event loop",
        "leave out `async`; call the function from `async` code in plain Python";
    DEL: "`del`", "names live until the function returns",
        "leave the statement out, or assign a new value to the name";
    MATCH: "`match`", "patterns cannot be compiled",
        "write `if` and `elif` with `==`";
    NONLOCAL: "`nonlocal`", "names of the enclosing function are read-only here",
        "return the new value and assign it in the enclosing function";
    RAISE_BARE: "`raise` without an exception", "there is no exception to raise again",
        "write the exception, as in `raise ValueError(\"message\")`";
    RAISE_FROM: "`raise ... from ...`", "exceptions have no cause here",
        "leave out the `from` part";
    TRY: "`try`", "an exception always ends the compiled function",
        "test for the bad case before it happens, as in `if b != 0:`, or catch the exception in the caller";
    TYPE_ALIAS: "a `type` statement", "types have no names of their own here",
        "write the type where it is used";
    TYPE_PARAMETERS: "a list of type parameters", "functions are compiled once per type of argument anyway",
        "leave out the square brackets";
    WITH: "`with`", "compiled functions open no files or other resources",
        "use `with` in plain Python and pass the data in as an argument";
    IMPORT_STAR: "`import *`", "the imported names must be known",
        "import the names that are used, as in `from math import sqrt`";
    IMPORT_LAZY: "`lazy import`", "imports are done when the function is compiled",
        "leave out `lazy`";
    IMPORT_RELATIVE: "a relative import", "compiled files belong to no package",
        "write the full name of the module";
    ESCAPE_COMMAND: "an IPython command", "this is not Python", "leave it out";
}

// Parts of definitions.
unsupported! {
    KWARGS_PARAMETER: "a `**` parameter", "the names of all parameters must be known",
        "write the parameters out, with defaults where they are optional";
    CLASS_BASES: "a base class", "classes stand for themselves here",
        "leave out the parentheses and repeat the methods that are needed";
    CLASS_FIELD_DEFAULT: "a default value of a field", "fields get their values when the object is made",
        "leave out the `=` part";
    CLASS_STATEMENT: "this statement in a class body", "a class body holds annotated fields and methods",
        "write fields as `name: type`, and move other code out of the class";
    STARRED_TARGET: "a starred target", "the number of values must be known",
        "take a slice, as in `first, rest = values[0], values[1:]`";
}

// Expressions.
unsupported! {
    AWAIT: "`await`", "compiled functions run without an event loop",
        "await the value in plain Python and pass it in as an argument";
    BIG_INT: "an integer beyond 64 bits", "does not fit 64 bits",
        "use a float such as `1e20`, or smaller integers";
    BYTES: "a `bytes` literal", "there is no `bytes` type",
        "use a string, or a list of integers";
    COMPLEX: "a complex number", "there is no `complex` type",
        "keep the real and the imaginary part in two floats";
    DICT: "a `dict`", "there is no `dict` type",
        "use two lists of equal length, or separate variables";
    DICT_COMPREHENSION: "a `dict` comprehension", "there is no `dict` type",
        "use two list comprehensions, one for the keys and one for the values";
    ELLIPSIS: "`...`", "there is no value to use",
        "write the slice out with `:`, or `pass` for an empty body";
    GENERATOR: "a generator expression", "compiled functions cannot be suspended",
        "write a list comprehension: `[...]` in place of `(...)`";
    KEYWORD_UNPACKING: "`**` in a call", "the names of all arguments must be known",
        "write the arguments out, as in `f(a=a, b=b)`";
    NESTED_SPEC: "a replacement field in a format spec", "the format must be known when compiling",
        "write the format out, as in `{value:.2f}`";
    SET: "a `set`", "there is no `set` type",
        "use a list";
    SET_COMPREHENSION: "a `set` comprehension", "there is no `set` type",
        "use a list comprehension: `[...]` in place of `{...}`";
    STARRED: "`*` unpacking here", "the number of values must be known",
        "join lists with `+`, as in `[a] + values`";
    TEMPLATE: "a template string", "there is no `Template` type",
        "write an f-string: `f` in place of `t`";
    WALRUS: "`:=`", "expressions cannot assign names",
        "assign the name in a statement of its own";
    YIELD: "`yield`", "compiled functions return once",
        "append the values to a list and return the list";
}
