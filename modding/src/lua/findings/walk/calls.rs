//! Calls: of functions of the mod, of the library, and of the host, which is given functions to call later.

use full_moon::ast::{
    Call as CallSuffix, Expression, Field, FunctionArgs, FunctionCall, Prefix, Suffix,
    TableConstructor,
};

use super::super::model::{Call, Callee, Chain, Role, Span, Use};
use super::{Walker, string, text};

/// Functions of the library that write into their first argument.
const WRITERS: [&str; 6] = [
    "table.insert",
    "table.remove",
    "table.sort",
    "table.clear",
    "rawset",
    "table.move",
];

impl Walker<'_> {
    pub(super) fn call(&mut self, call: &FunctionCall) {
        let suffixes: Vec<&Suffix> = call.suffixes().collect();
        if let (Prefix::Expression(expression), Some(Suffix::Call(arguments))) =
            (call.prefix(), suffixes.first())
            && let Expression::Parentheses { expression, .. } = &**expression
            && let Expression::Function(function) = &**expression
        {
            // A function that is called where it stands.
            let id = self.function_body(function.body(), None);
            self.model
                .uses
                .push((Callee::Function(id), Use::CalledBy(self.function)));
            self.arguments(arguments, None);
            return;
        }
        self.chain(call.prefix(), &suffixes);
    }

    pub(super) fn called(&mut self, chain: Option<Chain>, callee: &Span, call: &CallSuffix) {
        let Some(mut chain) = chain else {
            self.arguments(call, None);
            return;
        };
        if let CallSuffix::MethodCall(method) = call {
            chain.keys.push(Some(text(method.name())));
        }
        self.note_host_name(&chain, callee.clone());
        let path = self.model.global_path(&chain);
        self.model
            .uses
            .push((Callee::Chain(chain), Use::CalledBy(self.function)));
        let arguments = self.span(call);
        let gives_function = self.arguments(call, path.as_deref());
        if let Some(path) = path {
            self.model.calls.push(Call {
                path,
                span: Span {
                    script: self.script,
                    bytes: (callee.bytes.0, arguments.bytes.1),
                },
                arguments: Some(arguments),
                function: self.function,
                gives_function,
                under_reason: self.under_reason.last().cloned(),
            });
        }
    }

    /// The arguments of a call of `path`, and whether the host is given a function by it.
    pub(super) fn arguments(&mut self, call: &CallSuffix, path: Option<&str>) -> bool {
        let arguments = match call {
            CallSuffix::AnonymousCall(arguments) => arguments,
            CallSuffix::MethodCall(method) => method.args(),
            _ => return false,
        };
        let list: Vec<&Expression> = match arguments {
            FunctionArgs::Parentheses { arguments, .. } => arguments.iter().collect(),
            FunctionArgs::TableConstructor(table) => {
                self.note_define(path, table);
                self.table(table, false);
                return false;
            }
            _ => return false,
        };
        let event = match (path, list.first()) {
            (Some("colony.events.register"), Some(Expression::String(token))) => string(token),
            _ => None,
        };
        self.model.events.extend(event.clone());
        let given = path.and_then(|path| given_function(path, event.as_deref()));
        let name = list.first().and_then(|name| match name {
            Expression::String(token) => string(token),
            _ => None,
        });
        let cause = path.zip(name).and_then(|(path, name)| cause(path, &name));
        let mut gives_function = false;
        for (at, argument) in list.iter().enumerate() {
            match (given, argument) {
                (Some((position, role)), _) if position == at => {
                    gives_function = self.give(argument, role, cause.clone());
                }
                (_, Expression::TableConstructor(table)) => {
                    self.note_define(path, table);
                    self.table(table, false);
                }
                _ => self.argument(argument, at, path, call),
            }
        }
        gives_function
    }

    pub(super) fn argument(
        &mut self,
        argument: &Expression,
        at: usize,
        path: Option<&str>,
        call: &CallSuffix,
    ) {
        let target = if path == Some("table.move") { 4 } else { 0 };
        let writes = path.is_some_and(|path| WRITERS.contains(&path)) && at == target;
        match argument {
            Expression::Var(var) if writes => {
                if let Some(chain) = self.chain_of(var) {
                    let span = self.span(call);
                    self.note_write(chain, false, false, span, None);
                }
            }
            argument => self.expression(argument),
        }
    }

    /// A function that the host is given.
    pub(super) fn give(
        &mut self,
        argument: &Expression,
        role: Role,
        cause: Option<String>,
    ) -> bool {
        match argument {
            Expression::Function(function) => {
                let id = self.function_body(function.body(), None);
                let callee = Callee::Function(id);
                let cause = cause.map(|cause| (callee.clone(), cause));
                self.model.handlers.extend(cause);
                self.model.uses.push((callee, Use::Given(role)));
                true
            }
            Expression::Var(var) => {
                if let Some(chain) = self.chain_of(var) {
                    let is_function = self
                        .model
                        .named_functions
                        .iter()
                        .any(|(name, _)| *name == chain);
                    let cause = cause.map(|cause| (Callee::Chain(chain.clone()), cause));
                    self.model.handlers.extend(cause);
                    self.hand_on(&chain, role);
                    return is_function;
                }
                false
            }
            other => {
                self.expression(other);
                false
            }
        }
    }

    pub(super) fn note_define(&mut self, path: Option<&str>, table: &TableConstructor) {
        if path != Some("colony.state.define") {
            return;
        }
        let brace = self.span(table.braces().tokens().0);
        let names = table.fields().iter().filter_map(|field| match field {
            Field::NameKey { key, .. } => Some(text(key)),
            _ => None,
        });
        self.model.defines.push((brace, names.collect()));
    }
}

/// The argument of a function of the host that is a function, and when it is called.
fn given_function(path: &str, event: Option<&str>) -> Option<(usize, Role)> {
    match path {
        "colony.events.register" => Some((
            1,
            match event {
                Some("mod_loaded") => Role::Loaded,
                Some("mod_unloaded") => Role::Unloading,
                _ => Role::Running,
            },
        )),
        "colony.time.after" | "colony.time.every" => Some((2, Role::Running)),
        "colony.time.declare" | "colony.mods.export" => Some((1, Role::Running)),
        "colony.state.migrate" => Some((1, Role::Migrating)),
        _ => None,
    }
}

/// What calls a function that the host is given with a name.
fn cause(path: &str, name: &str) -> Option<String> {
    match path {
        "colony.events.register" => Some(name.to_owned()),
        "colony.time.after" | "colony.time.every" | "colony.time.declare" => {
            Some(format!("timer `{name}`"))
        }
        "colony.mods.export" => Some(format!("callers of `{name}`")),
        _ => None,
    }
}

pub(super) fn first_argument(call: &FunctionCall) -> Option<&Expression> {
    let mut suffixes = call.suffixes();
    match (suffixes.next(), suffixes.next()) {
        (Some(Suffix::Call(CallSuffix::AnonymousCall(arguments))), None) => match &**arguments {
            FunctionArgs::Parentheses { arguments, .. } => arguments.iter().next(),
            _ => None,
        },
        _ => None,
    }
}
