//! Where the cache and the secret live, and which mode is asked for: environment → values.
//!
//! Functions over a look-up, so that tests need not change the process's environment. Relative paths in
//! the XDG variables are ignored, as their specification wants. The secret is never in a cache folder.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use rustix::fs::OFlags;
use serde::Serialize;

use crate::cache::folder::{Owners, check_folder};
use crate::cache::fs;

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
    /// As read-write, but what is wrong with the cache is an error, and so is another value of a global that
    /// was compiled in.
    Strict,
}

impl Mode {
    /// From the text of `OVENBIRD_CACHE`.
    pub fn parse(text: &str) -> Option<Self> {
        match text.trim().to_ascii_lowercase().as_str() {
            "off" | "0" | "no" => Some(Mode::Off),
            "ro" | "readonly" => Some(Mode::ReadOnly),
            "rw" | "on" | "1" | "" => Some(Mode::ReadWrite),
            "verify" => Some(Mode::Verify),
            "strict" => Some(Mode::Strict),
            _ => None,
        }
    }
}

/// A look-up of environment variables.
pub(crate) type Lookup<'a> = &'a dyn Fn(&str) -> Option<OsString>;

/// Name of the folder beside a program's source.
pub const BESIDE_SOURCE: &str = "__ovencache__";

/// `OVENBIRD_CACHE_DIR`, else the folder beside the source file if that can be trusted, else the user's.
pub(crate) fn for_source(env: Lookup<'_>, file: &Path) -> Option<PathBuf> {
    if set(env, "OVENBIRD_CACHE_DIR").is_some() {
        return cache_dir(env);
    }
    let found = match mode(env) {
        Ok(Mode::ReadWrite | Mode::Verify | Mode::Strict) => beside(file),
        // Nothing is made then.
        Ok(Mode::ReadOnly) => file.with_file_name(BESIDE_SOURCE).exists().then(|| beside(file)).flatten(),
        Ok(Mode::Off) | Err(_) => None,
    };
    found.or_else(|| cache_dir(env))
}

/// `__ovencache__` beside a source file, if the source's folder is the user's own and writable, and nobody
/// else can write to it. The folder is made if it is missing, and marked for tools that make backups or
/// keep versions. One that is there must be a folder of the user's own as well, and no link to one: its
/// name was not chosen by the user.
pub fn beside(file: &Path) -> Option<PathBuf> {
    let folder = match file.parent()? {
        here if here.as_os_str().is_empty() => Path::new("."),
        folder => folder,
    };
    let dir = fs::open_root(folder).ok()?;
    check_folder(&dir, Owners::User).ok()?;
    fs::check_writable(&dir).ok()?;
    let is_new = fs::make_folder(&dir, BESIDE_SOURCE).ok()?;
    let cache = fs::open(&dir, BESIDE_SOURCE, fs::FOLDER | OFlags::NOFOLLOW).ok()?;
    check_folder(&cache, Owners::User).ok()?;
    fs::check_writable(&cache).ok()?;
    if is_new {
        // Both are a courtesy: a cache without them works.
        for (name, text) in [(".gitignore", "*\n"), ("CACHEDIR.TAG", CACHE_TAG)] {
            let made = fs::create(&cache, name, fs::CREATE_NEW, 0o644);
            let _ = made.and_then(|made| fs::write(&made, text.as_bytes()));
        }
    }
    Some(file.with_file_name(BESIDE_SOURCE))
}

/// What makes a folder a cache to those who back up: <https://bford.info/cachedir/>.
const CACHE_TAG: &str = "\
Signature: 8a477f597d28d172789f06886806bc55
# Compiled code of Ovenbird. It can be deleted at any time.
";

/// `OVENBIRD_CACHE_DIR`, else `$XDG_CACHE_HOME/ovenbird`, else `~/.cache/ovenbird`.
pub(crate) fn cache_dir(env: Lookup<'_>) -> Option<PathBuf> {
    if let Some(dir) = set(env, "OVENBIRD_CACHE_DIR") {
        return Some(PathBuf::from(dir));
    }
    Some(base(env, "XDG_CACHE_HOME", ".cache")?.join("ovenbird"))
}

/// `OVENBIRD_CACHE_READ`: further folders, separated by colons, that are only read.
pub(crate) fn read_also(env: Lookup<'_>) -> Vec<PathBuf> {
    let Some(list) = set(env, "OVENBIRD_CACHE_READ") else { return Vec::new() };
    std::env::split_paths(&list).filter(|path| !path.as_os_str().is_empty()).collect()
}

/// `$XDG_CONFIG_HOME/ovenbird/secret`, else `~/.config/ovenbird/secret`.
pub(crate) fn secret_file(env: Lookup<'_>) -> Option<PathBuf> {
    Some(base(env, "XDG_CONFIG_HOME", ".config")?.join("ovenbird/secret"))
}

/// The file `trust` beside the secret: whose code to use, and what was revoked.
pub(crate) fn trust_file(env: Lookup<'_>) -> Option<PathBuf> {
    Some(secret_file(env)?.with_file_name("trust"))
}

/// `OVENBIRD_CACHE`; text that is not a mode is an error, because guessing could turn a cache on.
pub(crate) fn mode(env: Lookup<'_>) -> Result<Mode, String> {
    let Some(text) = env("OVENBIRD_CACHE") else { return Ok(Mode::default()) };
    let text = text.to_string_lossy();
    Mode::parse(&text)
        .ok_or_else(|| format!("OVENBIRD_CACHE is `{text}`, not one of off, ro, rw, verify, strict"))
}

/// Whether `OVENBIRD_DEBUG_CACHE` or `NUMBA_DEBUG_CACHE` asks for events.
pub(crate) fn debug(env: Lookup<'_>) -> bool {
    ["OVENBIRD_DEBUG_CACHE", "NUMBA_DEBUG_CACHE"]
        .iter()
        .any(|name| set(env, name).is_some_and(|value| value != "0"))
}

/// Why there is no folder of the user's own: what is wrong with `HOME`, if something is.
pub(crate) fn no_home(env: Lookup<'_>) -> Option<String> {
    match env("HOME") {
        None => Some("HOME is not set".to_owned()),
        Some(home) if home.is_empty() => Some("HOME is empty".to_owned()),
        Some(home) => {
            let home = Path::new(&home);
            let why = || format!("HOME is `{}`, which is not an absolute path", home.display());
            (!home.is_absolute()).then(why)
        }
    }
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

    /// Without `no_home` in `host/src/cache/location.rs`: people who see that HOME is set are told that it is not.
    #[test]
    fn what_is_wrong_with_home_is_said() {
        let none: &[(&str, &str)] = &[];
        for (variables, said) in [
            (none, "HOME is not set"),
            (&[("HOME", "")], "HOME is empty"),
            (&[("HOME", "here")], "HOME is `here`, which is not an absolute path"),
        ] {
            assert_eq!(secret_file(&lookup(variables)), None);
            assert_eq!(no_home(&lookup(variables)).as_deref(), Some(said));
        }
        assert_eq!(no_home(&lookup(&[("HOME", "/h")])), None);
    }

    #[test]
    fn further_folders_are_a_list() {
        let read = |text: &'static str| read_also(&lookup(&[("OVENBIRD_CACHE_READ", text)]));
        assert_eq!(read("/image/cache:there"), ["/image/cache", "there"].map(PathBuf::from));
        assert_eq!(read("::/one:"), [PathBuf::from("/one")], "nothing is not this folder");
        assert!(read("").is_empty() && read_also(&lookup(&[])).is_empty());
    }

    #[test]
    fn modes_and_debugging() {
        assert_eq!(mode(&lookup(&[])), Ok(Mode::ReadWrite));
        assert_eq!(mode(&lookup(&[("OVENBIRD_CACHE", "RO")])), Ok(Mode::ReadOnly));
        assert!(mode(&lookup(&[("OVENBIRD_CACHE", "maybe")])).is_err());
        assert!(debug(&lookup(&[("NUMBA_DEBUG_CACHE", "1")])));
        assert!(!debug(&lookup(&[("OVENBIRD_DEBUG_CACHE", "0")])));
    }

    fn own_folder() -> tempfile::TempDir {
        let folder = tempfile::tempdir().expect("temp");
        chmod(folder.path(), 0o755);
        folder
    }

    fn chmod(path: &Path, mode: u32) {
        use std::os::unix::fs::PermissionsExt as _;
        std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).expect("chmod");
    }

    #[test]
    fn the_folder_beside_the_source_is_used_if_it_can_be_trusted() {
        let folder = own_folder();
        let (source, beside) = (folder.path().join("main.py"), folder.path().join("__ovencache__"));
        let home: &[_] = &[("HOME", "/h")];
        for mode in ["ro", "off"] {
            let passive: &[_] = &[("HOME", "/h"), ("OVENBIRD_CACHE", mode)];
            assert_eq!(for_source(&lookup(passive), &source), Some("/h/.cache/ovenbird".into()));
        }
        assert!(!beside.exists(), "made only where it is going to be used");
        assert_eq!(for_source(&lookup(home), &source), Some(beside.clone()));
        assert_eq!(std::fs::read_to_string(beside.join(".gitignore")).expect("made"), "*\n");
        let tag = std::fs::read_to_string(beside.join("CACHEDIR.TAG")).expect("made");
        assert!(tag.starts_with("Signature: 8a477f597d28d172789f06886806bc55"));
        assert_eq!(for_source(&lookup(home), &source), Some(beside.clone()), "also when it is there");

        let own: &[_] = &[("HOME", "/h"), ("OVENBIRD_CACHE_DIR", "/c")];
        assert_eq!(for_source(&lookup(own), &source), Some("/c".into()));
        let read: &[_] = &[("HOME", "/h"), ("OVENBIRD_CACHE", "ro")];
        assert_eq!(for_source(&lookup(read), &source), Some(beside.clone()));

        chmod(&beside, 0o777);
        assert_eq!(for_source(&lookup(home), &source), Some("/h/.cache/ovenbird".into()));
        chmod(&beside, 0o755);
        chmod(folder.path(), 0o777);
        assert_eq!(for_source(&lookup(home), &source), Some("/h/.cache/ovenbird".into()));
    }

    #[test]
    fn a_link_beside_the_source_is_not_followed() {
        let (folder, elsewhere) = (own_folder(), own_folder());
        std::os::unix::fs::symlink(elsewhere.path(), folder.path().join("__ovencache__")).expect("link");
        assert_eq!(beside(&folder.path().join("main.py")), None);
        assert_eq!(std::fs::read_dir(elsewhere.path()).expect("list").count(), 0);
    }

    #[test]
    fn a_folder_of_somebody_else_is_left_alone() {
        let folder = own_folder();
        // Only root can give a folder away; to others, the system's own are foreign.
        let foreign = match std::os::unix::fs::chown(folder.path(), Some(65534), None) {
            Ok(()) => folder.path().to_owned(),
            Err(_) => PathBuf::from("/usr"),
        };
        assert_eq!(beside(&foreign.join("main.py")), None);
        assert!(!foreign.join("__ovencache__").exists());
    }
}
