//! Early cutoff: an edit that changes nothing compiles nothing, and tracebacks show the text of now.

use super::*;

#[test]
fn comments_and_blank_lines_are_no_change() {
    let project = warm();
    edit(&project, "main.py", "    y = scale(x)\n", "    # A comment.\n\n    y = scale(x)  # and another\n");
    edit(&project, "helpers.py", "def scale", "\n\n# Above the function.\ndef scale");
    project.run("main.py").prints("90\n").hits();
}

#[test]
fn a_docstring_is_no_change() {
    let project = warm();
    edit(&project, "main.py", "def f(x):\n", "def f(x):\n    \"\"\"What it does.\"\"\"\n");
    project.run("main.py").prints("90\n").hits();
}

#[test]
fn names_of_local_variables_are_no_change() {
    let project = warm();
    edit(&project, "main.py", "    y = scale(x)\n    return y * K", "    z = scale(x)\n    return z * K");
    project.run("main.py").prints("90\n").hits();
}

#[test]
fn functions_in_another_order_are_no_change() {
    let project = Project::new(&[(
        "main.py",
        "import ovenbird\n\n\ndef a(x):\n    return x + 1\n\n\ndef b(x):\n    return x * 2\n\n\n@ovenbird.jit(cache=True)\ndef f(x):\n    return a(x) + b(x)\n\n\nprint(f(3))\n",
    )]);
    project.run("main.py").prints("10\n");
    edit(
        &project,
        "main.py",
        "def a(x):\n    return x + 1\n\n\ndef b(x):\n    return x * 2\n",
        "def b(x):\n    return x * 2\n\n\ndef a(x):\n    return x + 1\n",
    );
    project.run("main.py").prints("10\n").hits();
}

#[test]
fn edits_that_give_the_same_wasm_share_native_code() {
    let project = Project::new(&[(
        "main.py",
        "import ovenbird\n\n\n@ovenbird.jit(cache=True)\ndef f(x):\n    unused = x + 1\n    return x * 2\n\n\nprint(f(2))\n",
    )]);
    project.run("main.py").prints("4\n");
    edit(&project, "main.py", "unused = x + 1\n    return", "return");
    let run = project.run("main.py");
    run.prints("4\n");
    assert_eq!((run.compiles, run.natives), (1, 0), "{:?}", run.units);
}

#[test]
fn tracebacks_of_cached_code_show_the_lines_of_now() {
    let project = Project::new(&[(
        "main.py",
        "import ovenbird\n\n\n@ovenbird.jit(cache=True)\ndef f(x):\n    return 10 // x\n\n\nprint(f(0))\n",
    )]);
    let at = |run: ovenbird_tests::project::Run| match run.result {
        Err(Error::Raised(raised)) => {
            assert_eq!(raised.summary(), "ZeroDivisionError: integer division or modulo by zero");
            let frames = raised.traceback.iter().map(|f| (f.line, f.function.clone(), f.text.clone()));
            (frames.collect::<Vec<_>>(), run.compiles)
        }
        other => panic!("{other:?}"),
    };
    let frame = |line, function: &str, text: &str| (line, function.to_owned(), text.to_owned());
    let (frames, _) = at(project.run("main.py"));
    assert_eq!(frames, [frame(9, "<module>", "print(f(0))"), frame(6, "f", "return 10 // x")]);
    edit(&project, "main.py", "@ovenbird", "# One line.\n# Another line.\n@ovenbird");
    edit(&project, "main.py", "(x):\n    return 10 // x", "(y):\n    return 10 // y");
    let (frames, compiles) = at(project.run("main.py"));
    assert_eq!(compiles, 0);
    assert_eq!(frames, [frame(11, "<module>", "print(f(0))"), frame(8, "f", "return 10 // y")]);
}

#[test]
fn an_annotation_that_says_what_is_inferred_is_no_change() {
    let project = warm();
    edit(&project, "main.py", "def f(x):\n    y = scale(x)", "def f(x: int) -> int:\n    y: int = scale(x)");
    project.run("main.py").prints("90\n").hits();
}

#[test]
fn another_layout_of_the_text_is_no_change() {
    let project = warm();
    edit(&project, "main.py", "    return y * K", "    return (\n        y\n        * K\n    )");
    project.run("main.py").prints("90\n").hits();
}

#[test]
fn names_and_comments_of_a_callee_are_no_change() {
    let project = warm();
    edit(
        &project,
        "deep.py",
        "def base(x):\n    return x + 1",
        "def base(value):\n    # One more.\n    return value + 1",
    );
    edit(&project, "helpers.py", "return base(x) * 10", "result = base(x) * 10\n    return result");
    edit(&project, "helpers.py", "result = base(x) * 10\n    return result", "return base(x) * 10");
    project.run("main.py").prints("90\n").hits();
}

#[test]
fn a_renamed_callee_is_the_same_callee() {
    let project = warm();
    edit(&project, "deep.py", "def base", "def root");
    edit(&project, "helpers.py", "import base", "import root");
    edit(&project, "helpers.py", "base(x)", "root(x)");
    project.run("main.py").prints("90\n").hits();
}

#[test]
fn a_function_in_another_file_is_the_same_function() {
    let project = warm();
    project.write("other.py", MAIN);
    let run = project.run("other.py");
    run.prints("90\n");
    assert_eq!(run.unit("other.f").0, "hit.l2");
}

#[test]
fn a_traceback_shows_the_name_that_a_function_has_now() {
    let text = "import ovenbird\n\n\ndef inner(x):\n    return 10 // x\n\n\n@ovenbird.jit(cache=True)\ndef f(x):\n    return inner(x)\n\n\nprint(f(0))\n";
    let project = Project::new(&[("main.py", text)]);
    project.run("main.py");
    edit(&project, "main.py", "inner", "quotient");
    edit(&project, "main.py", "import ovenbird\n", "import ovenbird\n\n# Further down.\n");
    let run = project.run("main.py");
    assert_eq!(run.compiles + run.natives, 0, "{:?}", run.units);
    let Err(Error::Raised(raised)) = &run.result else { panic!("{:?}", run.result) };
    let frames: Vec<_> = raised.traceback.iter().map(|f| (f.function.as_str(), f.line)).collect();
    assert_eq!(frames, [("<module>", 15), ("f", 12), ("quotient", 7)]);
}

#[test]
fn a_refactoring_that_gives_the_same_wasm_compiles_no_native_code() {
    for (from, to) in [
        ("return x * 2 + 1", "one = 1\n    return x * (one + one) + one"),
        ("return x * 2 + 1", "if False:\n        return 0\n    return x * 2 + 1"),
        ("return x * 2 + 1", "return x * (1 + 1) + 1"),
    ] {
        let text = "import ovenbird\n\n\n@ovenbird.jit(cache=True)\ndef f(x):\n    return x * 2 + 1\n\n\nprint(f(3))\n";
        let project = Project::new(&[("main.py", text)]);
        project.run("main.py").prints("7\n");
        edit(&project, "main.py", from, to);
        let run = project.run("main.py");
        run.prints("7\n");
        assert_eq!(run.natives, 0, "{to}: {:?}", run.units);
    }
}

const PAIR: &str = "\
import ovenbird


@ovenbird.jit(cache=True)
def even(n):
    return True if n == 0 else odd(n - 1)


@ovenbird.jit(cache=True)
def odd(n):
    return False if n == 0 else even(n - 1)


print(even(4), odd(4))
";

#[test]
fn a_recursive_pair_is_one_unit_of_change() {
    let project = Project::new(&[("main.py", PAIR)]);
    project.run("main.py").prints("True False\n");
    project.run("main.py").prints("True False\n").hits();
    // The same definitions in the other order.
    let (head, rest) = PAIR.split_at(PAIR.find("@ovenbird.jit").expect("there"));
    let (even, rest) = rest.split_at(rest[1..].find("@ovenbird.jit").expect("there") + 1);
    let (odd, tail) = rest.split_at(rest.find("print").expect("there"));
    project.write("main.py", &format!("{head}{odd}{even}{tail}"));
    project.run("main.py").prints("True False\n").hits();
    edit(&project, "main.py", "False if n == 0", "n == 100 if n == 0");
    let run = project.run("main.py");
    run.prints("True False\n");
    assert_eq!((run.unit("main.even").0, run.unit("main.odd").0), ("miss", "miss"));
}

#[test]
fn native_code_that_is_gone_is_made_from_the_stored_wasm() {
    let project = warm();
    for path in listed(&project, "native") {
        std::fs::remove_file(path).expect("removed");
    }
    let run = project.run("main.py");
    run.prints("90\n");
    assert_eq!((run.compiles, run.natives), (0, 2));
    assert_eq!(run.unit("main.f"), ("hit.l1", "the entry was removed"));
}
