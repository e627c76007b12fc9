//! Paths that try to leave what is granted, and things that are not files.

use std::os::unix::fs::symlink;
use std::path::Path;

use ovenbird::{Engine, Grants, Output, Source, Tenant};
use ovenbird_tests::files::root;
use ovenbird_tests::project::grants;

use crate::{Case, case, limits, outcome, run};

/// Paths that a guest tries, by name.
const PATHS: [(&str, &str); 30] = [
    ("good", "good.pq"),
    ("good_dot", "./good.pq"),
    ("good_parent_inside", "sub/../good.pq"),
    ("good_link", "link_inside.pq"),
    ("parent", "../secret.pq"),
    ("parent_deep", "sub/../../secret.pq"),
    ("parent_of_missing", "none/../../secret.pq"),
    ("absolute", "/etc/passwd"),
    ("absolute_root", "/"),
    ("double_slash", "//etc/passwd"),
    ("link_relative", "link_outside.pq"),
    ("link_absolute", "link_absolute.pq"),
    ("link_directory", "link_directory/secret.pq"),
    ("link_loop", "loop.pq"),
    ("nul", "good.pq\\0.txt"),
    ("backslash", "..\\\\secret.pq"),
    ("drive", "C:/secret.pq"),
    ("stream", "good.pq:stream"),
    ("url", "file:///etc/passwd"),
    ("http", "http://example.com/x.pq"),
    ("percent", "%2e%2e/secret.pq"),
    ("tilde", "~/secret.pq"),
    ("empty", ""),
    ("directory", "sub"),
    ("dot", "."),
    ("fifo", "fifo.pq"),
    ("device", "/dev/zero"),
    ("proc", "/proc/self/environ"),
    ("missing", "missing.pq"),
    ("control", "\\x1b[2J.pq"),
];

/// A granted folder `inside`, with a secret beside it.
fn world() -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let inside = folder.path().join("inside");
    std::fs::create_dir_all(inside.join("sub")).expect("a folder");
    let data = root().join("tests/lang/pandas/data/tiny.parquet");
    for place in [folder.path().join("secret.pq"), inside.join("good.pq")] {
        std::fs::copy(&data, place).expect("copied");
    }
    let link = |to: &Path, name: &str| symlink(to, inside.join(name)).expect("linked");
    link(Path::new("good.pq"), "link_inside.pq");
    link(Path::new("../secret.pq"), "link_outside.pq");
    link(&folder.path().join("secret.pq"), "link_absolute.pq");
    link(Path::new(".."), "link_directory");
    link(Path::new("loop.pq"), "loop.pq");
    let mode = rustix::fs::Mode::RUSR | rustix::fs::Mode::WUSR;
    let fifo = rustix::fs::FileType::Fifo;
    rustix::fs::mknodat(rustix::fs::CWD, inside.join("fifo.pq"), fifo, mode, 0).expect("a FIFO");
    folder
}

/// What is left of the host's paths in a message is a leak.
fn sealed(text: String, folder: &tempfile::TempDir) -> String {
    let host = folder.path().display().to_string();
    if text.contains(&host) { format!("internal error - a host path is shown: {text}") } else { text }
}

pub(crate) fn cases() -> Vec<Case> {
    let mut cases = Vec::new();
    for (name, path) in PATHS {
        cases.push(case(format!("path/literal/{name}"), move || {
            let folder = world();
            let text = format!("import pandas as pd\nprint(len(pd.read_parquet(\"{path}\")))\n");
            let tenant = Tenant::default().limits(limits()).grants(grants(&folder.path().join("inside")));
            sealed(run("evil.py", &text, &tenant), &folder)
        }));
    }
    cases.push(case("path/no_grants", || {
        let text = "import pandas as pd\nprint(len(pd.read_parquet(\"good.pq\")))\n";
        run("evil.py", text, &Tenant::default().limits(limits()).grants(Grants::none()))
    }));
    cases.push(case("path/granted_to_compiler_only", || {
        // Whoever may compile against a schema may not read the rows.
        let folder = world();
        let text = "import pandas as pd\n\n\ndef f():\n    return len(pd.read_parquet(\"good.pq\"))\n\n\nprint(f())\n";
        let engine = Engine::builder().build().expect("the engine can be made");
        let source = Source::new("evil.py", text).grants(grants(&folder.path().join("inside")));
        let program = engine.compile(&source).expect("it parses");
        let tenant = Tenant::default().limits(limits()).grants(Grants::none());
        let ended = program.run(&tenant, Output::Capture(Vec::new()));
        outcome(&ended.result, ended.output.captured())
    }));
    for (name, module) in [("parent", "..secret"), ("dunder", "__init__"), ("slash", "sub/../../secret")] {
        cases.push(case(format!("path/import/{name}"), move || {
            let folder = world();
            std::fs::write(folder.path().join("secret.py"), "x = 1\n").expect("written");
            let tenant = Tenant::default().limits(limits()).grants(grants(&folder.path().join("inside")));
            sealed(run("evil.py", &format!("import {module}\nprint(1)\n"), &tenant), &folder)
        }));
    }
    cases.push(case("path/import/link", || {
        let folder = world();
        std::fs::write(folder.path().join("secret.py"), "X = 42\n").expect("written");
        symlink("../secret.py", folder.path().join("inside/neighbour.py")).expect("linked");
        let tenant = Tenant::default().limits(limits()).grants(grants(&folder.path().join("inside")));
        sealed(run("evil.py", "import neighbour\nprint(neighbour.X)\n", &tenant), &folder)
    }));
    cases.push(case("path/import/directory", || {
        let folder = world();
        std::fs::create_dir(folder.path().join("inside/neighbour.py")).expect("made");
        let tenant = Tenant::default().limits(limits()).grants(grants(&folder.path().join("inside")));
        sealed(run("evil.py", "import neighbour\nprint(1)\n", &tenant), &folder)
    }));
    cases.push(case("path/import/not_text", || {
        let folder = world();
        std::fs::write(folder.path().join("inside/neighbour.py"), b"x = 1\n\xff\xfe\n").expect("written");
        let tenant = Tenant::default().limits(limits()).grants(grants(&folder.path().join("inside")));
        sealed(run("evil.py", "import neighbour\nprint(1)\n", &tenant), &folder)
    }));
    cases.push(case("path/import/itself", || {
        let folder = world();
        std::fs::write(folder.path().join("inside/a.py"), "import b\nX = 1\n").expect("written");
        std::fs::write(folder.path().join("inside/b.py"), "import a\nY = a.X\n").expect("written");
        let tenant = Tenant::default().limits(limits()).grants(grants(&folder.path().join("inside")));
        sealed(run("evil.py", "import a\nimport b\nprint(b.Y)\n", &tenant), &folder)
    }));
    cases
}
