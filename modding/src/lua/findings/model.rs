//! The names of a mod's scripts: what is declared, what is written, what is called from where.

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use std::sync::Arc;

/// A script and its text.
#[derive(Clone, Debug)]
pub(super) struct Script {
    pub(super) file: Arc<str>,
    pub(super) source: Arc<str>,
}

/// A function, by the order in which functions begin; the code of a file is one.
pub(super) type FunctionId = usize;

/// A variable, by the order in which variables are met.
pub(super) type BindingId = usize;

/// A stretch of a script.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Span {
    pub(super) script: usize,
    pub(super) bytes: (usize, usize),
}

/// A variable with the names that follow it: `cache.by_id[id]` is `cache`, `by_id` and something.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Chain {
    pub(super) root: BindingId,
    /// Names; None for a key that is not written out.
    pub(super) keys: Vec<Option<String>>,
}

/// A variable.
#[derive(Clone, Debug)]
pub(super) struct Binding {
    pub(super) name: String,
    /// Where it is declared; None for a global.
    pub(super) declared: Option<Span>,
    /// The function that declares it; None for a global.
    pub(super) function: Option<FunctionId>,
    /// What it is another name for.
    pub(super) alias: Option<Chain>,
    /// The statement `local name = value` that is all about it, and the value.
    pub(super) statement: Option<(Span, Option<Span>)>,
    /// Whether its first value tells the tick.
    pub(super) tells_tick: bool,
    /// Whether it is a parameter.
    pub(super) parameter: bool,
}

/// When code runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Role {
    /// As a handler, a timer, an exported function, or in a way that cannot be told.
    Running,
    /// As a handler of `mod_loaded`.
    Loaded,
    /// As a handler of `mod_unloaded`.
    Unloading,
    /// As a migration.
    Migrating,
}

/// How a function is named.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Callee {
    Function(FunctionId),
    Chain(Chain),
}

/// What is done with a function.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Use {
    /// Called by another.
    CalledBy(FunctionId),
    /// Handed over to be called.
    Given(Role),
}

/// How a variable, or a table in it, is written.
#[derive(Clone, Debug)]
pub(super) struct Write {
    /// What is written; aliases are resolved.
    pub(super) target: Chain,
    /// Whether the variable itself gets another value.
    pub(super) whole: bool,
    /// Whether it is `x = x + 1` in another form.
    pub(super) compound: bool,
    /// The statement or the call.
    pub(super) span: Span,
    /// What is assigned.
    pub(super) value: Option<Span>,
    pub(super) function: FunctionId,
}

/// A call of a function of the host or of the library.
#[derive(Clone, Debug)]
pub(super) struct Call {
    /// `colony.events.register`, `coroutine.wrap`.
    pub(super) path: String,
    pub(super) span: Span,
    pub(super) arguments: Option<Span>,
    pub(super) function: FunctionId,
    /// Whether it hands over a function.
    pub(super) gives_function: bool,
    /// The condition on the reason of loading that it stands under.
    pub(super) under_reason: Option<Span>,
}

/// A name of a variable in the code.
#[derive(Clone, Debug)]
pub(super) struct Reference {
    pub(super) binding: BindingId,
    pub(super) span: Span,
    pub(super) function: FunctionId,
}

/// See the [module](self).
#[derive(Debug, Default)]
pub(super) struct Model {
    pub(super) bindings: Vec<Binding>,
    pub(super) globals: BTreeMap<String, BindingId>,
    /// The functions that are the code of a file.
    pub(super) chunks: BTreeSet<FunctionId>,
    pub(super) functions: usize,
    pub(super) uses: Vec<(Callee, Use)>,
    pub(super) named_functions: Vec<(Chain, FunctionId)>,
    /// Variables that are handed on as a whole.
    pub(super) handed_on: BTreeSet<BindingId>,
    pub(super) writes: Vec<Write>,
    pub(super) calls: Vec<Call>,
    pub(super) references: Vec<Reference>,
    /// Every name of something below `colony`, with the names as far as they are written out.
    pub(super) host_names: Vec<(String, Span)>,
    /// Whether something below `colony` is reached in a way that cannot be followed.
    pub(super) host_names_hidden: bool,
    /// Expressions that tell the tick.
    pub(super) ticks: Vec<Span>,
    /// Keys `__mode`.
    pub(super) weak_keys: Vec<Span>,
    /// Tables that are arguments of `colony.state.define`: their opening brace, and their names.
    pub(super) defines: Vec<(Span, Vec<String>)>,
    pub(super) events: BTreeSet<String>,
    /// Functions that the host is given, with what calls them.
    pub(super) handlers: Vec<(Callee, String)>,
    /// What each function is called by, at last, once that is settled.
    causes: BTreeMap<FunctionId, String>,
    /// When each function runs, once that is settled.
    roles: BTreeMap<FunctionId, BTreeSet<Role>>,
    /// Functions that run while the mod loads, once that is settled.
    loading: BTreeSet<FunctionId>,
}

impl Span {
    /// Whether the other one is in it.
    pub(super) fn contains(&self, other: &Span) -> bool {
        self.script == other.script
            && self.bytes.0 <= other.bytes.0
            && other.bytes.1 <= self.bytes.1
    }

    pub(super) fn range(&self) -> Range<usize> {
        self.bytes.0..self.bytes.1
    }
}

impl Chain {
    /// A chain below this one.
    pub(super) fn below(&self, keys: &[Option<String>]) -> Chain {
        let keys = self.keys.iter().chain(keys).cloned().collect();
        Chain {
            root: self.root,
            keys,
        }
    }
}

impl Model {
    /// The variable of a global name.
    pub(super) fn global(&mut self, name: &str) -> BindingId {
        if let Some(known) = self.globals.get(name) {
            return *known;
        }
        let binding = self.bind(Binding {
            name: name.to_owned(),
            declared: None,
            function: None,
            alias: None,
            statement: None,
            tells_tick: false,
            parameter: false,
        });
        self.globals.insert(name.to_owned(), binding);
        binding
    }

    pub(super) fn bind(&mut self, binding: Binding) -> BindingId {
        self.bindings.push(binding);
        self.bindings.len() - 1
    }

    /// The chain with other names of variables replaced by what they stand for.
    pub(super) fn resolved(&self, chain: &Chain) -> Chain {
        let mut chain = chain.clone();
        // An alias is of a variable that was there before it, so this ends.
        while let Some(alias) = &self.bindings[chain.root].alias {
            chain = alias.below(&chain.keys);
        }
        chain
    }

    /// The dotted path of a global and the names that follow it, if all are written out.
    pub(super) fn global_path(&self, chain: &Chain) -> Option<String> {
        let chain = self.resolved(chain);
        let root = &self.bindings[chain.root];
        if root.function.is_some() {
            return None;
        }
        let mut path = root.name.clone();
        for key in &chain.keys {
            path.push('.');
            path.push_str(key.as_deref()?);
        }
        Some(path)
    }

    /// Works out when each function runs.
    pub(super) fn settle(&mut self) {
        let mut pending: Vec<(FunctionId, Role)> = Vec::new();
        let mut calls: BTreeSet<(FunctionId, FunctionId)> = BTreeSet::new();
        for (callee, use_) in &self.uses {
            for function in self.called(callee) {
                match use_ {
                    Use::CalledBy(caller) => _ = calls.insert((*caller, function)),
                    Use::Given(role) => pending.push((function, *role)),
                }
            }
        }
        for (chain, function) in &self.named_functions {
            if !chain.keys.is_empty() && self.handed_on.contains(&chain.root) {
                pending.push((*function, Role::Running));
            }
        }
        while let Some((function, role)) = pending.pop() {
            if self.roles.entry(function).or_default().insert(role) {
                let callees = calls.range((function, 0)..=(function, FunctionId::MAX));
                pending.extend(callees.map(|(_, callee)| (*callee, role)));
            }
        }
        let handlers = self.handlers.iter().rev();
        let mut caused: Vec<(FunctionId, String)> = handlers
            .flat_map(|(callee, cause)| {
                let functions = self.called(callee).into_iter();
                functions.map(|function| (function, cause.clone()))
            })
            .collect();
        while let Some((function, cause)) = caused.pop() {
            if let Entry::Vacant(entry) = self.causes.entry(function) {
                let callees = calls.range((function, 0)..=(function, FunctionId::MAX));
                caused.extend(callees.map(|(_, callee)| (*callee, cause.clone())));
                entry.insert(cause);
            }
        }
        let of_role = |role: Role| {
            let functions = self
                .roles
                .iter()
                .filter(move |(_, roles)| roles.contains(&role));
            functions.map(|(function, _)| *function)
        };
        let mut pending: Vec<FunctionId> = self
            .chunks
            .iter()
            .copied()
            .chain(of_role(Role::Loaded))
            .collect();
        while let Some(function) = pending.pop() {
            if self.loading.insert(function) {
                let callees = calls.range((function, 0)..=(function, FunctionId::MAX));
                pending.extend(callees.map(|(_, callee)| *callee));
            }
        }
    }

    fn called(&self, callee: &Callee) -> Vec<FunctionId> {
        match callee {
            Callee::Function(function) => vec![*function],
            Callee::Chain(chain) => {
                let chain = self.resolved(chain);
                let named = self
                    .named_functions
                    .iter()
                    .filter(|(name, _)| *name == chain);
                named.map(|(_, function)| *function).collect()
            }
        }
    }

    /// What calls a function, at last: an event, a timer.
    pub(super) fn cause(&self, function: FunctionId) -> Option<&str> {
        self.causes.get(&function).map(String::as_str)
    }

    /// Whether a function runs in this role.
    pub(super) fn runs_as(&self, function: FunctionId, role: Role) -> bool {
        self.roles
            .get(&function)
            .is_some_and(|roles| roles.contains(&role))
    }

    /// Whether a function runs while the mod loads.
    pub(super) fn loads(&self, function: FunctionId) -> bool {
        self.loading.contains(&function)
    }

    /// Whether a variable outlives the call that makes it, and starts again at every reload: it is made while the mod loads.
    /// A global does if a script of the mod makes it.
    pub(super) fn starts_again(&self, binding: BindingId) -> bool {
        match self.bindings[binding].function {
            Some(function) => self.loads(function),
            None => self
                .writes
                .iter()
                .any(|write| write.whole && write.target.root == binding),
        }
    }

    /// Whether a write is one of a running mod, to a variable that is not of the function itself.
    pub(super) fn keeps(&self, write: &Write) -> bool {
        let binding = &self.bindings[write.target.root];
        self.runs_as(write.function, Role::Running)
            && binding.function != Some(write.function)
            && self.starts_again(write.target.root)
    }

    /// Whether an expression tells the tick.
    pub(super) fn tells_tick(&self, span: &Span) -> bool {
        let named = self
            .references
            .iter()
            .filter(|reference| self.bindings[reference.binding].tells_tick);
        self.ticks
            .iter()
            .chain(named.map(|reference| &reference.span))
            .any(|tick| span.contains(tick))
    }
}
