//! Tests as evidence: whoever claims something names the tests that show it, and those must be there and run by
//! themselves.

use ovenbird_tests::files::{find, root};

/// Every test of the workspace that runs by itself.
fn tests() -> Vec<String> {
    let mut found = Vec::new();
    for file in ["tests", "host/src", "remote"].iter().flat_map(|folder| find(&root().join(folder), "rs")) {
        let text = std::fs::read_to_string(file).expect("the file can be read");
        let mut attributes = Vec::new();
        for line in text.lines().map(str::trim) {
            if line.starts_with("#[") {
                attributes.push(line);
                continue;
            }
            if let Some((name, _)) = line.strip_prefix("fn ").and_then(|rest| rest.split_once("()"))
                && attributes.contains(&"#[test]")
                && !attributes.iter().any(|attribute| attribute.starts_with("#[ignore"))
            {
                found.push(name.to_owned());
            }
            attributes.clear();
        }
    }
    found
}

/// Fails unless each claim has tests, and each of those is one.
#[track_caller]
pub(crate) fn are_shown<'a>(claims: impl Iterator<Item = (String, &'a [&'a str])>) {
    let known = tests();
    assert!(known.len() > 300, "the tests are not where they are looked for: {}", known.len());
    for (what, tests) in claims {
        assert!(!tests.is_empty(), "{what} has no test");
        for test in tests {
            assert!(known.iter().any(|name| name == test), "{what}: there is no test `{test}`");
        }
    }
}
