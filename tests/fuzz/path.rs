//! Paths against a model of a file system: what a guest opens is the file that the model finds inside the grant, with
//! its contents, and nothing else; no error names a path of the host.
//!
//! Without `cap_std` in `Grants::open` (`host/src/grants.rs`) a link or `..` behind one leads out: the model says
//! "outside" and a file is opened. Without `check_text` there, forms that other systems read differently pass.

use std::collections::BTreeMap;
use std::io::Read as _;
use std::os::unix::fs::symlink;
use std::path::Path;

use cap_std::ambient_authority;
use cap_std::fs::Dir;
use ovenbird::Grants;
use ovenbird::grants::AccessError;
use ovenbird_tests::fuzz::fuzz;

/// What is at a path inside of the granted directory.
#[derive(Clone, Debug)]
enum Node {
    Dir,
    File,
    Link(&'static str),
    Pipe,
}

/// The granted directory, by path from it.
fn tree() -> BTreeMap<&'static str, Node> {
    use Node::{Dir, File, Link, Pipe};
    BTreeMap::from([
        ("", Dir),
        ("a", Dir),
        ("a/b", Dir),
        ("a/b/deep.pq", File),
        ("a/x.pq", File),
        ("x.pq", File),
        (" ", File),
        ("...", File),
        ("..x", File),
        ("x.pq:stream", File),
        ("ünï.pq", File),
        ("%2e%2e", File),
        ("~", Dir),
        ("~/x.pq", File),
        ("pipe", Pipe),
        ("to_x", Link("x.pq")),
        ("to_b", Link("a/b")),
        ("a/up", Link("..")),
        ("a/b/far", Link("../../a/x.pq")),
        ("out", Link("..")),
        ("out_file", Link("../secret.pq")),
        ("absolute", Link("/etc/passwd")),
        ("root", Link("/")),
        ("proc", Link("/proc/self")),
        ("loop", Link("loop")),
        ("ping", Link("pong")),
        ("pong", Link("ping")),
        ("gone", Link("nowhere")),
        ("self", Link(".")),
        ("a/in_and_out", Link("../out/inside/x.pq")),
    ])
}

/// The names that paths are made of.
const NAMES: [&str; 44] = [
    "a",
    "b",
    "x.pq",
    "deep.pq",
    "..",
    "..",
    ".",
    "",
    "/",
    "to_x",
    "to_b",
    "up",
    "far",
    "out",
    "out_file",
    "absolute",
    "root",
    "proc",
    "loop",
    "ping",
    "gone",
    "self",
    "in_and_out",
    "secret.pq",
    "inside",
    " ",
    "...",
    "..x",
    "pipe",
    "\0",
    "\\",
    "..\\secret.pq",
    "C:",
    "c:x.pq",
    "x.pq:stream",
    "ünï.pq",
    "%2e%2e",
    "~",
    "mnt",
    "sub",
    "etc",
    "passwd",
    "nul",
    "\u{202e}x",
];

fn make(root: &Path) {
    let inside = root.join("inside");
    std::fs::create_dir(&inside).expect("a folder");
    std::fs::write(root.join("secret.pq"), "secret").expect("a file");
    for (name, node) in tree() {
        let path = inside.join(name);
        match node {
            Node::Dir if name.is_empty() => {}
            Node::Dir => std::fs::create_dir(path).expect("a folder"),
            Node::File => std::fs::write(path, format!("at {name}")).expect("a file"),
            Node::Link(to) => symlink(to, path).expect("a link"),
            Node::Pipe => {
                let mode = rustix::fs::Mode::RUSR | rustix::fs::Mode::WUSR;
                rustix::fs::mknodat(rustix::fs::CWD, path, rustix::fs::FileType::Fifo, mode, 0)
                    .expect("a pipe");
            }
        }
    }
}

/// What the model says of a path.
#[derive(PartialEq, Eq, Debug)]
enum Verdict {
    /// This file.
    File(String),
    /// It leads out of the granted directory, or may be read as if it did.
    Outside,
    /// There is no file to be had.
    Nothing,
}

/// Where a path leads, by the rules of a Unix file system, in the granted directory or the one below it that is granted
/// once more as `/mnt/sub`.
fn model(tree: &BTreeMap<&str, Node>, path: &str) -> Verdict {
    let drive = path.len() >= 2 && path.as_bytes()[1] == b':' && path.as_bytes()[0].is_ascii_alphabetic();
    if path.is_empty() {
        return Verdict::Nothing;
    }
    if path.contains(['\0', '\\']) || drive || path.len() > 4096 {
        return Verdict::Outside;
    }
    let mut names: Vec<&str> = path.split('/').filter(|name| !matches!(*name, "" | ".")).collect();
    let mut base: Vec<&str> = Vec::new();
    if path.starts_with('/') {
        if names.len() < 2 || names[..2] != ["mnt", "sub"] {
            return Verdict::Outside;
        }
        names.drain(..2);
        base.push("a");
    }
    let mut level = 0;
    for name in &names {
        level += if *name == ".." { -1 } else { 1 };
        if level < 0 {
            return Verdict::Outside;
        }
    }
    names.reverse();
    walk(tree, &base, names)
}

/// Goes through names, the last one first, from a directory that must not be left.
fn walk<'t>(tree: &BTreeMap<&'t str, Node>, base: &[&'t str], mut rest: Vec<&'t str>) -> Verdict {
    let mut here: Vec<&str> = base.to_vec();
    let mut links = 0;
    while let Some(name) = rest.pop() {
        match name {
            "" | "." => continue,
            ".." if here.len() == base.len() => return Verdict::Outside,
            ".." => {
                here.pop();
                continue;
            }
            _ => here.push(name),
        }
        match tree.get(here.join("/").as_str()) {
            None => return Verdict::Nothing,
            Some(Node::Link(to)) => {
                links += 1;
                if links > 40 {
                    return Verdict::Nothing;
                }
                if to.starts_with('/') {
                    return Verdict::Outside;
                }
                here.pop();
                rest.extend(to.split('/').rev());
            }
            Some(Node::File | Node::Pipe) if !rest.is_empty() => return Verdict::Nothing,
            Some(_) => {}
        }
    }
    match tree.get(here.join("/").as_str()) {
        Some(Node::File) => Verdict::File(format!("at {}", here.join("/"))),
        _ => Verdict::Nothing,
    }
}

/// Bytes as names and separators.
fn path_of(bytes: &[u8]) -> String {
    let mut path = String::new();
    for pair in bytes.chunks(2).take(40) {
        path.push_str(NAMES[usize::from(pair[0]) % NAMES.len()]);
        match pair.get(1).copied().unwrap_or(0) % 16 {
            0 => {}
            1 => path.push_str("//"),
            2 => path.push_str("/./"),
            _ => path.push('/'),
        }
    }
    // Most end in a name.
    match bytes.first().copied().unwrap_or(0) % 8 {
        0 => path,
        _ => path.trim_end_matches('/').to_owned(),
    }
}

/// Without `dir.open_with`, `check_text` or `resolve` in `host/src/grants.rs`: the model says "outside", and a file is opened.
#[test]
fn any_path_opens_what_the_model_finds_inside_and_nothing_else() {
    let root = tempfile::tempdir().expect("a folder");
    make(root.path());
    let dir = |path: &str| {
        Dir::open_ambient_dir(root.path().join(path), ambient_authority()).expect("the directory opens")
    };
    let grants = Grants::none().dir(dir("inside"), "").dir(dir("inside/a"), "/mnt/sub");
    let (tree, host) = (tree(), root.path().to_str().expect("UTF-8").to_owned());
    let mut seen = [0u32; 3];
    let seeds: Vec<Vec<u8>> = (0..NAMES.len() as u8).map(|name| vec![name, 3, 2, 3, 13, 3, name]).collect();
    fuzz(30_000, &seeds, |bytes| {
        let path = path_of(bytes);
        let wanted = model(&tree, &path);
        let got = match grants.open(&path) {
            Ok(mut file) => {
                let mut text = String::new();
                file.read_to_string(&mut text).expect("a text");
                Verdict::File(text)
            }
            Err(error) => {
                let shown = error.to_string();
                assert!(!shown.contains(&host) && !shown.chars().any(char::is_control), "{path:?}: {shown}");
                assert!(shown.chars().count() < 400, "{path:?}: {shown}");
                match error {
                    AccessError::Denied { .. } => Verdict::Outside,
                    _ => Verdict::Nothing,
                }
            }
        };
        assert_eq!(got, wanted, "{path:?}");
        seen[match wanted {
            Verdict::File(_) => 0,
            Verdict::Outside => 1,
            Verdict::Nothing => 2,
        }] += 1;
    });
    assert!(seen.iter().all(|count| *count > 100), "files, outside, nothing: {seen:?}");
}
