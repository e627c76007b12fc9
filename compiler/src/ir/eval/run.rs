//! Statements and expressions of the interpreter: a walk over the tree with one frame a call.
//!
//! Traps are boxed, because the happy path should carry small results.

use super::super::{Callee, Expr, FuncId, Function, Label, Local, MemTy, Module, SiteId, Stmt, print};
use super::memory;
use super::number;
use super::{EvalHost, Machine, SPOILT, Trap, Value};
use crate::abi::{self, Import};

pub(super) type Eval<T> = Result<T, Box<Trap>>;

/// How a statement ended.
enum Flow {
    Next,
    Break(Label),
    Continue(Label),
    /// With the frame's results.
    Return,
}

/// A running function.
pub(super) struct Frame<'a> {
    /// Index of its module in the machine.
    pub(super) at: usize,
    pub(super) module: &'a Module,
    function: &'a Function,
    locals: Vec<Value>,
    /// What `Return` returns.
    results: Vec<Value>,
}

/// A machine with a host.
pub(super) struct Run<'m, 'a, 'h> {
    pub(super) machine: &'m mut Machine<'a>,
    pub(super) host: &'h mut dyn EvalHost,
    /// [`stack_pointer`] at the outermost call.
    pub(super) stack_start: usize,
}

/// About where the stack ends now.
#[inline(never)]
pub(super) fn stack_pointer() -> usize {
    let here = 0u8;
    &raw const here as usize
}

pub(super) fn internal<T>(message: impl Into<String>) -> Eval<T> {
    Err(Box::new(Trap::Internal(message.into())))
}

fn in_bounds<T>(found: Option<T>) -> Eval<T> {
    found.ok_or_else(|| Box::new(Trap::OutOfBounds))
}

/// Address and offset, as wasm adds them.
fn address(addr: i32, offset: u32) -> u64 {
    u64::from(addr as u32) + u64::from(offset)
}

impl<'a> Frame<'a> {
    fn assign(&mut self, local: Local, value: Value) -> Eval<()> {
        match self.locals.get_mut(local.index()) {
            Some(place) if place.ty() == value.ty() => {
                *place = value;
                Ok(())
            }
            _ => internal(format!("{}: {value:?} to local {}", self.function.name, local.0)),
        }
    }
}

impl<'a> Run<'_, 'a, '_> {
    /// Calls a function of a module.
    pub(super) fn call(&mut self, at: usize, id: FuncId, args: Vec<Value>) -> Eval<Vec<Value>> {
        let mut frame = self.enter(at, id, args)?;
        let function = frame.function;
        let flow = self.stmts(&mut frame, &function.body)?;
        self.leave(frame, flow)
    }

    fn enter(&mut self, at: usize, id: FuncId, args: Vec<Value>) -> Eval<Frame<'a>> {
        let Some(module) = self.machine.modules.get(at).map(|m| m.module) else {
            return internal(format!("module {at} does not exist"));
        };
        let Some(function) = module.functions.get(id.index()) else {
            return internal(format!("function {} of module {at} does not exist", id.0));
        };
        let mut locals = args;
        if locals.len() != function.params as usize || locals.len() > function.locals.len() {
            return internal(format!("{}: {} arguments", function.name, locals.len()));
        }
        if locals.iter().zip(&function.locals).any(|(value, decl)| value.ty() != decl.ty) {
            return internal(format!("{}: arguments {locals:?}", function.name));
        }
        locals.extend(function.locals[locals.len()..].iter().map(|decl| Value::zero(decl.ty)));
        let used = stack_pointer().abs_diff(self.stack_start);
        if self.machine.calls >= self.machine.max_calls || used > self.machine.max_stack {
            return Err(Box::new(Trap::StackOverflow));
        }
        self.machine.calls += 1;
        Ok(Frame { at, module, function, locals, results: Vec::new() })
    }

    fn leave(&mut self, frame: Frame<'a>, flow: Flow) -> Eval<Vec<Value>> {
        self.machine.calls -= 1;
        if let Flow::Break(label) | Flow::Continue(label) = flow {
            return internal(format!("{}: label {} is not enclosing", frame.function.name, label.0));
        }
        // A function that ran off its end has none.
        let results = frame.results;
        if !results.iter().map(|value| value.ty()).eq(frame.function.results.iter().copied()) {
            return internal(format!("{}: results {results:?}", frame.function.name));
        }
        Ok(results)
    }

    fn spend(&mut self) -> Eval<()> {
        match self.machine.fuel.checked_sub(1) {
            Some(fuel) => {
                self.machine.fuel = fuel;
                Ok(())
            }
            None => Err(Box::new(Trap::OutOfFuel)),
        }
    }

    fn stmts(&mut self, frame: &mut Frame<'a>, stmts: &'a [Stmt]) -> Eval<Flow> {
        for stmt in stmts {
            self.spend()?;
            match self.stmt(frame, stmt)? {
                Flow::Next => {}
                flow => return Ok(flow),
            }
        }
        Ok(Flow::Next)
    }

    /// Only a switch: its frame is on the stack once for each level of nesting.
    fn stmt(&mut self, frame: &mut Frame<'a>, stmt: &'a Stmt) -> Eval<Flow> {
        match stmt {
            Stmt::If { cond, then, orelse } => match self.i32(frame, cond) {
                Ok(0) => self.stmts(frame, orelse),
                Ok(_) => self.stmts(frame, then),
                Err(trap) => Err(trap),
            },
            Stmt::Block { label, body } => match self.stmts(frame, body) {
                Ok(Flow::Break(left)) if left == *label => Ok(Flow::Next),
                flow => flow,
            },
            Stmt::Loop { label, body } => self.repeat(frame, *label, body),
            Stmt::For { .. } => self.range(frame, stmt),
            Stmt::Call { dst, callee, args, .. } => self.call_stmt(frame, dst, *callee, args),
            Stmt::Release { value, drop } => self.release(frame, value, *drop),
            _ => self.plain(frame, stmt),
        }
    }

    /// A statement that runs no other statements.
    fn plain(&mut self, frame: &mut Frame<'a>, stmt: &'a Stmt) -> Eval<Flow> {
        match stmt {
            Stmt::Set(local, value) => frame.assign(*local, self.expr(frame, value)?)?,
            Stmt::Break(label) => return Ok(Flow::Break(*label)),
            Stmt::Continue(label) => return Ok(Flow::Continue(*label)),
            Stmt::Return(values) => {
                frame.results = self.exprs(frame, values)?;
                return Ok(Flow::Return);
            }
            Stmt::Check { cond, site, args } => {
                if self.i32(frame, cond)? == 0 {
                    return self.raise(frame, *site, args);
                }
            }
            Stmt::Raise { site, args } => return self.raise(frame, *site, args),
            Stmt::Store { .. }
            | Stmt::MemoryCopy { .. }
            | Stmt::MemoryFill { .. }
            | Stmt::MemoryGrow { .. } => {
                self.write(frame, stmt)?;
            }
            _ => self.other(frame, stmt)?,
        }
        Ok(Flow::Next)
    }

    fn repeat(&mut self, frame: &mut Frame<'a>, label: Label, body: &'a [Stmt]) -> Eval<Flow> {
        loop {
            // Else an empty loop would not end.
            self.spend()?;
            match self.stmts(frame, body)? {
                Flow::Next => {}
                Flow::Continue(to) if to == label => {}
                Flow::Break(left) if left == label => return Ok(Flow::Next),
                flow => return Ok(flow),
            }
        }
    }

    fn range(&mut self, frame: &mut Frame<'a>, stmt: &'a Stmt) -> Eval<Flow> {
        let Stmt::For { label, var, start, stop, step, body } = stmt else {
            return internal("not a for");
        };
        let (mut value, stop) = (self.i64(frame, start)?, self.i64(frame, stop)?);
        if *step == 0 {
            return internal(format!("{}: step 0", frame.function.name));
        }
        while if *step > 0 { value < stop } else { value > stop } {
            self.spend()?;
            frame.assign(*var, Value::I64(value))?;
            match self.stmts(frame, body)? {
                Flow::Next => {}
                Flow::Continue(to) if to == *label => {}
                Flow::Break(left) if left == *label => break,
                flow => return Ok(flow),
            }
            if frame.locals.get(var.index()) != Some(&Value::I64(value)) {
                return internal(format!("{}: the body changed the loop's variable", frame.function.name));
            }
            // Python's range has no largest number: beyond i64 it is over.
            match value.checked_add(*step) {
                Some(next) => value = next,
                None => break,
            }
        }
        frame.assign(*var, Value::I64(SPOILT))?;
        Ok(Flow::Next)
    }

    /// Statements that write memory.
    fn write(&mut self, frame: &mut Frame<'a>, stmt: &'a Stmt) -> Eval<()> {
        match stmt {
            Stmt::Store { mem, addr, offset, value } => {
                let at = address(self.i32(frame, addr)?, *offset);
                let value = self.expr(frame, value)?;
                if mem.ty() != value.ty() {
                    return internal(format!("{}: {value:?} stored as {mem:?}", frame.function.name));
                }
                in_bounds(memory::store(&mut self.machine.memory, *mem, at, value))
            }
            Stmt::MemoryCopy { dst, src, len } => {
                let (dst, src) = (self.i32(frame, dst)?, self.i32(frame, src)?);
                let len = self.i64(frame, len)? as u64;
                let from = in_bounds(memory::range(&self.machine.memory, address(src, 0), len))?;
                let to = in_bounds(memory::range(&self.machine.memory, address(dst, 0), len))?;
                self.machine.memory.copy_within(from, to.start);
                Ok(())
            }
            Stmt::MemoryFill { dst, value, len } => {
                let (dst, value) = (self.i32(frame, dst)?, self.i64(frame, value)?);
                let len = self.i64(frame, len)? as u64;
                let to = in_bounds(memory::range(&self.machine.memory, address(dst, 0), len))?;
                self.machine.memory[to].fill(value as u8);
                Ok(())
            }
            Stmt::MemoryGrow { dst, pages } => {
                let pages = self.i64(frame, pages)?;
                let old = memory::grow(&mut self.machine.memory, pages, self.machine.max_pages);
                frame.assign(*dst, Value::I64(old))
            }
            _ => internal("not a write"),
        }
    }

    /// The rest.
    fn other(&mut self, frame: &mut Frame<'a>, stmt: &'a Stmt) -> Eval<()> {
        match stmt {
            Stmt::SetGlobal(global, value) => {
                let value = self.expr(frame, value)?;
                let place = self.machine.globals.get(frame.at).and_then(|g| g.get(global.index())).copied();
                match place.and_then(|place| self.machine.variables.get_mut(place)) {
                    Some(place) if place.ty() == value.ty() => {
                        *place = value;
                        Ok(())
                    }
                    _ => internal(format!("{}: {value:?} to global {}", frame.function.name, global.0)),
                }
            }
            Stmt::Bounds { dst, index, len, wrap, site } => {
                let (index, len) = (self.i64(frame, index)?, self.i64(frame, len)?);
                let place = if *wrap && index < 0 { index.wrapping_add(len) } else { index };
                if !(0..len).contains(&place) {
                    return self.trap(frame, *site, &[Value::I64(index), Value::I64(len)]);
                }
                frame.assign(*dst, Value::I64(place))
            }
            Stmt::Retain(value) => {
                let block = self.i32(frame, value)?;
                match self.count(block)? {
                    Some(count) => self.set_count(block, count.wrapping_add(1)),
                    None => Ok(()),
                }
            }
            Stmt::Charge(units) => match u64::try_from(self.i64(frame, units)?) {
                Ok(units) => {
                    self.machine.charged = self.machine.charged.saturating_add(units);
                    Ok(())
                }
                Err(_) => internal(format!("{}: negative charge", frame.function.name)),
            },
            _ => internal("not a plain statement"),
        }
    }

    fn call_stmt(
        &mut self,
        frame: &mut Frame<'a>,
        dst: &[Local],
        callee: Callee,
        args: &'a [Expr],
    ) -> Eval<Flow> {
        let args = self.exprs(frame, args)?;
        let results = self.invoke(frame, callee, args)?;
        if results.len() != dst.len() {
            return internal(format!("{}: {} results", frame.function.name, results.len()));
        }
        for (local, value) in dst.iter().zip(results) {
            frame.assign(*local, value)?;
        }
        Ok(Flow::Next)
    }

    fn invoke(&mut self, frame: &Frame<'a>, callee: Callee, args: Vec<Value>) -> Eval<Vec<Value>> {
        match callee {
            Callee::Func(id) => self.call(frame.at, id, args),
            Callee::Entry(index) => {
                let links = self.machine.modules.get(frame.at).map(|m| m.entries.as_slice());
                match links.and_then(|links| links.get(index as usize)) {
                    Some(&(at, id)) => self.call(at, id, args),
                    None => internal(format!("{}: entry {index} is not linked", frame.function.name)),
                }
            }
            Callee::Import(import) => self.import(frame, import, &args),
            Callee::External(index) => self.external(frame, index, &args),
        }
    }

    fn import(&mut self, frame: &Frame<'a>, import: Import, args: &[Value]) -> Eval<Vec<Value>> {
        let types = |values: &[Value]| values.iter().map(|value| value.ty()).collect::<Vec<_>>();
        if types(args) != import.params() {
            return internal(format!("{}: {}({args:?})", frame.function.name, import.name()));
        }
        let called = self.host.call(import, args, &mut self.machine.memory);
        let results = called.map_err(|message| Box::new(Trap::Host(message)))?;
        if types(&results) != import.results() {
            return internal(format!("{} returned {results:?}", import.name()));
        }
        Ok(results)
    }

    /// The reference count of a block that is counted: neither null nor immortal.
    fn count(&self, block: i32) -> Eval<Option<i32>> {
        if block == 0 {
            return Ok(None);
        }
        let at = address(block, abi::BLOCK_COUNT);
        match memory::load(&self.machine.memory, MemTy::Ptr, at) {
            Some(Value::I32(count)) => Ok((count >= 0).then_some(count)),
            _ => Err(Box::new(Trap::OutOfBounds)),
        }
    }

    fn set_count(&mut self, block: i32, count: i32) -> Eval<()> {
        let at = address(block, abi::BLOCK_COUNT);
        in_bounds(memory::store(&mut self.machine.memory, MemTy::Ptr, at, Value::I32(count)))
    }

    fn release(&mut self, frame: &Frame<'a>, value: &Expr, drop: FuncId) -> Eval<Flow> {
        let block = self.i32(frame, value)?;
        match self.count(block)? {
            None => {}
            Some(0) => {
                return internal(format!("{}: release of the free block {block}", frame.function.name));
            }
            Some(count) => {
                self.set_count(block, count - 1)?;
                if count == 1 && !self.call(frame.at, drop, vec![Value::I32(block)])?.is_empty() {
                    return internal("drop returned something");
                }
            }
        }
        Ok(Flow::Next)
    }

    fn raise<T>(&mut self, frame: &Frame<'a>, site: SiteId, args: &'a [Expr]) -> Eval<T> {
        let args = self.exprs(frame, args)?;
        self.trap(frame, site, &args)
    }

    /// Stores the arguments of an exception and ends the run.
    fn trap<T>(&mut self, frame: &Frame<'a>, site: SiteId, values: &[Value]) -> Eval<T> {
        if values.len() > 4 || site.index() >= frame.module.sites.len() {
            return internal(format!("{}: raise {} with {values:?}", frame.function.name, site.0));
        }
        let mut args = [0; 4];
        for (at, value) in values.iter().enumerate() {
            let Some(slot) = memory::slot(*value) else {
                return internal(format!("{}: raise with {value:?}", frame.function.name));
            };
            args[at] = slot;
            let place = u64::from(abi::TRAP_ARGS) + 8 * at as u64;
            let stored = Value::I64(slot as i64);
            in_bounds(memory::store(&mut self.machine.memory, MemTy::I64, place, stored))?;
        }
        Err(Box::new(Trap::Raised { module: frame.at, site, args }))
    }

    fn i32(&self, frame: &Frame<'a>, expr: &Expr) -> Eval<i32> {
        match self.expr(frame, expr)? {
            Value::I32(value) => Ok(value),
            value => internal(format!("{}: {value:?} is not an i32", frame.function.name)),
        }
    }

    fn i64(&self, frame: &Frame<'a>, expr: &Expr) -> Eval<i64> {
        match self.expr(frame, expr)? {
            Value::I64(value) => Ok(value),
            value => internal(format!("{}: {value:?} is not an i64", frame.function.name)),
        }
    }

    fn exprs(&self, frame: &Frame<'a>, exprs: &[Expr]) -> Eval<Vec<Value>> {
        exprs.iter().map(|expr| self.expr(frame, expr)).collect()
    }

    fn expr(&self, frame: &Frame<'a>, expr: &Expr) -> Eval<Value> {
        let found = match expr {
            Expr::I32(value) => Some(Value::I32(*value)),
            Expr::I64(value) => Some(Value::I64(*value)),
            Expr::F64(bits) => Some(Value::F64(f64::from_bits(*bits))),
            Expr::Local(local) => frame.locals.get(local.index()).copied(),
            Expr::Binary(op, left, right) => {
                number::binary(*op, self.expr(frame, left)?, self.expr(frame, right)?)
            }
            Expr::Unary(op, operand) => number::unary(*op, self.expr(frame, operand)?),
            Expr::Load { mem, addr, offset } => {
                let at = address(self.i32(frame, addr)?, *offset);
                return in_bounds(memory::load(&self.machine.memory, *mem, at));
            }
            Expr::Global(global) => {
                let globals = self.machine.globals.get(frame.at);
                let place = globals.and_then(|globals| globals.get(global.index())).copied();
                place.and_then(|place| self.machine.variables.get(place)).copied()
            }
            Expr::Data(offset) => {
                let base = self.machine.modules.get(frame.at).map(|m| m.data_base);
                base.map(|base| Value::I32(base.wrapping_add(*offset) as i32))
            }
            Expr::MemorySize => Some(Value::I64(self.machine.memory.len() as i64)),
            Expr::Select { cond, then, orelse } => {
                let (then, orelse) = (self.expr(frame, then)?, self.expr(frame, orelse)?);
                let chosen = if self.i32(frame, cond)? != 0 { then } else { orelse };
                (then.ty() == orelse.ty()).then_some(chosen)
            }
            Expr::Bitselect { then, orelse, mask } => {
                let sides = (self.expr(frame, then)?, self.expr(frame, orelse)?, self.expr(frame, mask)?);
                match sides {
                    (Value::V128(a), Value::V128(b), Value::V128(m)) => {
                        Some(Value::V128([a[0] & m[0] | b[0] & !m[0], a[1] & m[1] | b[1] & !m[1]]))
                    }
                    _ => None,
                }
            }
        };
        match found {
            Some(value) => Ok(value),
            None => self.wrong(frame, expr),
        }
    }

    /// Reports an expression that has no value: a wrong type or index, or a division by zero.
    #[cold]
    #[inline(never)]
    fn wrong(&self, frame: &Frame<'a>, expr: &Expr) -> Eval<Value> {
        let text = print::expression(frame.module, frame.function, expr);
        internal(format!("{}: `{text}` has no value", frame.function.name))
    }
}
