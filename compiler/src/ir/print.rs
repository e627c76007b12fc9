//! [`Module`] -> text, for `dump --stage ir` and golden tests.
//!
//! One statement a line, blocks indented, operators in wasm's spelling, operands in parentheses:
//!
//! ```text
//! func f0:sum(%0:n i64) -> (i64) auto {
//!   local %1:i i64
//!   local %2:total i64
//!   for 'l0 %1:i in range(0, %0:n, 1) {
//!     %2:total = i64.add(%2:total, %1:i)
//!   }
//!   return (%2:total)
//! }
//! ```
//!
//! The text is the same for equal modules, and shows all of them: I64 constants are bare, I32 ones
//! end in `i32`, F64 ones are the shortest digits that read back as the same bits. Wrong indices are
//! printed as they are (`%9:?`), so that a module that fails verification can be looked at. There is
//! no parser for this text.

use std::fmt::{self, Debug, Display, Formatter, Write};

use super::{
    Callee, Expr, FuncId, Function, GlobalId, Inline, Label, LocId, Local, MemTy, Message, Module, SiteId,
    Stmt, Ty,
};

impl Display for Module {
    fn fmt(&self, out: &mut Formatter<'_>) -> fmt::Result {
        write_tables(self, out)?;
        for index in 0..self.functions.len() {
            out.write_str("\n")?;
            write_function(self, FuncId(index as u32), out)?;
        }
        Ok(())
    }
}

impl Display for Ty {
    fn fmt(&self, out: &mut Formatter<'_>) -> fmt::Result {
        out.write_str(match self {
            Ty::I32 => "i32",
            Ty::I64 => "i64",
            Ty::F64 => "f64",
            Ty::V128 => "v128",
        })
    }
}

impl Display for MemTy {
    fn fmt(&self, out: &mut Formatter<'_>) -> fmt::Result {
        out.write_str(match self {
            MemTy::Bool => "bool",
            MemTy::S8 => "s8",
            MemTy::U8 => "u8",
            MemTy::S16 => "s16",
            MemTy::U16 => "u16",
            MemTy::S32 => "s32",
            MemTy::U32 => "u32",
            MemTy::I64 => "i64",
            MemTy::F32 => "f32",
            MemTy::F64 => "f64",
            MemTy::Ptr => "ptr",
            MemTy::V128 => "v128",
        })
    }
}

/// One function as text; empty if there is none with that number.
pub fn function(module: &Module, id: FuncId) -> String {
    let mut text = String::new();
    // Writing to a string cannot fail.
    let _ = write_function(module, id, &mut text);
    text
}

/// The first line of a statement, for messages.
pub fn statement(module: &Module, function: &Function, stmt: &Stmt) -> String {
    let mut text = String::new();
    let mut printer = Printer { module, function, out: &mut text, indent: 0 };
    // Writing to a string cannot fail.
    let _ = printer.stmt(stmt);
    text.lines().next().unwrap_or_default().to_owned()
}

/// An expression, for messages.
pub fn expression(module: &Module, function: &Function, expr: &Expr) -> String {
    Printer { module, function, out: &mut String::new(), indent: 0 }.expr(expr)
}

/// A constant of 64 bits as the shortest digits that read back as the same bits.
pub fn f64_text(bits: u64) -> String {
    const CANONICAL_NAN: u64 = 0x7ff8_0000_0000_0000;
    let value = f64::from_bits(bits);
    match bits {
        CANONICAL_NAN => "nan".to_owned(),
        _ if value.is_nan() => format!("nan:{bits:#018x}"),
        _ => format!("{value:?}"),
    }
}

/// `I64AddU` -> `i64.add_u`, `F64x2Extract(1)` -> `f64x2.extract[1]`.
fn op_text(op: impl Debug) -> String {
    let name = format!("{op:?}");
    let name = name.replace('(', "[").replace(')', "]");
    let split = ["F64x2", "I64x2", "V128", "I32", "I64", "F64"].iter().find(|p| name.starts_with(**p));
    let (prefix, rest) = name.split_at(split.map_or(0, |p| p.len()));
    let mut text = prefix.to_lowercase();
    for (at, letter) in rest.chars().enumerate() {
        if letter.is_ascii_uppercase() {
            text.push(if at == 0 { '.' } else { '_' });
        }
        text.push(letter.to_ascii_lowercase());
    }
    text
}

fn list<T>(items: impl IntoIterator<Item = T>, text: impl Fn(T) -> String) -> String {
    items.into_iter().map(text).collect::<Vec<_>>().join(", ")
}

fn write_tables(module: &Module, out: &mut impl Write) -> fmt::Result {
    writeln!(out, "module")?;
    for (index, entry) in module.entries.iter().enumerate() {
        let (params, results) = (list(&entry.params, Ty::to_string), list(&entry.results, Ty::to_string));
        writeln!(out, "entry e{index} {:?}({params}) -> ({results})", entry.name)?;
    }
    for (index, global) in module.globals.iter().enumerate() {
        writeln!(out, "global @{index}:{} {}", global.name, global.ty)?;
    }
    for (at, row) in module.data.chunks(16).enumerate() {
        write!(out, "data {:04x}:", at * 16)?;
        for byte in row {
            write!(out, " {byte:02x}")?;
        }
        let ascii = row.iter().map(|&b| if (b' '..=b'~').contains(&b) { b as char } else { '.' });
        writeln!(out, "  |{}|", ascii.collect::<String>())?;
    }
    for (index, loc) in module.locs.iter().enumerate() {
        write!(out, "loc L{index} func {} node {}", loc.func, loc.node)?;
        match loc.parent {
            Some(parent) => writeln!(out, " in L{}", parent.0)?,
            None => writeln!(out)?,
        }
    }
    for (index, site) in module.sites.iter().enumerate() {
        write!(out, "site !{index} {} at L{} ", site.exception, site.loc.0)?;
        match &site.message {
            Message::Template(text) => writeln!(out, "{text:?}")?,
            Message::Dynamic => writeln!(out, "dynamic")?,
        }
    }
    for (name, id) in &module.exports {
        writeln!(out, "export {name:?} = {}", func_text(module, *id))?;
    }
    Ok(())
}

fn func_text(module: &Module, id: FuncId) -> String {
    format!("f{}:{}", id.0, module.functions.get(id.index()).map_or("?", |f| f.name.as_str()))
}

fn write_function(module: &Module, id: FuncId, out: &mut impl Write) -> fmt::Result {
    let Some(function) = module.functions.get(id.index()) else {
        return Ok(());
    };
    let mut printer = Printer { module, function, out, indent: 1 };
    let declare = |at: usize| {
        let decl = &function.locals[at];
        format!("%{at}:{} {}", decl.name, decl.ty)
    };
    let params = (function.params as usize).min(function.locals.len());
    let inline = match function.inline {
        Inline::Always => "always",
        Inline::Auto => "auto",
        Inline::Never => "never",
        Inline::Cold => "cold",
    };
    let (params_text, results) = (list(0..params, declare), list(&function.results, Ty::to_string));
    writeln!(printer.out, "func {}({params_text}) -> ({results}) {inline} {{", func_text(module, id))?;
    for at in params..function.locals.len() {
        writeln!(printer.out, "  local {}", declare(at))?;
    }
    printer.stmts(&function.body)?;
    writeln!(printer.out, "}}")
}

struct Printer<'a, W> {
    module: &'a Module,
    function: &'a Function,
    out: &'a mut W,
    indent: usize,
}

impl<W: Write> Printer<'_, W> {
    fn local(&self, local: Local) -> String {
        format!("%{}:{}", local.0, self.function.locals.get(local.index()).map_or("?", |l| l.name.as_str()))
    }

    fn global(&self, global: GlobalId) -> String {
        format!("@{}:{}", global.0, self.module.globals.get(global.index()).map_or("?", |g| g.name.as_str()))
    }

    fn callee(&self, callee: Callee) -> String {
        match callee {
            Callee::Func(id) => func_text(self.module, id),
            Callee::Import(import) => import.name().to_owned(),
            Callee::External(index) => {
                let external = self.module.externals.get(index as usize);
                format!("x{index}:{}", external.map_or("?".to_owned(), |e| e.path()))
            }
            Callee::Entry(index) => {
                let name = self.module.entries.get(index as usize).map_or("?", |e| e.name.as_str());
                format!("e{index}:{name}")
            }
        }
    }

    fn args(&self, args: &[Expr]) -> String {
        list(args, |e| self.expr(e))
    }

    fn address(&self, addr: &Expr, offset: u32) -> String {
        if offset == 0 { self.expr(addr) } else { format!("{} + {offset}", self.expr(addr)) }
    }

    fn expr(&self, expr: &Expr) -> String {
        match expr {
            Expr::I32(value) => format!("{value}i32"),
            Expr::I64(value) => value.to_string(),
            Expr::F64(bits) => f64_text(*bits),
            Expr::Local(local) => self.local(*local),
            Expr::Global(global) => self.global(*global),
            Expr::Data(offset) => format!("data[{offset}]"),
            Expr::MemorySize => "memory.size".to_owned(),
            Expr::Unary(op, a) => format!("{}({})", op_text(op), self.expr(a)),
            Expr::Binary(op, a, b) => format!("{}({}, {})", op_text(op), self.expr(a), self.expr(b)),
            Expr::Load { mem, addr, offset } => format!("load.{mem}[{}]", self.address(addr, *offset)),
            Expr::Select { cond, then, orelse } => {
                format!("select({}, {}, {})", self.expr(cond), self.expr(then), self.expr(orelse))
            }
            Expr::Bitselect { then, orelse, mask } => {
                format!("v128.bitselect({}, {}, {})", self.expr(then), self.expr(orelse), self.expr(mask))
            }
        }
    }

    /// Starts a line.
    fn line(&mut self, text: impl Display) -> fmt::Result {
        writeln!(self.out, "{:width$}{text}", "", width = self.indent * 2)
    }

    fn body(&mut self, head: impl Display, body: &[Stmt]) -> fmt::Result {
        self.line(format_args!("{head} {{"))?;
        self.indent += 1;
        self.stmts(body)?;
        self.indent -= 1;
        Ok(())
    }

    fn stmts(&mut self, stmts: &[Stmt]) -> fmt::Result {
        stmts.iter().try_for_each(|stmt| self.stmt(stmt))
    }

    fn stmt(&mut self, stmt: &Stmt) -> fmt::Result {
        match stmt {
            Stmt::If { cond, then, orelse } => {
                self.body(format!("if {}", self.expr(cond)), then)?;
                if !orelse.is_empty() {
                    self.body("} else", orelse)?;
                }
                self.line("}")
            }
            Stmt::Block { label, body } => {
                self.body(format!("block {}", label_text(*label)), body)?;
                self.line("}")
            }
            Stmt::Loop { label, body } => {
                self.body(format!("loop {}", label_text(*label)), body)?;
                self.line("}")
            }
            Stmt::For { label, var, start, stop, step, body } => {
                let (start, stop) = (self.expr(start), self.expr(stop));
                let (label, var) = (label_text(*label), self.local(*var));
                self.body(format!("for {label} {var} in range({start}, {stop}, {step})"), body)?;
                self.line("}")
            }
            _ => {
                let text = self.simple(stmt);
                self.line(text)
            }
        }
    }

    /// A statement without statements inside.
    fn simple(&self, stmt: &Stmt) -> String {
        let e = |expr| self.expr(expr);
        match stmt {
            Stmt::Set(local, value) => format!("{} = {}", self.local(*local), e(value)),
            Stmt::SetGlobal(global, value) => format!("{} = {}", self.global(*global), e(value)),
            Stmt::Store { mem, addr, offset, value } => {
                format!("store.{mem}[{}] = {}", self.address(addr, *offset), e(value))
            }
            Stmt::Call { dst, callee, args, loc } => {
                let call =
                    format!("call {}({}) at {}", self.callee(*callee), self.args(args), loc_text(*loc));
                if dst.is_empty() { call } else { format!("{} = {call}", list(dst, |l| self.local(*l))) }
            }
            Stmt::Break(label) => format!("break {}", label_text(*label)),
            Stmt::Continue(label) => format!("continue {}", label_text(*label)),
            Stmt::Return(values) => format!("return ({})", self.args(values)),
            Stmt::Raise { site, args } => format!("raise {}({})", site_text(*site), self.args(args)),
            Stmt::Check { cond, site, args } => {
                format!("check {} else {}({})", e(cond), site_text(*site), self.args(args))
            }
            Stmt::Bounds { dst, index, len, wrap, site } => {
                let wrap = if *wrap { " wrap" } else { "" };
                let dst = self.local(*dst);
                format!("{dst} = bounds({}, {}){wrap} else {}", e(index), e(len), site_text(*site))
            }
            Stmt::Retain(value) => format!("retain {}", e(value)),
            Stmt::Release { value, drop } => {
                format!("release {} by {}", e(value), func_text(self.module, *drop))
            }
            Stmt::MemoryCopy { dst, src, len } => format!("memory.copy({}, {}, {})", e(dst), e(src), e(len)),
            Stmt::MemoryFill { dst, value, len } => {
                format!("memory.fill({}, {}, {})", e(dst), e(value), e(len))
            }
            Stmt::MemoryGrow { dst, pages } => format!("{} = memory.grow({})", self.local(*dst), e(pages)),
            Stmt::Charge(units) => format!("charge {}", e(units)),
            Stmt::If { .. } | Stmt::Block { .. } | Stmt::Loop { .. } | Stmt::For { .. } => String::new(),
        }
    }
}

fn label_text(label: Label) -> String {
    format!("'l{}", label.0)
}

fn site_text(site: SiteId) -> String {
    format!("!{}", site.0)
}

fn loc_text(loc: LocId) -> String {
    format!("L{}", loc.0)
}
