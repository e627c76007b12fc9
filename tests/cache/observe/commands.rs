//! The command line about parts of the cache: one function, the direct path, scopes, and what came from elsewhere.

use ovenbird::{Cache, Engine, Scope};
use ovenbird_compiler::types::Type;
use ovenbird_tests::project::Project;
use serde_json::Value;

use crate::{cli, command, edit, run, warm};

fn json(text: &str) -> Value {
    serde_json::from_str(text).unwrap_or_else(|error| panic!("{error}: {text}"))
}

/// The command line of another user of the project's folder, with a home and a cache of his own.
struct User<'a> {
    project: &'a Project,
    name: &'static str,
}

impl User<'_> {
    fn run(&self, arguments: &[&str]) -> (String, i32) {
        let own = |what: &str| self.project.path(&format!("../{}-{what}", self.name));
        let mut command = command(self.project, arguments);
        command.env_remove("OVENBIRD_CACHE_DIR").env("HOME", own("home"));
        run(command.env("OVENBIRD_CACHE_LOG", own("log")))
    }

    /// Runs the script over this cache; gives what became of the function and of the module's body.
    fn outcomes(&self, cache: &str) -> (String, String) {
        let log = self.project.path(&format!("../{}-log", self.name));
        let _ = std::fs::remove_file(&log);
        assert_eq!(self.run(&["run", "main.py", "--cache-dir", cache]), ("90\n".to_owned(), 0));
        let text = std::fs::read_to_string(log).expect("a log");
        let units: Vec<Value> = text.lines().map(json).filter(|line| line["event"] == "unit").collect();
        let of = |label: &str| {
            let unit = units.iter().find(|unit| unit["label"] == label).expect("the unit");
            unit["outcome"].as_str().expect("text").to_owned()
        };
        (of("main.f"), of("main.__main__"))
    }
}

#[test]
fn one_function_is_exported_from_and_imported_into_the_folder_that_is_named() {
    let project = warm();
    let (ann, ben) = (User { project: &project, name: "ann" }, User { project: &project, name: "ben" });
    let key = ann.run(&["key", "new", "default"]).0;
    ann.outcomes("ann-cache");
    let place = ["--cache-dir", "ann-cache", "--of", "main.py::f"];
    let (text, code) = ann.run(&[&["cache", "export", "-o", "f.oven"], &place[..]].concat());
    assert_eq!(code, 0, "{text}");
    let described = json(&ann.run(&["bundle", "inspect", "f.oven", "--json"]).0);
    let labels = |list: &Value| -> Vec<String> {
        let list = list.as_array().expect("a list").iter();
        list.map(|entry| entry["label"].as_str().expect("text").to_owned()).collect()
    };
    assert_eq!(
        (labels(&described["modules"]), labels(&described["natives"])),
        (vec!["main.f".into()], vec!["main.f".into()])
    );

    let import = ["cache", "import", "f.oven", "--json", "--trust", key.trim(), "--cache-dir", "ben-cache"];
    let (text, _) = ben.run(&import);
    assert_eq!((&json(&text)["added"], &json(&text)["present"]), (&2.into(), &0.into()), "{text}");
    assert_eq!(ben.outcomes("ben-cache"), ("hit.l2".to_owned(), "miss.cold".to_owned()));

    // All of it, of which another takes one function; beside the program, where a run of it looks.
    ann.run(&["cache", "export", "-o", "all.oven", "--cache-dir", "ann-cache"]);
    let cat = User { project: &project, name: "cat" };
    let import = ["cache", "import", "all.oven", "--json", "--trust", key.trim(), "--of", "main.py::f"];
    assert_eq!(json(&cat.run(&import).0)["added"], 2);
    let beside = project.path("__ovencache__");
    assert!(beside.exists());
    assert_eq!(cat.outcomes(beside.to_str().expect("text")), ("hit.l2".to_owned(), "miss.cold".to_owned()));
    let nothing =
        ann.run(&["cache", "export", "-o", "none.oven", "--cache-dir", "ann-cache", "--of", "main.py::g"]);
    assert_eq!(nothing.1, 0);
    let described = json(&ann.run(&["bundle", "inspect", "none.oven", "--json"]).0);
    assert_eq!(described["modules"], Value::Array(Vec::new()));
}

#[test]
fn revoking_a_key_ends_the_use_of_what_was_imported_under_it() {
    let project = warm();
    let (ann, ben) = (User { project: &project, name: "ann" }, User { project: &project, name: "ben" });
    let key = ann.run(&["key", "new", "default"]).0;
    ann.outcomes("ann-cache");
    ann.run(&["cache", "export", "-o", "all.oven", "--cache-dir", "ann-cache"]);
    assert_eq!(ben.run(&["key", "trust", key.trim(), "ann"]).1, 0);
    assert_eq!(ben.run(&["cache", "import", "all.oven", "--cache-dir", "ben-cache"]).1, 0);
    let (hit, by_text) = ("hit.l2".to_owned(), "hit.l0".to_owned());
    assert_eq!(ben.outcomes("ben-cache"), (hit.clone(), hit));
    assert_eq!(ben.outcomes("ben-cache"), (by_text.clone(), by_text.clone()));
    let list = json(&ben.run(&["cache", "ls", "--json", "--cache-dir", "ben-cache"]).0);
    let path = list["entries"][0]["path"].as_str().expect("an entry");
    assert!(
        ben.run(&["cache", "inspect", path, "--cache-dir", "ben-cache"])
            .0
            .contains(&format!("signed by  {}", key.trim()))
    );

    assert_eq!(ben.run(&["key", "revoke", key.trim(), "lost"]).1, 0);
    let miss = "miss.untrusted".to_owned();
    let (why, _) = ben.run(&["cache", "why", "main.py", "--cache-dir", "ben-cache"]);
    assert!(why.contains("the key that signed it was revoked"), "{why}");
    assert_eq!(ben.outcomes("ben-cache"), (miss.clone(), miss), "without the cache being cleared");
    assert_eq!(ben.outcomes("ben-cache"), (by_text.clone(), by_text), "made here");
    assert_eq!(ben.run(&["cache", "import", "all.oven", "--cache-dir", "ben-cache"]).1, 4, "and not again");
}

#[test]
fn why_and_explain_show_the_direct_path_of_a_program_and_of_a_function() {
    let project = warm();
    let by_itself = || {
        let engine =
            Engine::builder().cache(Cache::open(project.cache_options())).build().expect("an engine");
        project.program(&engine, "main.py").entry("f", &[Type::Int]).expect("it compiles");
        project.run_with(&engine, "main.py").prints("90\n");
    };
    let says = |command: &[&str], wanted: &str| {
        let text = cli(&project, command).0;
        assert!(text.contains(wanted), "{command:?}: no `{wanted}` in\n{text}");
    };
    let of_function = [&["cache", "why", "main.py::f"][..], &["explain", "main.py::f"]];
    let of_program = [&["cache", "why", "main.py"][..], &["explain", "main.py"]];
    for command in of_function {
        says(command, "by text  miss: it has not been asked for like this before\n");
    }
    for command in of_program {
        says(command, "text of the program: miss: it has not been asked for like this before\n");
    }
    by_itself();
    for command in of_function {
        says(command, "by text  hit: a run does not look into the text\n");
    }
    for command in of_program {
        says(command, "text of the program: hit: a run does not look into the text\n");
    }
    edit(&project, "deep.py", "x + 1", "x + 2");
    for (command, line) in of_function
        .into_iter()
        .map(|c| (c, "by text  "))
        .chain(of_program.map(|c| (c, "text of the program: ")))
    {
        says(command, &format!("{line}miss: what it imports or reads changed\n        -> module deep: "));
    }
    edit(&project, "deep.py", "x + 2", "x + 1");
    let why = json(&cli(&project, &["cache", "why", "main.py::f", "--json"]).0);
    assert_eq!(why["units"][0]["text"]["state"], "hit", "{why}");
    let explained = json(&cli(&project, &["explain", "main.py", "--json"]).0);
    assert_eq!((&explained["text"]["state"], &explained["units"][0]["text"]), (&"hit".into(), &Value::Null));
}

#[test]
fn scopes_are_listed_and_looked_into_by_name() {
    let project = warm();
    for (name, runs) in [("acme", 1), ("globex", 2)] {
        let engine = project.engine().scope(&Scope::new(name));
        for number in 0..runs {
            let text = format!(
                "import ovenbird\n\n\n@ovenbird.jit(cache=True)\ndef of_{name}(x):\n    return x + {number}\n\n\nprint(of_{name}(1))\n"
            );
            project.write("tenant.py", &text);
            project.run_with(&engine, "tenant.py").prints(&format!("{}\n", 1 + number));
        }
    }
    let stats = json(&cli(&project, &["cache", "stats", "--json"]).0);
    let mut counts: Vec<(u64, bool)> = stats["scopes"]
        .as_array()
        .expect("a list")
        .iter()
        .map(|scope| (scope["entries"].as_u64().expect("a number"), scope["bytes"].as_u64() > Some(100)))
        .collect();
    counts.sort_unstable();
    assert_eq!(counts, [(4, true), (6, true)], "the body of the second is that of the first: {stats}");
    let (text, _) = cli(&project, &["cache", "ls"]);
    assert_eq!(text.lines().filter(|line| line.starts_with("scope ")).count(), 2, "{text}");
    assert!(text.contains("main.f(int)") && !text.contains("of_acme"), "{text}");
    let list = json(&cli(&project, &["cache", "ls", "--json"]).0);
    assert_eq!(list["scopes"], stats["scopes"]);
    let of_acme = json(&cli(&project, &["cache", "ls", "--scope", "acme", "--json"]).0);
    let counted = |list: &Value| ["entries", "scopes"].map(|name| list[name].as_array().map(Vec::len));
    assert_eq!((counted(&list), counted(&of_acme)), ([Some(4), Some(2)], [Some(4), Some(0)]));
    let (text, _) = cli(&project, &["cache", "ls", "--scope", "acme"]);
    assert!(
        text.contains("tenant.of_acme(int)") && !text.contains("globex") && !text.contains("main.f"),
        "{text}"
    );
    let stats = json(&cli(&project, &["cache", "stats", "--scope", "globex", "--json"]).0);
    assert_eq!((&stats["entries"], &stats["invalid"]), (&6.into(), &0.into()), "{stats}");
    // One that is not there is not made.
    assert_eq!(cli(&project, &["cache", "ls", "--scope", "nobody"]).1, 2);
    let stats = json(&cli(&project, &["cache", "stats", "--json"]).0);
    assert_eq!(stats["scopes"].as_array().map(Vec::len), Some(2));
    assert_eq!(cli(&project, &["cache", "clear", "--scope", "acme"]).0, "removed 4 entries\n");
    let stats = json(&cli(&project, &["cache", "stats", "--json"]).0);
    let scopes = stats["scopes"].as_array().expect("a list");
    assert!(scopes.iter().any(|scope| scope["entries"] == 6), "the other tenant's are there: {stats}");
    assert_eq!(stats["entries"], 4, "and those of nobody: {stats}");
}
