//! Where the cache and the secret live, and which mode is asked for: environment → values.
//!
//! Pure functions over a look-up, so that tests need not change the process's environment. Relative
//! paths in the XDG variables are ignored, as their specification wants.

use std::ffi::OsString;
use std::path::PathBuf;

use serde::Serialize;

/// How the cache is used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default, Serialize)]
pub enum Mode {
    /// Not at all.
    Off,
    /// Entries are used, none is stored.
    ReadOnly,
    /// Entries are used and stored.
    #[default]
    ReadWrite,
    /// Everything is compiled and compared with what is stored.
    Verify,
}

impl Mode {
    /// From the text of `OVENBIRD_CACHE`.
    pub fn parse(text: &str) -> Option<Self> {
        match text.trim().to_ascii_lowercase().as_str() {
            "off" | "0" | "no" => Some(Mode::Off),
            "ro" | "readonly" => Some(Mode::ReadOnly),
            "rw" | "on" | "1" | "" => Some(Mode::ReadWrite),
            "verify" => Some(Mode::Verify),
            _ => None,
        }
    }
}

/// A look-up of environment variables.
pub(crate) type Lookup<'a> = &'a dyn Fn(&str) -> Option<OsString>;

/// `OVENBIRD_CACHE_DIR`, else `$XDG_CACHE_HOME/ovenbird`, else `~/.cache/ovenbird`.
pub(crate) fn cache_dir(env: Lookup<'_>) -> Option<PathBuf> {
    if let Some(dir) = set(env, "OVENBIRD_CACHE_DIR") {
        return Some(PathBuf::from(dir));
    }
    Some(base(env, "XDG_CACHE_HOME", ".cache")?.join("ovenbird"))
}

/// `$XDG_CONFIG_HOME/ovenbird/secret`, else `~/.config/ovenbird/secret`.
pub(crate) fn secret_file(env: Lookup<'_>) -> Option<PathBuf> {
    Some(base(env, "XDG_CONFIG_HOME", ".config")?.join("ovenbird/secret"))
}

/// `OVENBIRD_CACHE`; text that is not a mode is an error, because guessing could turn a cache on.
pub(crate) fn mode(env: Lookup<'_>) -> Result<Mode, String> {
    let Some(text) = env("OVENBIRD_CACHE") else { return Ok(Mode::default()) };
    let text = text.to_string_lossy();
    Mode::parse(&text).ok_or_else(|| format!("OVENBIRD_CACHE is `{text}`, not one of off, ro, rw, verify"))
}

/// Whether `OVENBIRD_DEBUG_CACHE` or `NUMBA_DEBUG_CACHE` asks for events.
pub(crate) fn debug(env: Lookup<'_>) -> bool {
    ["OVENBIRD_DEBUG_CACHE", "NUMBA_DEBUG_CACHE"]
        .iter()
        .any(|name| set(env, name).is_some_and(|value| value != "0"))
}

fn base(env: Lookup<'_>, variable: &str, below_home: &str) -> Option<PathBuf> {
    let xdg = set(env, variable).map(PathBuf::from).filter(|path| path.is_absolute());
    xdg.or_else(|| Some(PathBuf::from(set(env, "HOME")?).join(below_home)).filter(|path| path.is_absolute()))
}

fn set(env: Lookup<'_>, name: &str) -> Option<OsString> {
    env(name).filter(|value| !value.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lookup(variables: &[(&str, &str)]) -> impl Fn(&str) -> Option<OsString> {
        move |name| variables.iter().find(|(key, _)| *key == name).map(|(_, value)| OsString::from(*value))
    }

    #[test]
    fn the_nearest_setting_wins() {
        let home: &[_] = &[("HOME", "/h")];
        assert_eq!(cache_dir(&lookup(home)), Some("/h/.cache/ovenbird".into()));
        assert_eq!(secret_file(&lookup(home)), Some("/h/.config/ovenbird/secret".into()));
        let xdg: &[_] = &[("HOME", "/h"), ("XDG_CACHE_HOME", "/c"), ("XDG_CONFIG_HOME", "relative")];
        assert_eq!(cache_dir(&lookup(xdg)), Some("/c/ovenbird".into()));
        assert_eq!(secret_file(&lookup(xdg)), Some("/h/.config/ovenbird/secret".into()));
        let own: &[_] = &[("HOME", "/h"), ("OVENBIRD_CACHE_DIR", "here")];
        assert_eq!(cache_dir(&lookup(own)), Some("here".into()));
        assert_eq!(cache_dir(&lookup(&[])), None);
        assert_eq!(cache_dir(&lookup(&[("HOME", "")])), None);
    }

    #[test]
    fn modes_and_debugging() {
        assert_eq!(mode(&lookup(&[])), Ok(Mode::ReadWrite));
        assert_eq!(mode(&lookup(&[("OVENBIRD_CACHE", "RO")])), Ok(Mode::ReadOnly));
        assert!(mode(&lookup(&[("OVENBIRD_CACHE", "maybe")])).is_err());
        assert!(debug(&lookup(&[("NUMBA_DEBUG_CACHE", "1")])));
        assert!(!debug(&lookup(&[("OVENBIRD_DEBUG_CACHE", "0")])));
    }
}
