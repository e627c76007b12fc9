//! Random programs in the source language: seed → two files that check and run.
//!
//! A program is `main.py`, with globals and two cached functions that the module body calls, and
//! `helpers.py`, with functions that these call. Everything is typed while it is made, every loop ends, no
//! list is empty, so nearly every program runs to its end; now and then one raises, which is wanted too. The
//! same seed can be had in a [`Version`]: with edits that change nothing, or with one that does.

use crate::random::Rng;

/// What the same program is like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Version {
    /// As it is.
    Plain,
    /// Other names of locals, comments, blank lines, docstrings, functions of a file in another order.
    Restyled,
    /// One global or one constant of a helper has another value.
    Edited,
}

/// A generated program.
#[derive(Clone, Debug)]
pub struct Generated {
    /// `main.py`.
    pub main: String,
    /// `helpers.py`.
    pub helpers: String,
}

/// The program of this seed.
pub fn program(seed: u64, version: Version) -> Generated {
    let mut rng = Rng::new(seed);
    let shows_floats = rng.one_in(3);
    let mut generator = Generator {
        rng,
        shows_floats,
        version,
        lines: Vec::new(),
        indent: 0,
        locals: Vec::new(),
        callable: Vec::new(),
        globals: Vec::new(),
        loops: 0,
        statements: 0,
    };
    generator.program()
}

/// A type of the language.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Ty {
    Int,
    Float,
    Bool,
    Str,
    Ints,
    Floats,
    /// `(int, float)`.
    Pair,
}

const TYPES: [Ty; 7] = [Ty::Int, Ty::Float, Ty::Bool, Ty::Str, Ty::Ints, Ty::Floats, Ty::Pair];
/// Parameters of functions; lists and pairs are made inside.
const SCALARS: [Ty; 4] = [Ty::Int, Ty::Float, Ty::Bool, Ty::Str];

#[derive(Clone, Debug)]
struct Signature {
    name: String,
    params: Vec<Ty>,
    result: Ty,
}

struct Generator {
    rng: Rng,
    /// Whether floats are turned into text. In most programs they are not, because the code that does it is
    /// larger than all the rest.
    shows_floats: bool,
    version: Version,
    lines: Vec<String>,
    indent: usize,
    locals: Vec<(String, Ty)>,
    callable: Vec<Signature>,
    globals: Vec<(String, Ty)>,
    loops: usize,
    statements: usize,
}

impl Generator {
    fn program(&mut self) -> Generated {
        let mut helpers: Vec<Vec<String>> = Vec::new();
        for index in 0..1 + self.rng.below(3) {
            let result = self.ty();
            let signature = self.signature(&format!("h{index}"), result);
            self.function(&signature, 2, index == 0);
            helpers.push(std::mem::take(&mut self.lines));
            // Only earlier ones are called, so calls end.
            self.callable.push(signature);
        }
        let names: Vec<String> = self.callable.iter().map(|signature| signature.name.clone()).collect();
        let globals = self.global_lines();
        let mut functions: Vec<Vec<String>> = Vec::new();
        let mut entries = Vec::new();
        for index in 0..2 {
            let result = self.shown_ty();
            let signature = self.signature(&format!("f{index}"), result);
            self.lines.push("@ovenbird.jit(cache=True)".to_owned());
            self.function(&signature, 4, false);
            functions.push(std::mem::take(&mut self.lines));
            entries.push(signature);
        }
        let mut body = Vec::new();
        for entry in &entries {
            for _ in 0..1 + self.rng.below(2) {
                let args: Vec<String> = entry.params.iter().map(|ty| self.literal(*ty)).collect();
                body.push(format!("print({}({}))", entry.name, args.join(", ")));
            }
        }
        if self.version == Version::Restyled {
            helpers.reverse();
            functions.reverse();
        }
        let imports = format!("import ovenbird\nfrom helpers import {}\n", names.join(", "));
        Generated {
            main: format!(
                "{imports}\n{}\n\n\n{}\n\n\n{}\n",
                globals.join("\n"),
                joined(&functions),
                body.join("\n")
            ),
            helpers: format!("{}\n", joined(&helpers)),
        }
    }

    fn ty(&mut self) -> Ty {
        TYPES[self.rng.below(TYPES.len())]
    }

    /// A type that the body may print.
    fn shown_ty(&mut self) -> Ty {
        if self.shows_floats {
            return self.ty();
        }
        [Ty::Int, Ty::Bool, Ty::Str, Ty::Ints][self.rng.below(4)]
    }

    fn signature(&mut self, name: &str, result: Ty) -> Signature {
        let count = 1 + self.rng.below(3);
        let params = (0..count).map(|_| SCALARS[self.rng.below(SCALARS.len())]).collect();
        Signature { name: name.to_owned(), params, result }
    }

    fn global_lines(&mut self) -> Vec<String> {
        let mut lines = Vec::new();
        for (index, ty) in [Ty::Int, Ty::Float, Ty::Str, Ty::Int].into_iter().enumerate() {
            let mut value = self.literal(ty);
            if index == 0 && self.version == Version::Edited {
                value = format!("{value} + 1");
            }
            lines.push(format!("G{index} = {value}"));
            self.globals.push((format!("G{index}"), ty));
        }
        lines
    }

    /// A function with locals of every type; `edited` ones change in the edited version.
    fn function(&mut self, signature: &Signature, statements: usize, edited: bool) {
        self.locals.clear();
        let params: Vec<String> = (0..signature.params.len()).map(|index| format!("p{index}")).collect();
        self.line(format!("def {}({}):", signature.name, params.join(", ")));
        self.indent += 1;
        if self.version == Version::Restyled {
            self.line("\"\"\"What it does.\"\"\"".to_owned());
        }
        self.locals.extend(params.into_iter().zip(signature.params.iter().copied()));
        for (index, ty) in TYPES.into_iter().enumerate() {
            let value = self.expression(ty, 1);
            let name = self.local_name(index);
            self.line(format!("{name} = {value}"));
            self.locals.push((name, ty));
        }
        if edited {
            let constant = if self.version == Version::Edited { 8 } else { 7 };
            let name = self.local_name(0);
            self.line(format!("{name} += {constant}"));
        }
        for _ in 0..1 + self.rng.below(statements) {
            self.statement(0);
        }
        let result = self.expression(signature.result, 2);
        self.line(format!("return {result}"));
        self.indent -= 1;
    }

    fn local_name(&self, index: usize) -> String {
        let prefix = if self.version == Version::Restyled { "renamed" } else { "v" };
        format!("{prefix}{index}")
    }

    fn line(&mut self, text: String) {
        if self.version == Version::Restyled {
            self.statements += 1;
            if self.statements.is_multiple_of(3) {
                self.lines.push(String::new());
                self.lines.push(format!("{}# Number {}.", "    ".repeat(self.indent), self.statements));
            }
        }
        self.lines.push(format!("{}{text}", "    ".repeat(self.indent)));
    }

    fn statement(&mut self, depth: usize) {
        match self.rng.below(if depth >= 2 { 6 } else { 10 }) {
            0..=2 => self.assignment(),
            3 => {
                let (list, element) =
                    if self.rng.one_in(2) { (Ty::Ints, Ty::Int) } else { (Ty::Floats, Ty::Float) };
                let (name, value) = (self.variable(list), self.expression(element, 1));
                if self.rng.one_in(2) {
                    let index = self.expression(Ty::Int, 1);
                    self.line(format!("{name}[({index}) % len({name})] = {value}"));
                } else {
                    self.line(format!("{name}.append({value})"));
                }
            }
            4 => {
                let name = self.variable(Ty::Str);
                // Bounded, so that a loop does not double it.
                let value = self.expression(Ty::Int, 1);
                self.line(format!("{name} += str(({value}) % 10)"));
            }
            5 if self.loops > 0 && self.rng.one_in(2) => {
                let (test, jump) = (self.expression(Ty::Bool, 1), self.rng.pick(&["break", "continue"]));
                self.line(format!("if {test}:"));
                self.line(format!("    {jump}"));
            }
            5 if self.rng.one_in(8) => {
                let test = self.expression(Ty::Bool, 1);
                self.line(format!("if {test}:"));
                self.line("    raise ValueError(\"unlucky\")".to_owned());
            }
            5 => self.assignment(),
            6 | 7 => self.branch(depth),
            _ => self.repetition(depth),
        }
    }

    fn assignment(&mut self) {
        let ty = self.ty();
        let name = self.variable(ty);
        // In loops strings and lists are not made of themselves.
        let depth = if self.loops > 0 && matches!(ty, Ty::Str | Ty::Ints | Ty::Floats) { 0 } else { 2 };
        let value = if depth == 0 { self.literal(ty) } else { self.expression(ty, depth) };
        match ty {
            Ty::Int | Ty::Float if self.rng.one_in(3) => {
                let operator = self.rng.pick(&["+=", "-=", "*="]);
                self.line(format!("{name} {operator} {value}"));
            }
            _ => self.line(format!("{name} = {value}")),
        }
    }

    fn branch(&mut self, depth: usize) {
        let test = self.expression(Ty::Bool, 2);
        self.line(format!("if {test}:"));
        self.block(depth);
        if self.rng.one_in(2) {
            self.line("else:".to_owned());
            self.block(depth);
        }
    }

    fn repetition(&mut self, depth: usize) {
        let counter = format!("{}i{}", self.local_name(0), self.loops);
        match self.rng.below(3) {
            0 => {
                let count = self.expression(Ty::Int, 1);
                self.line(format!("for {counter} in range(({count}) % 6):"));
            }
            1 => {
                let (from, to, step) = (self.rng.below(4), 4 + self.rng.below(5), 1 + self.rng.below(3));
                self.line(format!("for {counter} in range({from}, {to}, {step}):"));
            }
            _ => {
                let name = self.variable(Ty::Ints);
                self.line(format!("for {counter} in {name}[:5]:"));
            }
        }
        self.loops += 1;
        self.locals.push((counter, Ty::Int));
        self.block(depth);
        self.locals.pop();
        self.loops -= 1;
    }

    fn block(&mut self, depth: usize) {
        self.indent += 1;
        for _ in 0..1 + self.rng.below(3) {
            self.statement(depth + 1);
        }
        self.indent -= 1;
    }

    /// A local of this type that may be assigned.
    fn variable(&mut self, ty: Ty) -> String {
        let index = TYPES.iter().position(|known| *known == ty).unwrap_or_default();
        self.local_name(index)
    }

    /// Something of this type that has a name, or a literal.
    fn named(&mut self, ty: Ty) -> String {
        let known = self.locals.iter().chain(&self.globals).filter(|(_, known)| *known == ty);
        let names: Vec<String> = known.map(|(name, _)| name.clone()).collect();
        match names.len() {
            0 => self.literal(ty),
            count => names[self.rng.below(count)].clone(),
        }
    }

    fn literal(&mut self, ty: Ty) -> String {
        match ty {
            Ty::Int => ["0", "1", "2", "3", "7", "12", "100", "9223372036854775807", "(-1)", "(-8)"]
                [self.rng.below(10)]
            .to_owned(),
            Ty::Float => ["0.0", "1.0", "0.1", "2.5", "1e300", "3.75e-8", "(-0.0)", "(-1.5)"]
                [self.rng.below(8)]
            .to_owned(),
            Ty::Bool => ["True", "False"][self.rng.below(2)].to_owned(),
            Ty::Str => {
                ["\"\"", "\"a\"", "\"bird\"", "\"it's é\"", "\"0123456789\""][self.rng.below(5)].to_owned()
            }
            Ty::Ints | Ty::Floats => {
                let element = if ty == Ty::Ints { Ty::Int } else { Ty::Float };
                let items: Vec<String> = (0..1 + self.rng.below(4)).map(|_| self.literal(element)).collect();
                format!("[{}]", items.join(", "))
            }
            Ty::Pair => format!("({}, {})", self.literal(Ty::Int), self.literal(Ty::Float)),
        }
    }

    fn expression(&mut self, ty: Ty, depth: usize) -> String {
        if depth == 0 {
            return if self.rng.one_in(3) { self.literal(ty) } else { self.named(ty) };
        }
        if self.rng.one_in(6)
            && self.loops == 0
            && let Some(call) = self.call(ty)
        {
            return call;
        }
        if self.rng.one_in(8) {
            let (test, yes, no) = (
                self.expression(Ty::Bool, depth - 1),
                self.expression(ty, depth - 1),
                self.expression(ty, depth - 1),
            );
            return format!("({yes} if {test} else {no})");
        }
        match ty {
            Ty::Int => self.int(depth - 1),
            Ty::Float => self.float(depth - 1),
            Ty::Bool => self.bool(depth - 1),
            Ty::Str => self.string(depth - 1),
            Ty::Ints => self.list(Ty::Int, depth - 1),
            Ty::Floats => self.list(Ty::Float, depth - 1),
            Ty::Pair => format!(
                "({}, {})",
                self.expression(Ty::Int, depth - 1),
                self.expression(Ty::Float, depth - 1)
            ),
        }
    }

    /// A call of a function with this result.
    fn call(&mut self, ty: Ty) -> Option<String> {
        let fitting: Vec<Signature> =
            self.callable.iter().filter(|known| known.result == ty).cloned().collect();
        if fitting.is_empty() {
            return None;
        }
        let chosen = &fitting[self.rng.below(fitting.len())];
        let args: Vec<String> = chosen.params.iter().map(|ty| self.expression(*ty, 0)).collect();
        Some(format!("{}({})", chosen.name, args.join(", ")))
    }

    fn int(&mut self, depth: usize) -> String {
        let choice = self.rng.below(10);
        let (a, b) = (self.expression(Ty::Int, depth), self.expression(Ty::Int, depth));
        match choice {
            0..=2 => format!("({a} {} {b})", self.rng.pick(&["+", "-", "*"])),
            3 => format!("({a} {} {})", self.rng.pick(&["//", "%"]), self.rng.pick(&["3", "7", "(-5)"])),
            4 => format!("({a} {} {b})", self.rng.pick(&["&", "|", "^"])),
            5 => format!("{}({a}, {b})", self.rng.pick(&["min", "max"])),
            6 => format!("abs({a})"),
            7 => format!("len({})", self.sized()),
            8 => {
                let list = self.named(Ty::Ints);
                format!("{list}[({a}) % len({list})]")
            }
            _ => format!("{}[0]", self.named(Ty::Pair)),
        }
    }

    /// Something that has a length.
    fn sized(&mut self) -> String {
        let ty = [Ty::Str, Ty::Ints, Ty::Floats][self.rng.below(3)];
        self.named(ty)
    }

    fn float(&mut self, depth: usize) -> String {
        let choice = self.rng.below(9);
        let (a, b) = (self.expression(Ty::Float, depth), self.expression(Ty::Float, depth));
        match choice {
            0..=2 => format!("({a} {} {b})", self.rng.pick(&["+", "-", "*"])),
            3 => format!("({a} / {})", self.rng.pick(&["3.0", "0.1", "(-7)"])),
            4 => format!("float({})", self.expression(Ty::Int, depth)),
            5 => format!("{}({a}, {b})", self.rng.pick(&["min", "max"])),
            6 => format!("({a} + {})", self.expression(Ty::Int, depth)),
            7 => {
                let (list, index) = (self.named(Ty::Floats), self.expression(Ty::Int, depth));
                format!("{list}[({index}) % len({list})]")
            }
            _ => format!("{}[1]", self.named(Ty::Pair)),
        }
    }

    fn bool(&mut self, depth: usize) -> String {
        let comparison = self.rng.pick(&["<", "<=", "==", "!=", ">", ">="]);
        match self.rng.below(5) {
            0 => format!(
                "({} {comparison} {})",
                self.expression(Ty::Int, depth),
                self.expression(Ty::Int, depth)
            ),
            1 => format!(
                "({} {comparison} {})",
                self.expression(Ty::Float, depth),
                self.expression(Ty::Float, depth)
            ),
            2 => format!(
                "({} {comparison} {})",
                self.expression(Ty::Str, depth),
                self.expression(Ty::Str, depth)
            ),
            3 => {
                let operator = self.rng.pick(&["and", "or"]);
                format!(
                    "({} {operator} {})",
                    self.expression(Ty::Bool, depth),
                    self.expression(Ty::Bool, depth)
                )
            }
            _ => format!("(not {})", self.expression(Ty::Bool, depth)),
        }
    }

    fn string(&mut self, depth: usize) -> String {
        match self.rng.below(if self.shows_floats { 6 } else { 4 }) {
            0 => format!("({} + {})", self.expression(Ty::Str, depth), self.expression(Ty::Str, depth)),
            1 => format!("str({})", self.expression(Ty::Int, depth)),
            2 => format!("({} * {})", self.expression(Ty::Str, depth), self.rng.below(4)),
            3 => format!("f\"{{{}}}:{{{}}}\"", self.named(Ty::Int), self.named(Ty::Str)),
            4 => format!("f\"{{{}}}:{{{}}}\"", self.named(Ty::Int), self.named(Ty::Float)),
            _ => format!("str({})", self.expression(Ty::Float, depth)),
        }
    }

    fn list(&mut self, element: Ty, depth: usize) -> String {
        let list = if element == Ty::Int { Ty::Ints } else { Ty::Floats };
        match self.rng.below(3) {
            0 => {
                let count = 1 + self.rng.below(3);
                let items: Vec<String> = (0..count).map(|_| self.expression(element, depth)).collect();
                format!("[{}]", items.join(", "))
            }
            1 => format!("({} + {})", self.named(list), self.named(list)),
            _ => format!("({} * {})", self.named(list), 1 + self.rng.below(3)),
        }
    }
}

fn joined(functions: &[Vec<String>]) -> String {
    let texts: Vec<String> = functions.iter().map(|lines| lines.join("\n")).collect();
    texts.join("\n\n\n")
}
