//! Expressions: which variables and which names of the host stand in them, and where their values go.

use full_moon::ast::punctuated::Punctuated;
use full_moon::ast::{Expression, Field, Index, Prefix, Suffix, TableConstructor, Var};

use super::super::model::{Callee, Chain, Role, Span, Use};
use super::{Walker, string, text};

impl Walker<'_> {
    pub(super) fn expressions(&mut self, expressions: &Punctuated<Expression>) {
        expressions
            .iter()
            .for_each(|expression| self.expression(expression));
    }

    /// An expression whose value goes somewhere.
    pub(super) fn expression(&mut self, expression: &Expression) {
        match expression {
            Expression::BinaryOperator { lhs, rhs, .. } => {
                self.expression(lhs);
                self.expression(rhs);
            }
            Expression::Parentheses { expression, .. }
            | Expression::UnaryOperator { expression, .. }
            | Expression::TypeAssertion { expression, .. } => self.expression(expression),
            Expression::Function(function) => {
                let id = self.function_body(function.body(), None);
                self.model
                    .uses
                    .push((Callee::Function(id), Use::Given(Role::Running)));
            }
            Expression::FunctionCall(call) => self.call(call),
            Expression::IfExpression(node) => {
                self.expression(node.condition());
                self.expression(node.if_expression());
                for other in node.else_if_expressions().into_iter().flatten() {
                    self.expression(other.condition());
                    self.expression(other.expression());
                }
                self.expression(node.else_expression());
            }
            Expression::InterpolatedString(node) => {
                node.expressions().for_each(|inner| self.expression(inner))
            }
            Expression::TableConstructor(table) => self.table(table, false),
            Expression::Var(var) => self.value_of(var),
            _ => {}
        }
    }

    pub(super) fn table(&mut self, table: &TableConstructor, functions_have_names: bool) {
        for field in table.fields() {
            let value = match field {
                Field::ExpressionKey { key, value, .. } => {
                    self.note_weak(key);
                    self.expression(key);
                    value
                }
                Field::NameKey { key, value, .. } => {
                    if text(key) == "__mode" {
                        let span = self.span(key);
                        self.model.weak_keys.push(span);
                    }
                    if functions_have_names && matches!(&**value, Expression::Function(_)) {
                        continue;
                    }
                    value
                }
                Field::NoKey(value) => value,
                _ => continue,
            };
            self.expression(value);
        }
    }

    pub(super) fn note_weak(&mut self, key: &Expression) {
        if let Expression::String(token) = key
            && string(token).as_deref() == Some("__mode")
        {
            let span = self.span(token);
            self.model.weak_keys.push(span);
        }
    }

    /// A variable whose value goes somewhere.
    pub(super) fn value_of(&mut self, var: &Var) {
        let Some(chain) = self.chain_of(var) else {
            return;
        };
        self.hand_on(&chain, Role::Running);
    }

    /// What is handed on can be called and written by anybody.
    pub(super) fn hand_on(&mut self, chain: &Chain, role: Role) {
        if chain.keys.is_empty() {
            self.model.handed_on.insert(chain.root);
        }
        if self
            .model
            .global_path(chain)
            .is_some_and(|path| path == "colony" || is_module(&path))
        {
            self.model.host_names_hidden = true;
        }
        self.model
            .uses
            .push((Callee::Chain(chain.clone()), Use::Given(role)));
    }

    /// The chain of a variable; None where a call is part of it. What stands in it is noted.
    pub(super) fn chain_of(&mut self, var: &Var) -> Option<Chain> {
        match var {
            Var::Name(name) => {
                let root = self.named(name);
                let chain = Chain {
                    root,
                    keys: Vec::new(),
                };
                Some(chain)
            }
            Var::Expression(node) => {
                let suffixes: Vec<&Suffix> = node.suffixes().collect();
                self.chain(node.prefix(), &suffixes)
            }
            _ => None,
        }
    }

    pub(super) fn chain(&mut self, prefix: &Prefix, suffixes: &[&Suffix]) -> Option<Chain> {
        let mut chain = match prefix {
            Prefix::Name(name) => Some(Chain {
                root: self.named(name),
                keys: Vec::new(),
            }),
            Prefix::Expression(expression) => {
                self.expression(expression);
                None
            }
            _ => None,
        };
        let start = self.span(prefix).bytes.0;
        for (at, suffix) in suffixes.iter().enumerate() {
            match suffix {
                Suffix::Index(index) => {
                    let key = self.key(index);
                    if let Some(chain) = &mut chain {
                        chain.keys.push(key);
                    }
                }
                Suffix::Call(call) => {
                    let end = suffixes[..at]
                        .last()
                        .map_or(self.span(prefix).bytes.1, |suffix| {
                            self.span(*suffix).bytes.1
                        });
                    let callee = Span {
                        script: self.script,
                        bytes: (start, end),
                    };
                    self.called(chain.take(), &callee, call);
                }
                _ => {}
            }
        }
        if let Some(chain) = &chain {
            let end = suffixes.last().map_or(self.span(prefix).bytes.1, |suffix| {
                self.span(*suffix).bytes.1
            });
            self.note_host_name(
                chain,
                Span {
                    script: self.script,
                    bytes: (start, end),
                },
            );
        }
        chain
    }

    pub(super) fn key(&mut self, index: &Index) -> Option<String> {
        match index {
            Index::Dot { name, .. } => {
                if text(name) == "__mode" {
                    let span = self.span(name);
                    self.model.weak_keys.push(span);
                }
                Some(text(name))
            }
            Index::Brackets { expression, .. } => {
                self.note_weak(expression);
                self.expression(expression);
                match &**expression {
                    Expression::String(token) => string(token),
                    _ => None,
                }
            }
            _ => None,
        }
    }

    /// Notes a name below `colony`, and what tells the tick: `colony.time.get_current_tick`, `event.tick`.
    pub(super) fn note_host_name(&mut self, chain: &Chain, span: Span) {
        let resolved = self.model.resolved(chain);
        let root = &self.model.bindings[resolved.root];
        if root.parameter && resolved.keys == [Some("tick".to_owned())] {
            self.model.ticks.push(span);
            return;
        }
        if root.function.is_some() || root.name != "colony" {
            return;
        }
        if resolved.keys.iter().take(2).any(Option::is_none)
            && resolved.keys.first() != Some(&Some("storage".to_owned()))
        {
            self.model.host_names_hidden = true;
        }
        if let Some(path) = self.model.global_path(chain) {
            if path == "colony.time.get_current_tick" {
                self.model.ticks.push(span.clone());
            }
            self.model.host_names.push((path, span));
        }
    }
}

/// Whether a path is that of a group of functions: `colony.jobs`.
fn is_module(path: &str) -> bool {
    let name = path.strip_prefix("colony.");
    name.is_some_and(|name| {
        let functions = crate::api::functions();
        functions
            .filter_map(|function| function.name.split_once('.'))
            .any(|(module, _)| module == name)
    })
}
