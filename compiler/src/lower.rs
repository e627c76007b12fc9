//! Typed -> Ir: lays values out as scalars, makes evaluation order and reference counts explicit.
//! Total: a typed program always lowers, unless a budget says that it has become too large.
//!
//! Ownership: a parameter is borrowed from the caller; a result is owned by the receiver; a local
//! owns what it holds; a temporary that owns references is released at the end of its statement. A
//! parameter that is never assigned is not counted at all.
//!
//! `value` lays values out and tracks ownership, `stmt` and `expr` walk the tree, `data` places
//! constants, `release` makes the functions that free heap objects, `meter` counts what is made.

use std::collections::{BTreeMap, BTreeSet};

use crate::abi::{self, external::Plain};
use crate::guard::{Guard, Refused};
use crate::ir::{self, FuncId, Label, LocId, Local, Module, Ty};
use crate::typed::{Function, LabelId, LocalId, Stmt, TFuncId, Unit};
use crate::types::{Scalar, Type};

mod data;
mod expr;
mod meter;
mod operation;
mod release;
mod stmt;
mod value;

use data::Data;
use meter::Meter;

/// Lowers a unit, however large that becomes.
pub fn lower(unit: &Unit) -> Module {
    lower_within(unit, &Guard::UNBOUNDED, &mut 0).expect("nothing is refused without a budget")
}

/// Lowers a unit within a budget, which is asked while code is made. `charged` becomes the bytes that the module was
/// charged for.
pub(crate) fn lower_within(unit: &Unit, guard: &Guard<'_>, charged: &mut u64) -> Result<Module, Refused> {
    let mut lowering = Lowering {
        unit,
        meter: Meter::new(*guard),
        module: Module::default(),
        data: Data::default(),
        releases: Vec::new(),
        locs: BTreeMap::new(),
        variables: Vec::new(),
    };
    lowering.declare_variables();
    lowering.plan_releases();
    for index in 0..unit.functions.len() {
        let function = lowering.function(index as u32);
        lowering.meter.finish(&function)?;
        lowering.module.functions.push(function);
    }
    for index in 0..lowering.releases.len() {
        let function = lowering.release_function(index);
        lowering.meter.finish(&function)?;
        lowering.module.functions.push(function);
    }
    *charged = lowering.meter.charged_in_all();
    lowering.module.exports.push((abi::MAIN.to_owned(), FuncId(0)));
    let crossing = unit.params.iter().chain([&unit.functions[0].result]);
    let crosses = crossing.chain(unit.variables.iter().map(|v| &v.ty)).any(Type::has_refs)
        || unit.externals.iter().any(|e| e.signature.result == Plain::Str);
    if let (true, Some(alloc)) = (crosses, unit.alloc) {
        lowering.module.exports.push((abi::ALLOC.to_owned(), FuncId(alloc.0)));
    }
    lowering.module.externals = unit.externals.clone();
    lowering.module.entries = unit
        .entries
        .iter()
        .enumerate()
        .map(|(i, entry)| ir::EntryDecl {
            name: i.to_string(),
            params: entry.params.iter().flat_map(Type::scalars).map(Scalar::ty).collect(),
            results: entry.result.scalars().into_iter().map(Scalar::ty).collect(),
        })
        .collect();
    lowering.module.data = lowering.data.bytes;
    Ok(lowering.module)
}

/// State of one module's lowering.
struct Lowering<'a> {
    unit: &'a Unit,
    meter: Meter<'a>,
    module: Module,
    data: Data,
    /// Heap classes and their release functions, which follow the unit's functions.
    releases: Vec<(Type, Option<TFuncId>)>,
    locs: BTreeMap<(u32, u32), LocId>,
    /// First IR global of each of the unit's variables.
    variables: Vec<u32>,
}

/// State of one function's lowering.
struct Body<'l, 'a> {
    lowering: &'l mut Lowering<'a>,
    source: &'a Function,
    index: u32,
    function: ir::Function,
    /// IR locals of each typed local.
    locals: Vec<Vec<Local>>,
    /// "Is assigned" flags of locals that are read before assignment on some path.
    flags: BTreeMap<LocalId, Local>,
    /// Typed locals that are borrowed parameters.
    borrowed: BTreeSet<LocalId>,
    /// Typed locals assigned so far, in text order.
    assigned: Assigned,
    labels: BTreeMap<LabelId, Label>,
    loops: u32,
    /// Statements of the list being built.
    out: Vec<ir::Stmt>,
    /// How many of them are counted.
    counted: usize,
    /// References to release at the end of the current statement.
    temps: Vec<(Local, FuncId)>,
}

/// A set of locals that forgets again what a branch has put into it.
#[derive(Default)]
struct Assigned {
    is: BTreeSet<LocalId>,
    /// In the order in which they came.
    log: Vec<LocalId>,
}

impl Assigned {
    fn contains(&self, local: LocalId) -> bool {
        self.is.contains(&local)
    }

    fn insert(&mut self, local: LocalId) {
        if self.is.insert(local) {
            self.log.push(local);
        }
    }

    /// The set as it is now, for [`Assigned::take_back`].
    fn mark(&self) -> usize {
        self.log.len()
    }

    /// Takes out what came since the mark.
    fn take_back(&mut self, mark: usize) -> Vec<LocalId> {
        let since = self.log.split_off(mark);
        since.iter().for_each(|local| {
            self.is.remove(local);
        });
        since
    }
}

impl<'a> Lowering<'a> {
    fn function(&mut self, index: u32) -> ir::Function {
        let unit = self.unit;
        let source = &unit.functions[index as usize];
        let mut function = ir::Function {
            name: source.name.clone(),
            params: 0,
            results: source.result.scalars().into_iter().map(Scalar::ty).collect(),
            locals: Vec::new(),
            body: Vec::new(),
            labels: 0,
            inline: source.inline,
        };
        let mut locals: Vec<Vec<Local>> = vec![Vec::new(); source.locals.len()];
        for param in &source.params {
            locals[param.0 as usize] = declare(&mut function, source, *param);
        }
        function.params = function.locals.len() as u32;
        for i in 0..source.locals.len() {
            let local = LocalId(i as u32);
            if !source.params.contains(&local) {
                locals[i] = declare(&mut function, source, local);
                self.meter.count(&[], function.locals.len());
            }
            if self.meter.is_stopped() {
                return function;
            }
        }
        let mut written = BTreeSet::new();
        assigned_locals(&source.body, &mut written);
        let borrowed: BTreeSet<LocalId> =
            source.params.iter().copied().filter(|p| !written.contains(p)).collect();
        let mut flags = BTreeMap::new();
        for (i, local) in source.locals.iter().enumerate() {
            if local.checked {
                flags.insert(LocalId(i as u32), function.new_local(Ty::I32, "assigned"));
            }
        }
        let mut body = Body {
            lowering: self,
            source,
            index,
            function,
            locals,
            flags,
            borrowed,
            assigned: Assigned::default(),
            labels: BTreeMap::new(),
            loops: 0,
            out: Vec::new(),
            counted: 0,
            temps: Vec::new(),
        };
        body.enter();
        body.stmts(&source.body);
        if ir::build::falls_through(&body.out) && !body.function.results.is_empty() {
            // Only reached after a call that does not return.
            let site =
                body.site("SystemError", ir::Message::Template("unreachable code was reached".to_owned()), 0);
            body.out.push(ir::Stmt::Raise { site, args: Vec::new() });
        }
        body.function.body = std::mem::take(&mut body.out);
        body.function
    }

    fn declare_variables(&mut self) {
        for variable in &self.unit.variables {
            self.variables.push(self.module.globals.len() as u32);
            let name = variable.name.clone();
            let scalars = variable.ty.scalars().into_iter();
            self.module.globals.extend(scalars.map(|s| ir::GlobalDecl { ty: s.ty(), name: name.clone() }));
        }
    }

    /// The place of a node of a function.
    fn loc(&mut self, func: u32, node: u32) -> LocId {
        let module = &mut self.module;
        *self.locs.entry((func, node)).or_insert_with(|| {
            module.locs.push(ir::Loc { func, node, parent: None });
            LocId(module.locs.len() as u32 - 1)
        })
    }
}

fn declare(function: &mut ir::Function, source: &Function, local: LocalId) -> Vec<Local> {
    let declared = &source.locals[local.0 as usize];
    declared.ty.scalars().into_iter().map(|s| function.new_local(s.ty(), &declared.name)).collect()
}

/// Locals that statements assign, those inside expressions included.
fn assigned_locals(stmts: &[Stmt], out: &mut BTreeSet<LocalId>) {
    for stmt in stmts {
        match stmt {
            Stmt::Assign(local, _) => {
                out.insert(*local);
            }
            Stmt::If { then, orelse, .. } => {
                assigned_locals(then, out);
                assigned_locals(orelse, out);
            }
            Stmt::For { var, body, .. } => {
                out.insert(*var);
                assigned_locals(body, out);
            }
            Stmt::While { body, .. } | Stmt::Block { body, .. } => assigned_locals(body, out),
            Stmt::Expr(_)
            | Stmt::Break(_)
            | Stmt::Continue(_)
            | Stmt::Return(_)
            | Stmt::Raise { .. }
            | Stmt::SetVariable(..)
            | Stmt::SetField { .. } => {}
        }
    }
}

impl Body<'_, '_> {
    /// Parameters that the body assigns are counted like other locals.
    fn enter(&mut self) {
        for param in &self.source.params {
            if !self.borrowed.contains(param) {
                self.assigned.insert(*param);
                let ty = &self.source.locals[param.0 as usize].ty;
                for (scalar, local) in ty.scalars().iter().zip(self.locals[param.0 as usize].clone()) {
                    if *scalar == Scalar::Ref {
                        self.out.push(ir::Stmt::Retain(local.into()));
                    }
                }
            }
            if let Some(flag) = self.flags.get(param) {
                self.out.push(ir::Stmt::Set(*flag, ir::Expr::I32(1)));
            }
        }
    }

    fn temp(&mut self, ty: Ty) -> Local {
        self.function.new_local(ty, "t")
    }

    fn site(&mut self, exception: &str, message: ir::Message, node: u32) -> ir::SiteId {
        let loc = self.lowering.loc(self.index, node);
        let sites = &mut self.lowering.module.sites;
        sites.push(ir::Site { exception: exception.to_owned(), message, loc });
        ir::SiteId(sites.len() as u32 - 1)
    }
}
