//! The further folders that a cache only reads: is each looked into, and is what it has of any use here?

use super::{Check, Grade, MAX_NAMED, check, fine};
use crate::cache::further::Furthers;
use crate::cache::report::{FurtherFolder, Listed};
use crate::cache::{Cache, CacheOptions, Mode};

const NAME: &str = "further";

/// One check a folder. Without a secret it is not known whether entries are valid, and none is made to know it.
pub(super) fn folders(options: &CacheOptions, has_secret: bool) -> Vec<Check> {
    let named = Furthers::open(options.read_also.clone()).named;
    let mut lists = Vec::new();
    if has_secret && named.iter().any(|folder| folder.problem.is_none()) {
        // Without its own folder, which is looked at elsewhere, and without the log: looking is no event.
        let quiet =
            CacheOptions { dir: None, mode: Mode::ReadOnly, on_event: None, log: None, ..options.clone() };
        lists = Cache::open(quiet).list_further();
    }
    let grade = |FurtherFolder { dir, problem }: FurtherFolder| match problem {
        Some(problem) => {
            let advice = "it must be a folder of your own or of root, which nobody else can write; correct \
                OVENBIRD_CACHE_READ";
            check(NAME, Grade::Warn, format!("left out: {problem}"), advice)
        }
        None => match lists.iter().find(|(listed, _)| *listed == dir) {
            Some((_, list)) => entries(&dir.display().to_string(), list),
            None => fine(NAME, format!("`{}` is looked into", dir.display())),
        },
    };
    named.into_iter().map(grade).collect()
}

fn entries(dir: &str, list: &[Listed]) -> Check {
    let invalid: Vec<&Listed> = list.iter().filter(|entry| entry.verified.is_err()).collect();
    if list.is_empty() {
        return check(NAME, Grade::Warn, format!("`{dir}` has no entries"), "fill it, or do not name it");
    }
    if invalid.is_empty() {
        return fine(NAME, format!("`{dir}`: {} entries, all authentic", list.len()));
    }
    let named = invalid.iter().take(MAX_NAMED).map(|entry| entry.path.display().to_string());
    let named = named.collect::<Vec<_>>().join(", ");
    let found = format!("`{dir}`: {} of {} entries are not valid: {named}", invalid.len(), list.len());
    let advice = "they are never used; fill the folder again, under this user's secret";
    check(NAME, Grade::Warn, found, advice)
}
