//! `inspect`: an entry says everything about itself, and nothing if it is not authentic.

use ovenbird::Cache;
use ovenbird::cache::Listed;
use ovenbird::cache::inspect::Content;
use ovenbird_tests::project::Project;
use ovenbird_tests::seal::{Entry, replace};

use crate::{command, run, warm};

fn entry(project: &Project, kind: &str, label: &str) -> Listed {
    let list = Cache::open(project.cache_options()).list();
    let mut fitting = list.into_iter().filter(|entry| entry.kind.to_string() == kind && entry.label == label);
    fitting.next().expect("the entry")
}

#[test]
fn an_artifact_shows_its_recipe_and_what_is_in_it() {
    let project = warm();
    let cache = Cache::open(project.cache_options());
    let listed = entry(&project, "wasm", "main.f");
    let inspected = cache.inspect(&listed.key[..10]).expect("the entry");
    assert_eq!(inspected.listed.key, listed.key);
    assert_eq!(inspected.listed.verified, Ok(()));
    let trailer = inspected.trailer.expect("it is valid");
    assert_eq!((trailer.label.as_str(), trailer.producer.is_empty()), ("main.f", false));
    let field =
        |name: &str| trailer.fields.iter().find(|field| field.name == name).map(|field| &*field.value);
    assert_eq!((field("main.K"), field("argument 0")), (Some("3"), Some("int")));
    assert!(field("helpers.scale").is_some() && field("deep.base").is_some());
    match inspected.content {
        Some(Content::Artifact { wasm_bytes, functions, exports, .. }) => {
            assert!(wasm_bytes > 8 && wasm_bytes < inspected.payload_bytes);
            assert!(functions.contains(&"main.f".to_owned()) && !exports.is_empty(), "{functions:?}");
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn native_code_shows_its_machine_and_its_sections() {
    let project = warm();
    let cache = Cache::open(project.cache_options());
    let listed = entry(&project, "native", "main.f");
    let inspected = cache.inspect(&listed.key).expect("the entry");
    match inspected.content {
        Some(Content::Native { sections, .. }) => {
            assert!(sections.iter().any(|(name, size)| name == ".text" && *size > 0), "{sections:?}");
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn an_entry_that_is_not_authentic_says_nothing() {
    let project = warm();
    let listed = entry(&project, "wasm", "main.f");
    let mut bytes = std::fs::read(&listed.path).expect("read");
    bytes[3] ^= 1;
    replace(&listed.path, &bytes);
    let inspected = Cache::open(project.cache_options()).inspect(&listed.key).expect("there is a file");
    assert!(inspected.listed.verified.is_err());
    assert_eq!((inspected.trailer, inspected.content, inspected.payload_bytes), (None, None, 0));
}

#[test]
fn digits_that_fit_none_or_several_or_are_none_are_refused() {
    let project = warm();
    let cache = Cache::open(project.cache_options());
    for (digits, why) in
        [("0123456789abcdef", "no entry"), ("xyzw", "neither"), ("12", "neither"), ("", "neither")]
    {
        let error = cache.inspect(digits).map(|entry| entry.listed.key).expect_err(digits);
        assert!(error.contains(why), "{digits}: {error}");
    }
    // Two entries whose keys begin alike.
    let listed = entry(&project, "wasm", "main.f");
    let twin = format!("{}{}", &listed.key[..60], if listed.key.ends_with("0000") { "1111" } else { "0000" });
    let path = listed.path.with_file_name(format!("{twin}.artifact"));
    std::fs::copy(&listed.path, path).expect("copied");
    let error = cache.inspect(&listed.key[..8]).map(|entry| entry.listed.key).expect_err("two fit");
    assert!(error.contains("2 entries") && error.contains(&listed.key), "{error}");
}

#[test]
fn the_description_of_the_format_is_true() {
    let project = warm();
    for listed in Cache::open(project.cache_options()).list() {
        let entry = Entry::read(&listed.path);
        let bytes = std::fs::read(&listed.path).expect("read");
        assert!(entry.seal(ovenbird_tests::project::SECRET) == bytes, "{}", listed.path.display());
    }
}

#[test]
fn the_command_line_shows_files_and_digits() {
    let project = warm();
    let fresh = project.path("../fresh");
    let cli = |arguments: &[&str]| run(command(&project, arguments).env("OVENBIRD_CACHE_DIR", &fresh));
    assert_eq!(cli(&["run", "main.py"]).0, "90\n");
    let list: serde_json::Value = serde_json::from_str(&cli(&["cache", "ls", "--json"]).0).expect("a list");
    for entry in list["entries"].as_array().expect("a list") {
        let (key, path) = (entry["key"].as_str().expect("a key"), entry["path"].as_str().expect("a path"));
        let (text, code) = cli(&["cache", "inspect", path]);
        assert_eq!(code, 0, "{text}");
        assert!(text.contains(key) && text.contains("valid      yes") && text.contains("recipe\n"), "{text}");
        let (json, _) = cli(&["cache", "inspect", &key[..12], "--json"]);
        let json: serde_json::Value = serde_json::from_str(&json).expect("an object");
        assert_eq!((&json["key"], &json["valid"]), (&key.into(), &true.into()));
        assert!(json["recipe"].as_array().is_some_and(|fields| fields.len() > 5), "{json}");
    }
    // A file that is not authentic: exit code 1.
    let path = list["entries"][0]["path"].as_str().expect("a path");
    replace(std::path::Path::new(path), b"damaged");
    let (text, code) = cli(&["cache", "inspect", path]);
    assert!(code == 1 && text.contains("valid      NO"), "{code} {text}");
    assert_eq!(cli(&["cache", "inspect", "0000000000000000"]).1, 2);
}
