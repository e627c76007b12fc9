//! Tests of the parser: trees, diagnostics, and hostile texts on a small stack.

use ruff_python_parser::{Mode, lexer};

use super::*;
use crate::ast::{FStringPart, ParamKind, StmtKind};

fn module(text: &str) -> Module {
    parse_module(FileId(0), text).unwrap_or_else(|errors| panic!("{text}: {errors:?}"))
}

fn expr(text: &str) -> Expr {
    parse_expression(FileId(0), text).unwrap_or_else(|errors| panic!("{text}: {errors:?}"))
}

fn errors(text: &str) -> Vec<Diagnostic> {
    match parse_module(FileId(0), text) {
        Ok(_) => Vec::new(),
        Err(errors) => errors.iter().cloned().collect(),
    }
}

/// Code and marked text of the first error.
fn first(text: &str) -> (Code, String, &str) {
    let error = errors(text).into_iter().next().unwrap_or_else(|| panic!("no error in {text}"));
    let span = error.primary.span;
    (error.code, error.message, &text[span.start as usize..span.end as usize])
}

/// A compact rendering of a tree without spans.
fn show(expr: &Expr) -> String {
    let list = |items: &[Expr]| items.iter().map(show).collect::<Vec<_>>().join(" ");
    match &expr.kind {
        ExprKind::None => "None".into(),
        ExprKind::Bool(value) => value.to_string(),
        ExprKind::Int(value) => value.to_string(),
        ExprKind::Float(value) => format!("{value:?}"),
        ExprKind::Str(value) => format!("{value:?}"),
        ExprKind::FString(parts) => format!("{parts:?}"),
        ExprKind::Name(name) => name.clone(),
        ExprKind::Attribute { value, attr } => format!("(. {} {attr})", show(value)),
        ExprKind::Subscript { value, index } => format!("([] {} {})", show(value), show(index)),
        ExprKind::Slice { start, stop, step } => {
            let part = |e: &Option<Box<Expr>>| e.as_ref().map_or("_".into(), |e| show(e));
            format!("(: {} {} {})", part(start), part(stop), part(step))
        }
        ExprKind::Call { func, args, keywords } => {
            let keywords: String = keywords.iter().map(|(k, v)| format!(" {k}={}", show(v))).collect();
            format!("(call {} [{}]{keywords})", show(func), list(args))
        }
        ExprKind::Starred(value) => format!("(* {})", show(value)),
        ExprKind::Unary { op, operand } => format!("({op:?} {})", show(operand)),
        ExprKind::Binary { op, left, right } => format!("({} {} {})", op.symbol(), show(left), show(right)),
        ExprKind::Compare { left, ops, rights } => {
            let rest: String =
                ops.iter().zip(rights).map(|(o, r)| format!(" {} {}", o.symbol(), show(r))).collect();
            format!("(cmp {}{rest})", show(left))
        }
        ExprKind::BoolOp { and, values } => format!("({} {})", if *and { "and" } else { "or" }, list(values)),
        ExprKind::IfExp { test, body, orelse } => {
            format!("(if {} {} {})", show(test), show(body), show(orelse))
        }
        ExprKind::Tuple(items) => format!("(tuple {})", list(items)),
        ExprKind::List(items) => format!("[{}]", list(items)),
        ExprKind::ListComp { element, generators } => {
            let tail: String = generators
                .iter()
                .map(|g| format!(" for {} in {} if {}", show(&g.target), show(&g.iter), list(&g.ifs)))
                .collect();
            format!("[{}{tail}]", show(element))
        }
        ExprKind::Lambda(function) => format!("(lambda {:?})", function.body[0].kind),
    }
}

#[test]
fn expressions() {
    for (text, tree) in [
        ("a + b * c - d", "(- (+ a (* b c)) d)"),
        ("2 ** 3 ** 4", "(** 2 (** 3 4))"),
        ("-x // ~y", "(// (Neg x) (Invert y))"),
        ("not a or b and c and d", "(or (Not a) (and b c d))"),
        ("a < b <= c is not d not in e", "(cmp a < b <= c is not d not in e)"),
        (
            "df.loc[1:n, ::2].mean(axis=0, *xs)(k)",
            "(call (call (. ([] (. df loc) (tuple (: 1 n _) (: _ _ 2))) mean) [(* xs)] axis=0) [k])",
        ),
        ("x if t else y", "(if t x y)"),
        ("[x for x, y in z if x if y for k in x]", "[x for (tuple x y) in z if x y for k in x if ]"),
        ("(1, 'a' \"b\", None, True, 1.5e3, 0x_ff)", "(tuple 1 \"ab\" None true 1500.0 255)"),
        ("18446744073709551615 + -9223372036854775808", "(+ -1 (Neg -9223372036854775808))"),
        ("f'plain' 'text'", "\"plaintext\""),
        ("''", "\"\""),
    ] {
        assert_eq!(show(&expr(text)), tree, "{text}");
    }
}

#[test]
fn spans() {
    let text = "a.b + f(x)";
    let ExprKind::Binary { left, right, .. } = expr(text).kind else { panic!() };
    assert_eq!((left.span.start, left.span.end), (0, 3));
    assert_eq!((right.span.start, right.span.end), (6, 10));
    let text = "@jit\ndef f(a: int = 1, /, *args, k=2) -> int:\n  'Doc\\x21'\n  return lambda q: q\n";
    let body = module(text).body;
    let StmtKind::Function(f) = &body[0].kind else { panic!() };
    assert_eq!(&text[f.name_span.start as usize..f.name_span.end as usize], "f");
    let (docstring, span) = f.docstring.clone().unwrap();
    assert_eq!(docstring, "Doc!");
    assert_eq!(&text[span.start as usize..span.end as usize], "'Doc\\x21'");
    let kinds: Vec<_> = f.params.iter().map(|p| (p.name.as_str(), p.kind)).collect();
    assert_eq!(
        kinds,
        [("a", ParamKind::Normal), ("args", ParamKind::VarArgs), ("k", ParamKind::KeywordOnly)]
    );
    assert_eq!((f.decorators.len(), f.body.len(), f.returns.is_some()), (1, 1, true));
    let StmtKind::Return(Some(Expr { kind: ExprKind::Lambda(lambda), .. })) = &f.body[0].kind else {
        panic!()
    };
    assert_eq!(&text[lambda.name_span.start as usize..lambda.name_span.end as usize], "lambda");
}

#[test]
fn fstring_parts() {
    let ExprKind::FString(parts) = expr("'a' f'b{{{x!r:>10}' 'c' f\"{y=}{z = :.2f}\\n\"").kind else {
        panic!()
    };
    let shown: Vec<_> = parts
        .iter()
        .map(|part| match part {
            FStringPart::Text(text) => format!("{text:?}"),
            FStringPart::Value { value, conversion, spec, debug_text } => {
                format!("{} {conversion:?} {spec:?} {debug_text:?}", show(value))
            }
        })
        .collect();
    assert_eq!(
        shown,
        [
            r#""ab{""#,
            r#"x Some('r') ">10" None"#,
            r#""c""#,
            r#"y Some('r') "" Some("y=")"#,
            r#"z None ".2f" Some("z = ")"#,
            r#""\n""#,
        ]
    );
}

#[test]
fn statements() {
    let text = "\
\"\"\"Module.\"\"\"
from __future__ import annotations
import numpy as np, math
import a.b
from pandas import Series as S, DataFrame
@dataclass
class P:
    'doc'
    x: float
    def m(self): ...
def f(n):
    global g, h
    i: int
    a = b, [c, d] = n
    a.x[0] += 1
    for i, j in n:
        if i: continue
        elif j: break
        elif i: pass
        else: assert i, 'no'
    else:
        raise ValueError('x')
    while True:
        def inner(): return
        break
    return
if __name__ == '__main__':
    f(1)
";
    let module = module(text);
    assert_eq!(module.docstring.unwrap().0, "Module.");
    let kinds: Vec<_> = module.body.iter().map(|s| format!("{:?}", s.kind)).collect();
    assert_eq!(kinds[0], "Pass");
    assert_eq!(kinds[1], r#"Import { module: "numpy", alias: "np" }"#);
    assert_eq!(kinds[2], r#"Import { module: "math", alias: "math" }"#);
    assert_eq!(kinds[3], r#"Import { module: "a", alias: "a" }"#);
    assert_eq!(kinds[4], r#"ImportFrom { module: "pandas", name: "Series", alias: "S" }"#);
    let StmtKind::Class(class) = &module.body[6].kind else { panic!() };
    assert_eq!((class.fields.len(), class.methods.len(), class.decorators.len()), (1, 1, 1));
    let StmtKind::Function(f) = &module.body[7].kind else { panic!() };
    let StmtKind::For { body, orelse, .. } = &f.body[4].kind else { panic!() };
    let StmtKind::If { orelse: elif, .. } = &body[0].kind else { panic!() };
    let StmtKind::If { orelse: elif, .. } = &elif[0].kind else { panic!() };
    let StmtKind::If { orelse: last, .. } = &elif[0].kind else { panic!() };
    assert!(matches!(last[0].kind, StmtKind::Assert { .. }));
    assert!(matches!(orelse[0].kind, StmtKind::Raise(_)));
    assert!(matches!(module.body[8].kind, StmtKind::If { .. }));
}

#[test]
fn unsupported_constructs_are_named() {
    for (text, subject, marked) in [
        ("def f():\n  yield 1", "`yield`", "yield 1"),
        ("x = {1: 2}", "a `dict`", "{1: 2}"),
        ("x = {1}", "a `set`", "{1}"),
        ("x = {a for a in b}", "a `set` comprehension", "{a for a in b}"),
        ("x = {a: a for a in b}", "a `dict` comprehension", "{a: a for a in b}"),
        ("sum(a for a in b)", "a generator expression", "a for a in b"),
        ("if (n := 1): pass", "`:=`", "n := 1"),
        ("with a as b:\n  pass", "`with`", "with"),
        ("try:\n  pass\nexcept E:\n  pass", "`try`", "try"),
        ("match a:\n  case 1: pass", "`match`", "match"),
        ("async def f(): pass", "`async`", "f"),
        ("del a", "`del`", "del a"),
        ("def f():\n  nonlocal a", "`nonlocal`", "nonlocal a"),
        ("raise", "`raise` without an exception", "raise"),
        ("raise A from B", "`raise ... from ...`", "B"),
        ("type A = int", "a `type` statement", "type A = int"),
        ("def f[T](a): pass", "a list of type parameters", "[T]"),
        ("def f(**kw): pass", "a `**` parameter", "**kw"),
        ("f(**kw)", "`**` in a call", "**kw"),
        ("x = [*a]", "`*` unpacking here", "*a"),
        ("a, *b = c", "a starred target", "*b"),
        ("class A(B): pass", "a base class", "(B)"),
        ("class A:\n  x: int = 1", "a default value of a field", "1"),
        ("class A:\n  x = 1", "this statement in a class body", "x = 1"),
        ("from a import *", "`import *`", "*"),
        ("from . import a", "a relative import", "from . import a"),
        ("x = b'a'", "a `bytes` literal", "b'a'"),
        ("x = 2j", "a complex number", "2j"),
        ("x = 18446744073709551616", "an integer beyond 64 bits", "18446744073709551616"),
        ("x = f'{a:{b}}'", "a replacement field in a format spec", "{b}"),
        ("x = t'{a}'", "a template string", "t'{a}'"),
        ("x = a[...]", "`...`", "..."),
        ("async def f():\n  await x", "`async`", "f"),
        ("x = [a async for a in b]", "`async`", "async"),
    ] {
        let message = format!("{subject} is not supported in compiled functions");
        assert_eq!(first(text), (Code::UnsupportedSyntax, message, marked), "{text}");
        assert!(errors(text)[0].help.is_some());
    }
    assert_eq!(
        errors("x = sum(a for a in b)")[0].help.as_deref(),
        Some("write a list comprehension: `[a for a in b]`")
    );
}

#[test]
fn several_errors_are_collected() {
    let codes: Vec<_> = errors("def f():\n  x = {1}\n  with a:\n    del x\n  yield {}\n")
        .iter()
        .map(|e| e.message.clone())
        .collect();
    assert_eq!(codes.len(), 4, "{codes:?}");
    assert_eq!(errors(&"x = {1}\n".repeat(100)).len(), Diagnostics::MAX);
    assert_eq!(errors("a b\nc d\n").len(), 2);
}

#[test]
fn syntax_errors() {
    for (text, message, marked) in [
        ("x = ", "expected an expression", ""),
        ("x = 'abc\n", "unterminated string", "'abc"),
        ("x = '''abc\n", "unterminated triple-quoted string", "'"),
        ("x = f'abc {y}\n", "unterminated f-string", "f'abc {y}"),
        ("x = f'{y:.2f'\n", "f-string: expecting `}`", "'"),
        ("x = f'}'", "f-string: single `}` is not allowed", "}"),
        ("f(1, [2\ny = 3\n", "`[` was never closed", "["),
        ("f(1]", "closing `]` does not match opening `(`", "]"),
        ("f)", "unmatched `)`", ")"),
        ("a'b'", "expected an operator before the string", "a"),
        ("return 1", "`return` outside function", "return 1"),
        ("break", "`break` outside loop", "break"),
        ("for i in a:\n  def f():\n    continue\n", "`continue` outside loop", "continue"),
        ("f(a=1, a=2)", "keyword argument `a` is repeated", "a=2"),
        ("def f(a, a): pass", "parameter `a` is repeated", "a"),
        ("if x:\n    a\n  b\n", "unindent does not match any outer indentation level", "  "),
        ("$", "got unexpected token $", "$"),
    ] {
        assert_eq!(first(text), (Code::SyntaxError, message.to_owned(), marked), "{text}");
    }
    assert!(parse_expression(FileId(0), "a b").is_err());
    assert!(parse_expression(FileId(0), "a = b").is_err());
    assert!(parse_expression(FileId(0), "").is_err());
}

/// Runs on a stack as small as that of a default thread.
fn on_small_stack(run: impl FnOnce() + Send + 'static) {
    std::thread::Builder::new().stack_size(2 << 20).spawn(run).unwrap().join().unwrap();
}

/// Texts that nest `n` levels, one for every way in which a tree can grow tall.
fn tall(n: usize) -> Vec<String> {
    let around =
        |open: &str, inner: &str, close: &str| format!("x = {}{inner}{}", open.repeat(n), close.repeat(n));
    let mut list = vec![
        around("(", "1", ")"),
        around("[", "1", "]"),
        around("{", "1", "}"),
        around("f(", "1", ")"),
        around("a[", "1", "]"),
        around("a[1:", "1", "]"),
        around("f(k=", "1", ")"),
        around("f(*", "1", ")"),
        around("(1, ", "1", ")"),
        around("[x for x in ", "y", "]"),
        around("1 + (", "1", ")"),
        around("(lambda: ", "1", ")()"),
        around("(a if b else ", "1", ")"),
        around("a if b else ", "1", ""),
        around("a if ", "1", " else b"),
        around("not ", "1", ""),
        around("- ", "1", ""),
        around("-~+", "1", ""),
        around("-", "1", ""),
        around("await ", "1", ""),
        around("lambda: ", "1", ""),
        around("lambda a, b: ", "1", ""),
        around("lambda a=", "1", ": 1"),
        around("1 + ", "1", ""),
        around("1 ** ", "1", ""),
        around("a.b*", "1", ""),
        around("a and not ", "1", ""),
        around("a < b and not ", "1", ""),
        around("f'{", "1", "}'"),
        around("f'{1:{", "1", "}}'"),
        around("f'''{\"\" + ", "1", "}'''"),
        format!("x = f'{{1:{}{}}}'", "{1:".repeat(n), "}".repeat(n)),
        format!("x = a{}", ".b".repeat(n)),
        format!("x = a{}", "()".repeat(n)),
        format!("x = a{}", "[0]".repeat(n)),
        format!("x = a{}", ".b()[0]".repeat(n)),
        format!("x = {}1", "a = ".repeat(n)),
        format!("x = 1{}", " < 1".repeat(n)),
        format!("x = 1{}", " and 1".repeat(n)),
        format!("x = 1{}", " 'a' f'{b}'".repeat(n)),
        format!("if a: b\n{}", "elif a: b\n".repeat(n)),
        format!("{}pass", "if a: ".repeat(n)),
        format!("{}def f(): pass", "async ".repeat(n)),
        format!("match a:\n case {}b{}: pass", "(".repeat(n), ")".repeat(n)),
        format!("{}def f(): pass", "@a\n".repeat(n)),
        format!("with {}a{}: pass", "(".repeat(n), ")".repeat(n)),
        // Unfinished and mismatched.
        "(".repeat(n),
        "(]".repeat(n),
        "f'{".repeat(n),
        "f\"{\"\n} ".to_owned() + &"(".repeat(n) + "\"",
        "f'{a!r' ".to_owned() + &"(".repeat(n) + "'",
        "\\\"".to_owned() + &"(".repeat(n),
        "1f'{".repeat(n),
    ];
    if n <= 1200 {
        let blocks: String = (0..n).map(|i| format!("{}if a:\n", " ".repeat(i))).collect();
        list.push(blocks.clone() + &" ".repeat(n) + "pass");
        list.push(format!("x = (\n{blocks}"));
    }
    if n <= 100 {
        // Tall levels inside each other.
        list.push(around(&("1 + ".repeat(900) + "("), "1", ")"));
        list.push(around(&("- ".repeat(900) + "("), "1", ")"));
        list.push(around(&("- ".repeat(15) + "("), "1", ")"));
    }
    list
}

/// The default limit of a file.
const SOURCE_BYTES: usize = 1 << 20;

/// Without `within` in `compiler/src/parse/scan.rs`: the parser recurses as deep as the text says.
#[test]
fn hostile_nesting_never_overflows() {
    for n in [10, 100, 195, 210, 400, 900, 990, 1010, 1200, 1900, 2100, 30_000, 100_000] {
        for text in tall(n) {
            on_small_stack(move || {
                let result = parse_module(FileId(0), &text);
                let start: String = text.chars().take(40).collect();
                if n >= 30_000
                    && text.len() <= SOURCE_BYTES
                    && !result.as_ref().is_ok_and(|m| m.body.len() == 1)
                {
                    let code = result.unwrap_err().first().code;
                    assert!(matches!(code, Code::TooLarge | Code::SyntaxError), "{n} {start}");
                }
            });
        }
    }
}

#[test]
fn limits() {
    let sum = |n: usize| format!("x = 1{}", " + 1".repeat(n));
    let nest = |n: usize| format!("x = {}1{}", "[".repeat(n), "]".repeat(n));
    on_small_stack(move || {
        module(&sum(900));
        module(&nest(190));
        module(&format!("x = [{}]", "-a.b + 1, ".repeat(20_000)));
        module(&format!("x = [{}]", "lambda a, b: a + b, ".repeat(2_000)));
        module(&"x = a.b(c)[d] + 1\n".repeat(20_000));
        module(&format!("x = (1 +\n{}1)", "2 +\n".repeat(500)));
        for text in [sum(1500), sum(100_000), nest(201), nest(100_000)] {
            assert_eq!(errors(&text)[0].code, Code::TooLarge);
            assert_eq!(errors(&text).len(), 1);
        }
    });
    assert_eq!(errors(&" ".repeat(SOURCE_BYTES + 1))[0].code, Code::TooLarge);
    assert!(errors(&" ".repeat(SOURCE_BYTES)).is_empty());
}

/// The scanner must see every bracket that the tokeniser sees, or depths would be wrong.
#[test]
fn the_scanner_agrees_with_the_tokeniser() {
    const PIECES: [&str; 44] = [
        "(", ")", "[", "]", "{", "}", "'", "\"", "'''", "\"\"\"", "f'", "f\"", "rf'", "F\"\"\"", "b'", "r'",
        "\\", "\\\n", "\n", "\r\n", "\r", "#", ":", ":=", "!", "!r", "=", ",", ";", "{{", "}}", "\\N{", "a",
        "1", "0x", "1e5", "é", " ", "\t", ".", "lambda", "if", "t'", "u",
    ];
    let mut state = 1_u64;
    let mut random = move |below: usize| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) as usize % below
    };
    let mut accepted = 0;
    for _ in 0..300_000 {
        let text: String = (0..=random(12)).map(|_| PIECES[random(PIECES.len())]).collect();
        if scan::check(FileId(0), &text, &mut crate::budget::Account::default()).is_err() {
            continue;
        }
        accepted += 1;
        let mut lexer = lexer::lex(&text, Mode::Module);
        let mut depth = 0_i32;
        loop {
            use ruff_python_ast::token::TokenKind;
            match lexer.next_token() {
                TokenKind::EndOfFile => break,
                TokenKind::Lpar
                | TokenKind::Lsqb
                | TokenKind::Lbrace
                | TokenKind::FStringStart
                | TokenKind::TStringStart => {
                    depth += 1;
                }
                TokenKind::Rpar
                | TokenKind::Rsqb
                | TokenKind::Rbrace
                | TokenKind::FStringEnd
                | TokenKind::TStringEnd => {
                    depth -= 1;
                }
                _ => {}
            }
            assert!(depth >= 0, "{text:?}");
        }
        assert_eq!(depth, 0, "{text:?}");
        // Its error list is private; a string left open in there would be read again as code.
        let state = format!("{lexer:?}");
        assert!(!state.contains("UnclosedString") && !state.contains("Unterminated"), "{text:?}");
    }
    assert!(accepted > 5_000, "{accepted}");
}
