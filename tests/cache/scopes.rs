//! Tenants: each has a part of the cache of its own, and cannot tell what others have.

use std::time::Duration;

use ovenbird::cache::Secret;
use ovenbird::{Cache, Engine, Scope};
use ovenbird_tests::seal::Entry;

use crate::{Place, UNITS, engine, run_with};

fn tenant(place: &Place, scope: &Scope) -> Engine {
    engine(place.options()).scope(scope)
}

/// Without `for_scope` in `host/src/cache/secret.rs`: the second tenant has a hit.
#[test]
fn what_one_tenant_has_had_compiled_is_new_to_the_next() {
    let place = Place::new();
    let shared = engine(place.options());
    run_with(place.path(), &shared).is_right().compiled();
    for name in ["acme", "globex"] {
        // In one process, and through the disk.
        run_with(place.path(), &shared.scope(&Scope::new(name))).is_right().compiled();
        run_with(place.path(), &tenant(&place, &Scope::new(name))).is_right().hits();
    }
    run_with(place.path(), &engine(place.options())).is_right().hits();
}

#[test]
fn sharing_is_a_choice() {
    let place = Place::new();
    let group = Scope::new("a group");
    run_with(place.path(), &tenant(&place, &group)).is_right().compiled();
    run_with(place.path(), &tenant(&place, &group)).is_right().hits();
    run_with(place.path(), &tenant(&place, &group.clone().quota(1 << 30))).is_right().hits();
}

#[test]
fn a_tenants_secret_is_needed_for_its_entries() {
    let place = Place::new();
    let own = |byte| Scope::new("acme").secret(Secret::from_bytes([byte; 32]));
    run_with(place.path(), &tenant(&place, &own(1))).is_right().compiled();
    run_with(place.path(), &tenant(&place, &own(2))).is_right().compiled();
    run_with(place.path(), &tenant(&place, &Scope::new("acme"))).is_right().compiled();
    run_with(place.path(), &tenant(&place, &own(1))).is_right().hits();
}

/// Without `self.names` in `place` in `host/src/cache/open.rs`: whoever has a text can look whether its file is
/// there.
#[test]
fn names_of_files_do_not_tell_what_a_tenant_has() {
    let place = Place::new();
    for scope in [None, Some("acme"), Some("globex")] {
        let engine = engine(place.options());
        let engine = scope.map_or(engine.clone(), |name| engine.scope(&Scope::new(name)));
        run_with(place.path(), &engine).is_right();
    }
    let mut names: Vec<_> =
        place.entries().iter().map(|path| path.file_name().map(ToOwned::to_owned)).collect();
    let all = names.len();
    names.sort();
    names.dedup();
    assert_eq!((all, names.len()), (6 * UNITS as usize, 6 * UNITS as usize), "the same program, other names");
    assert!(!place.files().iter().any(|path| path.to_string_lossy().contains("acme")));
}

/// Without `hasher.update(scope.name()` in `host/src/cache/secret.rs`: all tenants have one secret.
#[test]
fn an_entry_of_one_tenant_is_refused_to_another() {
    let place = Place::new();
    let (acme, globex) = (Scope::new("acme"), Scope::new("globex"));
    run_with(place.path(), &tenant(&place, &acme)).is_right();
    run_with(place.path(), &tenant(&place, &globex)).is_right();
    // Whoever can write to the folder puts the one's entries where the other's are.
    let by_kind = |end: &str| {
        let mut found: Vec<_> =
            place.entries().into_iter().filter(|path| path.to_string_lossy().ends_with(end)).collect();
        found.sort();
        found
    };
    for end in ["cwasm", "artifact"] {
        let paths = by_kind(end);
        let last = std::fs::read(paths.last().expect("there")).expect("read");
        for path in &paths[..paths.len() - 1] {
            std::fs::remove_file(path).expect("removed");
            std::fs::write(path, &last).expect("written");
        }
    }
    for scope in [&acme, &globex] {
        let engine = tenant(&place, scope);
        run_with(place.path(), &engine).is_right();
        assert!(
            engine.cache().stats().native.reasons.contains_key("untrusted")
                || engine.cache().stats().native.reasons.contains_key("corrupt")
        );
    }
}

#[test]
fn what_is_sealed_under_the_users_own_secret_is_no_tenants() {
    // Whoever has the user's secret, but not that of the tenant, knows where the entries are.
    let place = Place::new();
    let acme = Scope::new("acme").secret(Secret::from_bytes([1; 32]));
    run_with(place.path(), &tenant(&place, &acme)).is_right().compiled();
    for path in place.entries() {
        Entry::read(&path).plant(&path, [7; 32]);
    }
    let engine = tenant(&place, &acme);
    run_with(place.path(), &engine).is_right().compiled();
    assert_eq!(engine.cache().stats().native_loads, 0);
}

/// Without `scope.bytes()` in `host/src/cache/open.rs`: one tenant fills the folder.
#[test]
fn a_quota_holds_for_one_tenant_and_touches_no_other() {
    let place = Place::new();
    let cache = Cache::open(place.options());
    let (small, other) =
        (cache.scope(&Scope::new("small").quota(1 << 20)), cache.scope(&Scope::new("other")));
    let mut recipe = crate::eviction::recipe(0);
    assert!(other.put_artifact(&recipe, &[1; 1 << 20], Duration::ZERO));
    for number in 0..40 {
        recipe = crate::eviction::recipe(number);
        assert!(small.put_artifact(&recipe, &[1; 100 << 10], Duration::ZERO));
    }
    let size = |cache: &Cache| cache.list().iter().map(|entry| entry.size).sum::<u64>();
    assert!(size(&small) <= (1 << 20) * 5 / 4, "{}", size(&small));
    assert!(other.get_artifact(&crate::eviction::recipe(0)).is_ok());
}

#[test]
fn clearing_the_cache_clears_its_scopes_and_a_scope_only_itself() {
    let place = Place::new();
    let cache = Cache::open(place.options());
    let (one, two) = (cache.scope(&Scope::new("one")), cache.scope(&Scope::new("two")));
    for cache in [&cache, &one, &two] {
        assert!(cache.put_artifact(&crate::eviction::recipe(0), b"artifact", Duration::ZERO));
    }
    assert_eq!(one.clear(), 1);
    assert_eq!((cache.list().len(), one.list().len(), two.list().len()), (1, 0, 1));
    assert_eq!(cache.clear(), 2);
    assert!(place.entries().is_empty());
    assert!(one.put_artifact(&crate::eviction::recipe(0), b"artifact", Duration::ZERO), "and works again");
}

#[test]
fn a_tenant_who_never_comes_back_leaves_nothing_for_ever() {
    let place = Place::new();
    let cache = Cache::open(place.options());
    assert!(cache.scope(&Scope::new("gone")).put_artifact(&crate::eviction::recipe(0), b"x", Duration::ZERO));
    let long_ago = std::time::SystemTime::now() - ovenbird::cache::MAX_AGE * 2;
    for path in place.files() {
        std::fs::File::open(path).and_then(|file| file.set_modified(long_ago)).expect("aged");
    }
    cache.trim(ovenbird::cache::MAX_BYTES, ovenbird::cache::MAX_AGE);
    assert!(place.entries().is_empty());
    assert!(!place.cache_dir().join("v1/s").exists());
}

#[test]
fn a_cache_that_is_off_has_scopes_that_are_off() {
    let scope = Cache::disabled().scope(&Scope::new("acme"));
    assert!(!scope.is_on() && scope.problem().is_none());
}
