//! Source text as an attack: nesting, size, odd characters, and types that explode.

use ovenbird::Tenant;

use crate::{Case, case, limits, run};

/// How deep is deep.
const DEEP: usize = 100_000;

pub(crate) fn cases() -> Vec<Case> {
    let mut cases: Vec<Case> = nested().into_iter().chain(large()).chain(odd()).collect();
    cases.extend(bombs());
    cases.extend(amplified());
    cases
}

fn source(name: &str, text: String) -> Case {
    case(format!("source/{name}"), move || run("evil.py", &text, &Tenant::default().limits(limits())))
}

/// `open` × depth, `middle`, `close` × depth.
fn nest(open: &str, middle: &str, close: &str) -> String {
    format!("x = {}{middle}{}\n", open.repeat(DEEP), close.repeat(DEEP))
}

fn nested() -> Vec<Case> {
    let indented = |head: &str, depth: usize| {
        let lines: Vec<String> = (0..depth).map(|i| format!("{}{head}\n", " ".repeat(i))).collect();
        format!("{}{}pass\n", lines.concat(), " ".repeat(depth))
    };
    vec![
        source("parentheses", nest("(", "1", ")")),
        source("parentheses_open", nest("(", "1", "")),
        source("brackets", nest("[", "1", "]")),
        source("tuples", nest("(", "1", ",)")),
        source("braces", nest("{", "1", "}")),
        source("minus", nest("-", "1", "")),
        source("not", nest("not ", "True", "")),
        source("invert", nest("~", "1", "")),
        source("conditional", nest("1 if True else ", "2", "")),
        source("lambda", nest("lambda: ", "2", "")),
        source("calls", nest("f(", "1", ")")),
        source("call_chain", nest("", "f", "()")),
        source("attributes", nest("", "a", ".b")),
        source("subscripts", nest("", "a", "[0]")),
        source("plus", nest("", "1", " + 1")),
        source("power", nest("2 ** ", "1", "")),
        source("and", nest("", "True", " and True")),
        source("comparisons", nest("", "1", " < 2")),
        source("strings", nest("", "'a'", " 'b'")),
        source("comprehensions", nest("[", "1", " for i in range(2)]")),
        source("fstrings", format!("x = {}1{}\n", "f'{".repeat(2_000), "}'".repeat(2_000))),
        source("fstring_specs", format!("x = f'{}1{}'\n", "{1:".repeat(2_000), "}".repeat(2_000))),
        source("elif", format!("if False:\n    pass\n{}", "elif False:\n    pass\n".repeat(20_000))),
        source("if_blocks", indented("if True:", 1_200)),
        source("while_blocks", indented("while True:", 1_200)),
        source("functions", indented("def f():", 1_200)),
        source("classes", indented("class C:", 1_200)),
        source(
            "annotations",
            format!("def f(x: {}int{}):\n    pass\n", "list[".repeat(DEEP), "]".repeat(DEEP)),
        ),
        source("unpacking", format!("{}x{} = 1\n", "(".repeat(DEEP), ",)".repeat(DEEP))),
        source("decorators", format!("{}def f():\n    pass\n", "@f\n".repeat(20_000))),
    ]
}

/// Small texts that were much work: what is done twice a level is done 2^60 times, and what is kept an item an item
/// is gigabytes. Nothing here may come near the time limit for compiling or the memory of a small machine.
fn amplified() -> Vec<Case> {
    let blocks = |head: &str, depth: usize| {
        let lines: String = (0..depth).map(|i| format!("{}{head}\n", " ".repeat(i))).collect();
        format!("n = 0\n{lines}{}n += 1\nprint(n)\n", " ".repeat(depth))
    };
    let numbered = |count: usize, line: &dyn Fn(usize) -> String| (0..count).map(line).collect::<String>();
    vec![
        source("loops_in_loops", blocks("for i in range(1):", 60)),
        source("branches_in_branches", blocks("if n == 0:", 60)),
        source("one_comprehension_of_many", {
            format!("x = [1{}]\nprint(x)\n", numbered(60, &|i| format!(" for i{i} in range(1)")))
        }),
        source(
            "comprehensions_in_comprehensions",
            format!("x = {}1{}\n", "[".repeat(60), " for i in range(1)]".repeat(60)),
        ),
        source("tuple_repeated", "x = (1,) * 5000\nprint(len(x))\n".to_owned()),
        source("tuple_repeated_too_often", "x = (1,) * 1000 * 1000\n".to_owned()),
        source("tuple_repeated_for_ever", "x = (1, 2) * 9223372036854775807\n".to_owned()),
        source("tuple_grown", format!("x = ()\n{}print(len(x))\n", "x = x + (1,)\n".repeat(900))),
        source("tuple_grown_of_values", {
            format!(
                "def f(a):\n    x = ()\n{}    return len(x)\nprint(f(1))\n",
                "    x = x + (a,)\n".repeat(900)
            )
        }),
        source("many_unknown_names", {
            let known = numbered(10_000, &|i| format!("abcdef{i} = 1\n"));
            known + &numbered(10_000, &|i| format!("print(abcdeg{i})\n"))
        }),
        source("long_unknown_names", {
            let name = "x".repeat(1 << 18);
            format!("{name}a = 1\nprint({name}bc)\n")
        }),
        source("tuple_targets_in_tuple_targets", {
            format!(
                "a = 1\n{}a,{} = {}2,{}\nprint(a)\n",
                "(".repeat(80),
                "),".repeat(79) + ")",
                "(".repeat(80),
                "),".repeat(79) + ")"
            )
        }),
    ]
    .into_iter()
    .chain(shared())
    .collect()
}

/// Texts whose variables and globals were copied at each branch, each call and each closure: gigabytes, or a minute.
/// How often they are copied is counted in `compiler/src/infer/env.rs` and `compiler/src/infer/scope.rs`.
fn shared() -> Vec<Case> {
    let numbered = |count: usize, line: &dyn Fn(usize) -> String| (0..count).map(line).collect::<String>();
    let variables = |count| numbered(count, &|i| format!(" x{i} = n\n"));
    let globals = |count| numbered(count, &|i| format!("g{i} = [{i}]\n"));
    vec![
        source("functions_that_read_a_global_each", {
            let functions = numbered(3_800, &|i| format!("def f{i}():\n return g{i}[0]\n"));
            let calls = numbered(3_800, &|i| format!("s += f{i}()\n"));
            format!("{}{functions}s = 0\n{calls}print(s)\n", globals(3_800))
        }),
        source("globals_and_calls_in_turn", {
            let functions = numbered(1_500, &|i| format!("def f{i}():\n return g{i}[0]\n"));
            let calls = numbered(1_500, &|i| format!("g{i} = [{i}]\ns += f{i}()\n"));
            format!("{functions}s = 0\n{calls}print(s)\n")
        }),
        source("globals_that_one_function_reads", {
            let reads = numbered(8_000, &|i| format!(" s += g{i}[0]\n"));
            format!("{}def f():\n s = 0\n{reads} return s\nprint(f())\n", globals(8_000))
        }),
        source("branches_among_variables", {
            let branches = numbered(8_000, &|i| format!(" if n > {i}:\n  y = 1\n"));
            format!("def f(n):\n{}{branches} return x0\nprint(f(1))\n", variables(8_000))
        }),
        source("branches_in_branches_among_variables", {
            let branches = numbered(190, &|i| format!("{}if n > {i}:\n", " ".repeat(i + 1)));
            let inner = " ".repeat(191);
            format!("def f(n):\n{}{branches}{inner}n = 2\n return n\nprint(f(1))\n", variables(60_000))
        }),
        source("closures_of_all_variables", {
            let sum: Vec<String> = (0..300).map(|i| format!("x{i}")).collect();
            let closures = numbered(300, &|i| format!(" def g{i}():\n  return {}\n", sum.join(" + ")));
            let calls = numbered(300, &|i| format!(" n += g{i}()\n"));
            format!("def f(n):\n{}{closures}{calls} return n\nprint(f(1))\n", variables(300))
        }),
        source("calls_with_many_defaults", {
            let parameters: Vec<String> = (0..900).map(|i| format!("a{i}={i}")).collect();
            let calls = numbered(400, &|i| format!("f({i})\n"));
            format!("def f({}):\n return a0\n{calls}", parameters.join(", "))
        }),
    ]
}

fn large() -> Vec<Case> {
    vec![
        source("many_statements", "x = 1\n".repeat(100_000)),
        source("many_functions", (0..20_000).map(|i| format!("def f{i}():\n    pass\n")).collect()),
        source("many_names", (0..50_000).map(|i| format!("x{i} = {i}\n")).collect()),
        source("long_name", format!("{} = 1\n", "x".repeat(1 << 19))),
        source("long_number", format!("x = {}\n", "9".repeat(1 << 19))),
        source("long_float", format!("x = 0.{}\n", "9".repeat(1 << 19))),
        source("large_int", "x = 99999999999999999999\n".to_owned()),
        source("long_string", format!("x = '{}'\nprint(len(x))\n", "x".repeat(1 << 19))),
        source("too_long", format!("x = 1\n{}", "#\n".repeat(4 << 20))),
        source("wide_tuple", format!("x = ({})\nprint(len(x))\n", "1, ".repeat(50_000))),
        source("wide_call", format!("print({})\n", "1, ".repeat(50_000))),
        source("many_parameters", {
            let names: String = (0..5_000).map(|i| format!("p{i}=1, ")).collect();
            format!("def f({names}):\n    return p0\nprint(f())\n")
        }),
        source(
            "long_body",
            format!("def f(x):\n{}    return x\nprint(f(1))\n", "    x = x * 3 + 1\n".repeat(50_000)),
        ),
    ]
}

fn odd() -> Vec<Case> {
    vec![
        source("empty", String::new()),
        source("nul", "x = 1\0\nprint(x)\n".to_owned()),
        source("nul_in_string", "x = 'a\0b'\nprint(len(x))\n".to_owned()),
        source("byte_order_mark", "\u{feff}print(1)\n".to_owned()),
        source("carriage_returns", "x = 1\rprint(x)\r".to_owned()),
        source("form_feed", "\u{c}print(1)\n".to_owned()),
        source("tabs_and_spaces", "if True:\n\tx = 1\n        y = 2\n".to_owned()),
        source("surrogate_escape", "x = '\\ud800'\nprint(len(x))\n".to_owned()),
        source("bad_escape", "x = '\\N{NO SUCH NAME}'\n".to_owned()),
        source("right_to_left", "x = 'a\u{202e}b'\nprint(len(x))\n".to_owned()),
        source("unterminated", "x = '''abc".to_owned()),
        source("homoglyph", "\u{440}rint(1)\n".to_owned()),
        source("control_in_name", "\u{1b}[2J = 1\n".to_owned()),
        source("import_escape", "import os\nos.system('id')\n".to_owned()),
        source("import_relative", "from .. import secret\n".to_owned()),
        source("import_dunder", "x = __import__('os')\n".to_owned()),
        source("eval", "eval('1')\n".to_owned()),
        source("open", "open('/etc/passwd')\n".to_owned()),
        source("intrinsic", "from core.memory import alloc\nprint(alloc(100))\n".to_owned()),
        source("intrinsic_name", "x = load(int, 0)\nprint(x)\n".to_owned()),
        source("host_function", "host_print(0, 100)\n".to_owned()),
        source("private_library", "import pandas as pd\nprint(pd._show)\n".to_owned()),
    ]
}

/// Programs that are small and whose types, specialisations or inlined code are not.
fn bombs() -> Vec<Case> {
    let doubling = "x = 1\n".to_owned() + &"x = (x, x)\n".repeat(40) + "print(len(x))\n";
    let polymorphic =
        "def f(x, n):\n    if n == 0:\n        return 0\n    return f((x, x), n - 1)\nprint(f(1, 50))\n";
    let chain: String = (0..60)
        .map(|i| format!("def f{}(x):\n    return f{i}(x + 0.5) + f{i}(x) + f{i}((x, x)[0])\n", i + 1))
        .collect();
    let chain = format!("def f0(x):\n    return x + 1\n{chain}print(f60(1))\n");
    let tuples: String =
        (0..40).map(|i| format!("def g{}(x):\n    return g{i}((x, 1)) + g{i}((x, 1.0))\n", i + 1)).collect();
    let tuples = format!("def g0(x):\n    return 1\n{tuples}print(g40(1))\n");
    let closures = "def make(f):\n    return lambda x: f(f(x))\ng = lambda x: x + 1\n".to_owned()
        + &"g = make(g)\n".repeat(40)
        + "print(g(0))\n";
    let inline: String =
        (0..60).map(|i| format!("def h{}(x):\n    return h{i}(x) * h{i}(x + 1)\n", i + 1)).collect();
    let inline = format!("def h0(x):\n    return x * x + 1\n{inline}print(h60(1))\n");
    let loops = (0..60).map(|i| format!("{}for i{i} in range(2):\n", "    ".repeat(i))).collect::<String>();
    let loops = format!(
        "def f(xs):\n    t = 0\n{}{}t += xs[i0] + xs[i59]\n    return t\nprint(f([1, 2]))\n",
        loops.lines().map(|l| format!("    {l}\n")).collect::<String>(),
        "    ".repeat(61)
    );
    let omega = "def omega(f):\n    return f(f)\nprint(omega(omega))\n";
    let nested_lists = "x = []\n".to_owned() + &"x = [x]\n".repeat(100) + "print(len(x))\n";
    vec![
        source("bomb_tuple_doubling", doubling),
        source("bomb_polymorphic_recursion", polymorphic.to_owned()),
        source("bomb_specialisations", chain),
        source("bomb_tuple_specialisations", tuples),
        source("bomb_closures", closures),
        source("bomb_inlining", inline),
        source("bomb_loops", loops),
        source("bomb_omega", omega.to_owned()),
        source("bomb_nested_lists", nested_lists),
    ]
}
