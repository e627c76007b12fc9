//! Ovenbird's library, embedded as text.
//!
//! The library is written in the compiled language itself, one function a file: the call `math.exp(x)`
//! resolves to the module path `math/exp`, so a file's place is its registration. The compiler reads
//! only the modules that a function uses and compiles them together with it.
//!
//! ```
//! assert!(ovenbird_stdlib::get("math/exp").is_some_and(|text| text.contains("def exp(")));
//! assert!(ovenbird_stdlib::get("math/no_such_function").is_none());
//! ```

include!(concat!(env!("OUT_DIR"), "/modules.rs"));

/// The text of the module with this path, such as `math/exp`; a package's own module ends in
/// `/__init__`.
pub fn get(path: &str) -> Option<&'static str> {
    let index = MODULES.binary_search_by_key(&path, |(name, _)| name).ok()?;
    MODULES.get(index).map(|(_, text)| *text)
}
