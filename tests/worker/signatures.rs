//! Functions that can be asked for, found in a worker, and the commands that need them.

use super::*;
use ovenbird::CompileBudget;

/// Functions and the types of their parameters, or what is wrong.
type Found = Result<Vec<(String, Vec<Type>)>, String>;

/// What is found here and there.
fn both(text: &str, function: Option<&str>) -> [Found; 2] {
    let (here, there) = (Engine::builder().build().expect("an engine"), engine());
    [here, there].map(|engine| {
        let program = engine.compile(&Source::new("test.py", text)).map_err(|error| error.to_string())?;
        program.signatures(function).map_err(|error| error.to_string())
    })
}

/// Fails without: the function's name in what is asked of a worker.
#[test]
fn they_are_the_same() {
    let right = "import numpy as np\nfrom ovenbird import jit\n\n\n@jit\ndef f(x, y):\n    return x + y\n\n\ndef g(n: int, s='a'):\n    return n\n\n\ndef h(x):\n    return x\n\n\ndef pair(x: int):\n    return h, x\n\n\nprint(f(1, 2.5), f(1, 2))\nh(np.ones(3))\n";
    let wrong = "def f(x: int):\n    return x + 'a'\n\n\nprint(f(1))\n";
    for function in [None, Some("f"), Some("g"), Some("pair"), Some("nothing")] {
        for text in [right, wrong, "def f(:\n"] {
            let [here, there] = both(text, function);
            assert_eq!(here, there, "{function:?} of {text}");
        }
    }
    let all = both(right, None)[1].clone().expect("it is right");
    let int_and = |other| ("f".to_owned(), vec![Type::Int, other]);
    assert_eq!(all[..2], [int_and(Type::Float), int_and(Type::Int)], "as the body calls it");
    assert_eq!(all[2], ("g".to_owned(), vec![Type::Int, Type::Str]), "as it is annotated");
    assert_eq!(all.len(), 3, "a function cannot be handed out: {all:?}");
    // Where its elements lie is a part of this array's type, and nothing that a host can say.
    let [here, there] = both(right, Some("h"));
    assert!(here.is_ok());
    assert_eq!(there, Err("`h` takes what cannot be handed to a worker process".to_owned()));
    assert!(both(wrong, None)[1].is_err() && both(right, Some("nothing"))[1].is_err());
}

/// Without `compilation.stopped()` in `host/src/signatures.rs`: each of thousands of functions has all of the time for itself.
#[test]
fn all_of_them_have_the_time_of_one_program() {
    let functions: String =
        (0..200).map(|i| format!("def f{i}(x: int):\n    return x + {i}\n\n\n")).collect();
    let source = Source::new("test.py", functions);
    let engine = Engine::builder().build().expect("an engine");
    let found = |budget: &CompileBudget| engine.compile_within(&source, budget)?.signatures(None);
    let enough = CompileBudget::default();
    let started = Instant::now();
    assert_eq!(found(&enough).expect("there is time").len(), 200);
    // Checking one of them takes a small part of this, on whatever machine.
    let error =
        found(&enough.time(started.elapsed() / 10)).expect_err("there is less time than all of them take");
    assert!(error.to_string().contains("compile time limit"), "{error}");
}

/// Runs the program, and says whether it had a child.
fn watched(arguments: &[&str]) -> (Option<i32>, String, bool) {
    let mut command = std::process::Command::new(PROGRAM);
    let command =
        command.args(arguments).stdout(std::process::Stdio::piped()).stderr(std::process::Stdio::null());
    let child = command.spawn().expect("it runs");
    let id = child.id();
    let waiting = std::thread::spawn(move || child.wait_with_output().expect("it ends"));
    let mut had_child = false;
    while !waiting.is_finished() {
        had_child = had_child || !children_of(id).is_empty();
        std::thread::sleep(Duration::from_millis(1));
    }
    let output = waiting.join().expect("it is waited for");
    (output.status.code(), String::from_utf8_lossy(&output.stdout).into_owned(), had_child)
}

/// Fails without: the option in `build`, `check` and `cache why`.
#[test]
fn the_command_line_compiles_there() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = |name: &str| folder.path().join(name).to_str().expect("UTF-8").to_owned();
    let (file, cache) = (path("app.py"), path("cache"));
    // Long enough that a child can be seen.
    let function = |i| {
        format!(
            "@jit(cache=True)\ndef f{i}(x: int):\n    while x > {i}:\n        x -= x % 7 + 1\n    return x\n\n\n"
        )
    };
    let functions: String = (0..60).map(function).collect();
    let calls: String = (0..60).map(|i| format!("f{i}(3)\n")).collect();
    std::fs::write(&file, format!("from ovenbird import jit\n\n\n{functions}{calls}")).expect("written");
    let mut bundles = Vec::new();
    for (isolate, output) in [(false, path("here.oven")), (true, path("there.oven"))] {
        let mut arguments = vec!["build", &file, "-o", &output];
        arguments.extend(isolate.then_some("--isolate"));
        let (code, _, had_child) = watched(&arguments);
        assert_eq!((code, had_child), (Some(0), isolate));
        bundles.push(std::fs::read(&output).expect("a bundle"));
    }
    assert!(bundles[0] == bundles[1], "it is the same bundle");
    for (target, lines) in [(file.clone(), 60), (format!("{file}::f7"), 1)] {
        let (code, printed, had_child) =
            watched(&["cache", "why", "--isolate", "--cache-dir", &cache, &target]);
        assert!(code == Some(0) && had_child, "{printed}");
        assert!(printed.matches(": miss").count() >= lines, "{printed}");
    }
    let (code, printed, had_child) = watched(&["check", "--isolate", &file]);
    assert!(code == Some(0) && had_child, "{printed}");
    std::fs::write(&file, "def f():\n    return y\n").expect("written");
    assert_eq!(watched(&["check", "--isolate", &file]).0, Some(2));
}
