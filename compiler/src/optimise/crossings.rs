//! How much the register allocator has to keep apart: function in, a number out. Its work grows with the size of a
//! function times the variables that live there at the same time, so the size alone does not bound it.
//!
//! A variable crosses a place where paths join (a loop's start, the end of branches) if it is used before and behind
//! it. Crossings are counted for each such place, those of a loop four times; variables that a loop changes stand in
//! each other's way, and are counted for each other as well, as are the places at which one variable's values meet. The factors are measured: a million takes the code
//! generator about half a second.
//!
//! Method: one walk numbers statements and places. A variable lives from its first assignment to its last use if
//! that assignment is on every way to the uses, and then to the end of the loops around a use that are not around
//! the assignment; else wherever the outermost loop around it is.

use super::usage::each_expr;
use crate::ir::{Expr, Function, Label, Local, Stmt};

/// What a crossing of a loop counts.
const LOOP: u64 = 4;
/// What a loop counts that nothing crosses.
const ITSELF: u64 = 600;
/// So many pairs of variables that a loop changes count as one crossing.
const PAIRS: u64 = 5;
/// So many pairs of places at which the values of one variable meet count as one.
const MEETINGS: u64 = 20;
/// What the encoder keeps for a counted loop: how often it still goes round, and where it is.
const COUNTERS: u64 = 2;

/// So many branches before an operation count as one crossing.
const BRANCHES: u64 = 250;

/// What a function is for the code generator.
pub(super) struct Load {
    /// For its register allocator.
    pub(super) crossings: u64,
    /// For its search for equal operations, which goes back over the branches before each.
    pub(super) behind_branches: u64,
}

/// What a function is for the code generator.
pub(super) fn load(function: &Function) -> Load {
    let mut walk = Walk {
        at: 1,
        spans: vec![None; function.locals.len()],
        lists: Vec::new(),
        loops: Vec::new(),
        counted: Vec::new(),
        open: Vec::new(),
        joins: Vec::new(),
        headers: Vec::new(),
        breaks: vec![0; function.labels as usize],
        sets: Vec::new(),
        depth: 0,
        behind: 0,
    };
    walk.list(&function.body, &(0..function.params).map(Local).collect::<Vec<_>>());
    Load { crossings: walk.count(), behind_branches: walk.behind / BRANCHES }
}

/// Where a local occurs.
#[derive(Clone, Copy)]
struct Span {
    first: u32,
    last: u32,
    /// How often it is assigned.
    assigned: u32,
    /// The list of statements in which it was assigned first.
    list: usize,
    /// The outermost loop around its first occurrence, and around its last one but not around the first.
    around: Option<usize>,
    behind: Option<usize>,
}

struct Walk {
    /// Number of the statement or place.
    at: u32,
    spans: Vec<Option<Span>>,
    /// Where lists of statements end.
    lists: Vec<u32>,
    /// Where loops start and end.
    loops: Vec<(u32, u32)>,
    /// Those that count.
    counted: Vec<usize>,
    /// The loops around the current place.
    open: Vec<usize>,
    /// Places where paths join that are no loop's start, and those that are.
    joins: Vec<u32>,
    headers: Vec<u32>,
    /// Jumps to each label.
    breaks: Vec<u32>,
    /// Assignments.
    sets: Vec<(u32, Local)>,
    /// Branches that are passed on every way to the current place.
    depth: u64,
    /// The same, summed up over the operations.
    behind: u64,
}

impl Walk {
    /// Whether the end of the list is reached; `given` is assigned where it begins.
    fn list(&mut self, stmts: &[Stmt], given: &[Local]) -> bool {
        let list = self.lists.len();
        self.lists.push(0);
        given.iter().for_each(|local| self.set(*local, list));
        let (mut goes_on, depth) = (true, self.depth);
        for stmt in stmts {
            self.at += 1;
            self.behind = self.behind.saturating_add(self.depth);
            each_expr(stmt, &mut |e| self.reads(e));
            if !matches!(stmt, Stmt::For { .. }) {
                stmt.assigned().iter().for_each(|local| self.set(*local, list));
            }
            goes_on &= self.inside(stmt);
            self.depth += u64::from(branches(stmt));
        }
        self.depth = depth;
        self.at += 1;
        self.lists[list] = self.at;
        goes_on
    }

    /// The statements in a statement; whether it is gone on behind it.
    fn inside(&mut self, stmt: &Stmt) -> bool {
        match stmt {
            Stmt::If { then, orelse, .. } => {
                let ends = u32::from(self.list(then, &[])) + u32::from(self.list(orelse, &[]));
                self.join(ends)
            }
            Stmt::Block { label, body } => {
                let end = u32::from(self.list(body, &[]));
                let ends = end + self.jumps(*label);
                self.join(ends)
            }
            Stmt::Loop { label, body } => {
                self.repeated(body, &[]);
                let ends = self.jumps(*label);
                self.join(ends)
            }
            Stmt::For { label, var, body, .. } => {
                self.counted.push(self.loops.len());
                self.repeated(body, &[*var]);
                let ends = 1 + self.jumps(*label);
                self.join(ends)
            }
            Stmt::Break(label) => {
                if let Some(jumps) = self.breaks.get_mut(label.index()) {
                    *jumps += 1;
                }
                false
            }
            Stmt::Continue(_) | Stmt::Return(_) | Stmt::Raise { .. } => false,
            _ => true,
        }
    }

    fn repeated(&mut self, body: &[Stmt], given: &[Local]) {
        let index = self.loops.len();
        self.at += 1;
        self.headers.push(self.at);
        self.loops.push((self.at - 1, 0));
        self.open.push(index);
        self.list(body, given);
        self.open.pop();
        self.loops[index].1 = self.at;
    }

    /// So many paths meet here.
    fn join(&mut self, paths: u32) -> bool {
        if paths > 1 {
            self.at += 1;
            self.joins.push(self.at);
        }
        paths > 0
    }

    fn jumps(&self, label: Label) -> u32 {
        self.breaks.get(label.index()).copied().unwrap_or(0)
    }

    fn reads(&mut self, e: &Expr) {
        e.visit(&mut |e| {
            self.behind = self.behind.saturating_add(self.depth);
            if let Expr::Local(local) = e {
                // What is read before it is assigned is zero from the beginning.
                self.occurs(*local, 0, 0);
            }
        });
    }

    fn set(&mut self, local: Local, list: usize) {
        self.sets.push((self.at, local));
        self.occurs(local, self.at, list);
        if let Some(span) = &mut self.spans[local.index()] {
            span.assigned += 1;
        }
    }

    fn occurs(&mut self, local: Local, first: u32, list: usize) {
        let around = self.open.first().copied();
        let new = Span { first, last: self.at, assigned: 0, list, around, behind: None };
        let span = self.spans[local.index()].get_or_insert(new);
        span.last = self.at;
        let (loops, first) = (&self.loops, span.first);
        let behind = self.open.partition_point(|index| loops[*index].0 <= first);
        span.behind = self.open.get(behind).copied();
    }

    /// From where to where a local lives.
    fn life(&self, span: &Span) -> (u32, u32) {
        let end = |index: Option<usize>| index.map_or(0, |index| self.loops[index].1);
        let last = span.last.max(end(span.behind));
        match span.around {
            Some(around) if last > self.lists[span.list] => {
                (self.loops[around].0.min(span.first), last.max(self.loops[around].1))
            }
            _ => (span.first, last),
        }
    }

    fn count(&self) -> u64 {
        let lives: Vec<_> = self.spans.iter().map(|span| span.map(|span| self.life(&span))).collect();
        let within = |places: &[u32], (from, to): (u32, u32)| {
            let at = |place| places.partition_point(|other| *other <= place);
            at(to).saturating_sub(at(from)) as u64
        };
        let joins = |life| (within(&self.joins, life), within(&self.headers, life));
        let crossed = lives.iter().zip(&self.spans).filter_map(|(life, span)| {
            let (joins, headers) = joins((*life)?);
            let meetings = (joins + headers).min(u64::from((*span)?.assigned));
            Some(joins + LOOP * headers + meetings * meetings / MEETINGS)
        });
        let counted = self.counted.iter().map(|index| {
            let (joins, headers) = joins(self.loops[*index]);
            COUNTERS * (joins + LOOP * headers)
        });
        let changed = self.loops.iter().zip(&self.headers).map(|((_, end), header)| {
            let place = |place: u32| self.sets.partition_point(|(at, _)| *at < place);
            let mut locals: Vec<Local> =
                self.sets[place(*header)..place(*end)].iter().map(|(_, local)| *local).collect();
            locals.sort_unstable_by_key(|local| local.0);
            locals.dedup();
            let crosses = |local: &&Local| {
                lives[local.index()].is_some_and(|(from, to)| from < *header && *header < to)
            };
            let changed = locals.iter().filter(crosses).count() as u64;
            changed * changed / PAIRS
        });
        let loops = ITSELF * self.loops.len() as u64;
        crossed.chain(counted).chain(changed).fold(loops, u64::saturating_add)
    }
}

/// Whether the code generator begins a block behind or inside a statement.
fn branches(stmt: &Stmt) -> bool {
    matches!(
        stmt,
        Stmt::If { .. } | Stmt::Block { .. } | Stmt::Loop { .. } | Stmt::For { .. } | Stmt::Check { .. }
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ir::{Inline, LocalDecl, Ty};

    fn count(locals: u32, body: Vec<Stmt>) -> u64 {
        load_of(locals, body).crossings
    }

    fn behind_branches(locals: u32, body: Vec<Stmt>) -> u64 {
        load_of(locals, body).behind_branches
    }

    /// What a function is whose first local is a parameter.
    fn load_of(locals: u32, body: Vec<Stmt>) -> Load {
        let local = |_| LocalDecl { ty: Ty::I64, name: String::new() };
        let function = Function {
            name: "f".to_owned(),
            params: 1,
            results: vec![Ty::I64],
            locals: (0..locals).map(local).collect(),
            body,
            labels: 9,
            inline: Inline::Auto,
        };
        load(&function)
    }

    const N: Local = Local(0);
    const X: Local = Local(1);

    fn set(local: Local) -> Stmt {
        Stmt::Set(local, Expr::I64(1))
    }

    fn read(local: Local) -> Stmt {
        Stmt::Return(vec![Expr::Local(local)])
    }

    fn branch(then: Vec<Stmt>, orelse: Vec<Stmt>) -> Stmt {
        Stmt::If { cond: Expr::I32(1), then, orelse }
    }

    fn forever(label: u32, body: Vec<Stmt>) -> Stmt {
        Stmt::Loop { label: Label(label), body }
    }

    #[test]
    fn what_lives_across_a_place_crosses_it() {
        let branches = || branch(vec![set(Local(2))], vec![]);
        assert_eq!(count(3, vec![branches()]), 0, "nothing is used behind it");
        assert_eq!(count(3, vec![branches(), read(N)]), 1);
        assert_eq!(count(3, vec![branches(), branches(), read(N)]), 2 + 1, "the other crosses one");
        assert_eq!(count(3, vec![set(X), branches(), read(X)]), 1);
        assert_eq!(count(3, vec![branches(), set(X), read(X)]), 0);
        let raising = branch(vec![read(N)], vec![]);
        assert_eq!(count(3, vec![set(X), raising, read(X)]), 0, "one path alone comes out of it");
        assert_eq!(count(3, vec![branches(), read(X)]), 1, "what was never assigned lives from the start");
    }

    #[test]
    fn what_a_loop_uses_lives_around_it() {
        let around = |inside: Vec<Stmt>| count(3, vec![set(X), forever(0, inside)]);
        assert_eq!(around(vec![set(Local(2))]), ITSELF);
        assert_eq!(around(vec![Stmt::Set(Local(2), Expr::Local(X))]), ITSELF + LOOP);
        let branches = || branch(vec![], vec![]);
        assert_eq!(
            around(vec![Stmt::Set(Local(2), Expr::Local(X)), branches()]),
            ITSELF + LOOP + 1,
            "and back again"
        );
        let own = vec![set(Local(2)), branches(), Stmt::Set(Local(2), Expr::Local(Local(2)))];
        assert_eq!(around(own), ITSELF + 1, "assigned anew in each round");
        let sometimes = vec![branch(vec![set(Local(2))], vec![]), Stmt::Set(X, Expr::Local(Local(2)))];
        assert_eq!(count(3, vec![forever(0, sometimes)]), ITSELF + LOOP + 1, "else as in the round before");
    }

    #[test]
    fn counted_loops_count_for_themselves() {
        let counted = |label, body| Stmt::For {
            label: Label(label),
            var: Local(1 + label),
            start: Expr::I64(0),
            stop: Expr::I64(9),
            step: 1,
            body,
        };
        let alone = ITSELF + COUNTERS * LOOP;
        assert_eq!(count(3, vec![counted(0, vec![])]), alone);
        assert_eq!(count(3, vec![counted(0, vec![]), counted(1, vec![])]), 2 * alone);
        let inner = vec![counted(1, vec![])];
        assert!(count(3, vec![counted(0, inner)]) > 2 * alone, "the outer one crosses the inner one");
    }

    #[test]
    fn what_a_loop_changes_is_in_each_others_way() {
        let with = |changed: u32| {
            let vars = || (1..=changed).map(Local);
            let change = vars().map(|v| Stmt::Set(v, Expr::Local(v))).collect();
            count(changed + 1, vars().map(set).chain([forever(0, change)]).collect())
        };
        let each = |n: u64| ITSELF + n * LOOP + n * n / PAIRS;
        assert_eq!((with(1), with(100)), (each(1), each(100)));
        let meeting = |n: usize| {
            let change = (0..n).map(|_| branch(vec![set(X)], vec![])).collect();
            let body: Vec<Stmt> = [vec![set(X)], change, vec![read(X)]].concat();
            count(2, body)
        };
        assert_eq!((meeting(1), meeting(100)), (1, 100 + 100 * 100 / MEETINGS));
    }

    #[test]
    fn operations_count_for_the_branches_before_them() {
        let behind = |branches: usize| {
            let before = (0..branches).map(|_| branch(vec![set(X)], vec![]));
            behind_branches(2, before.chain([read(X)]).collect())
        };
        assert_eq!(behind(1), 0, "few are nothing");
        let (some, twice) = (behind(1_000), behind(2_000));
        assert!(
            some > 1_000 * 1_000 / 2 / BRANCHES,
            "each branch is an operation behind those before it: {some}"
        );
        assert!((some * 7 / 2..=some * 9 / 2).contains(&twice), "their square: {some}, {twice}");
    }
}
