//! `FILE[::FUNC]`, types and arguments on the command line -> what is meant by them.

use std::path::PathBuf;
use std::str::FromStr;

use ovenbird_compiler::parse::parse_expression;
use ovenbird_compiler::source::FileId;
use ovenbird_compiler::types::Type;

use crate::error::Error;
use crate::signatures::{literal, scalar};
use crate::value::Value;

/// A file, or a function in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Target {
    pub(super) file: PathBuf,
    pub(super) func: Option<String>,
}

impl FromStr for Target {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let Some((file, func)) = text.rsplit_once("::") else {
            return Ok(Target { file: text.into(), func: None });
        };
        let is_name = !func.is_empty() && func.chars().all(|c| c.is_alphanumeric() || c == '_');
        if file.is_empty() || !is_name {
            return Err(format!("`{text}` is neither FILE nor FILE::FUNCTION"));
        }
        Ok(Target { file: file.into(), func: Some(func.to_owned()) })
    }
}

/// `int, float` -> types.
pub(super) fn parse_types(text: &str) -> Result<Vec<Type>, Error> {
    let words = text.split(',').map(str::trim).filter(|word| !word.is_empty());
    let unknown =
        |word: &str| Error::Signature(format!("`{word}` is not one of int, float, bool, str, None"));
    words.map(|word| scalar(word).ok_or_else(|| unknown(word))).collect()
}

/// `1, 2.5, "text"` -> values.
pub(super) fn parse_args(text: &str) -> Result<Vec<Value>, Error> {
    let wrong = || Error::Signature(format!("`{text}` is not a list of literals such as `1, 2.5, \"text\"`"));
    let tuple = parse_expression(FileId(0), &format!("({text},)")).map_err(|_| wrong())?;
    match literal(&tuple) {
        Some(Value::Tuple(items)) => Ok(items),
        _ => Err(wrong()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn targets() {
        let target = |text: &str| text.parse::<Target>();
        assert_eq!(target("a/b.py"), Ok(Target { file: "a/b.py".into(), func: None }));
        assert_eq!(target("b.py::f"), Ok(Target { file: "b.py".into(), func: Some("f".to_owned()) }));
        assert!(target("b.py::").is_err() && target("::f").is_err() && target("b.py::f()").is_err());
    }

    #[test]
    fn arguments_are_literals() {
        let values = parse_args("1, -2.5, \"a,b\"").expect("literals");
        assert_eq!(values, [Value::Int(1), Value::Float(-2.5), Value::Str("a,b".to_owned())]);
        assert!(parse_args("f(1)").is_err() && parse_args("1, (").is_err());
        assert_eq!(parse_types("int, float").expect("types"), [Type::Int, Type::Float]);
    }
}
