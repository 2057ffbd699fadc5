//! Goes through a script and notes its names in the [`Model`].

mod calls;
mod expressions;

use full_moon::ast::punctuated::Punctuated;
use full_moon::ast::{
    Ast, Block, Expression, Field, FunctionBody, If, LastStmt, Parameter, Stmt, TableConstructor,
    Var,
};
use full_moon::node::Node;
use full_moon::tokenizer::TokenReference;

use super::super::source::span;
use super::model::{
    Binding, BindingId, Callee, Chain, FunctionId, Model, Reference, Role, Span, Use, Write,
};
use calls::first_argument;

/// Notes the names of a script.
pub(super) fn walk(model: &mut Model, script: usize, ast: &Ast) {
    let chunk = model.functions;
    model.functions += 1;
    model.chunks.insert(chunk);
    let mut walker = Walker {
        model,
        script,
        scopes: vec![Vec::new()],
        function: chunk,
        under_reason: Vec::new(),
    };
    walker.block(ast.nodes());
}

struct Walker<'a> {
    model: &'a mut Model,
    script: usize,
    /// The variables that can be seen, innermost last.
    scopes: Vec<Vec<(String, BindingId)>>,
    function: FunctionId,
    /// Conditions on the reason of loading around here, in this function.
    under_reason: Vec<Span>,
}

impl Walker<'_> {
    fn span(&self, node: &impl Node) -> Span {
        let range = span(node);
        Span {
            script: self.script,
            bytes: (range.start, range.end),
        }
    }

    fn declare(&mut self, token: &TokenReference) -> BindingId {
        let name = text(token);
        let binding = self.model.bind(Binding {
            name: name.clone(),
            declared: Some(self.span(token)),
            function: Some(self.function),
            alias: None,
            statement: None,
            tells_tick: false,
            parameter: false,
        });
        if let Some(scope) = self.scopes.last_mut() {
            scope.push((name, binding));
        }
        binding
    }

    /// The variable of a name, which is noted as a reference to it.
    fn named(&mut self, token: &TokenReference) -> BindingId {
        let name = text(token);
        let mut seen = self
            .scopes
            .iter()
            .rev()
            .flat_map(|scope| scope.iter().rev());
        let found = seen
            .find(|(other, _)| *other == name)
            .map(|(_, binding)| *binding);
        let binding = found.unwrap_or_else(|| self.model.global(&name));
        self.model.references.push(Reference {
            binding,
            span: self.span(token),
            function: self.function,
        });
        binding
    }

    fn scoped(&mut self, body: impl FnOnce(&mut Self)) {
        self.scopes.push(Vec::new());
        body(self);
        self.scopes.pop();
    }

    fn block(&mut self, block: &Block) {
        let conditions = self.under_reason.len();
        for statement in block.stmts() {
            self.statement(statement);
            // `if event.reason ~= "start" then return end` is a condition on all that follows.
            if let Stmt::If(node) = statement
                && is_about_reason(node.condition())
                && matches!(node.block().last_stmt(), Some(LastStmt::Return(_)))
            {
                let condition = self.span(node.condition());
                self.under_reason.push(condition);
            }
        }
        if let Some(LastStmt::Return(node)) = block.last_stmt() {
            self.expressions(node.returns());
        }
        self.under_reason.truncate(conditions);
    }

    fn inner_block(&mut self, block: &Block) {
        self.scoped(|walker| walker.block(block));
    }

    fn statement(&mut self, statement: &Stmt) {
        match statement {
            Stmt::Assignment(node) => {
                let values: Vec<&Expression> = node.expressions().iter().collect();
                for (at, target) in node.variables().iter().enumerate() {
                    let only = node.variables().len() == 1 && values.len() == 1;
                    let value = values.get(at).map(|value| self.span(*value));
                    self.write(target, self.span(node), value, false);
                    match (values.get(at), only) {
                        (Some(Expression::Function(function)), _) => {
                            let id = self.function_body(function.body(), None);
                            self.name_function(target, id);
                        }
                        (Some(value), _) => self.expression(value),
                        (None, _) => {}
                    }
                }
                values
                    .iter()
                    .skip(node.variables().len())
                    .for_each(|value| self.expression(value));
            }
            Stmt::CompoundAssignment(node) => {
                let value = Some(self.span(node.rhs()));
                self.write(node.lhs(), self.span(&**node), value, true);
                self.expression(node.rhs());
            }
            Stmt::Do(node) => self.inner_block(node.block()),
            Stmt::FunctionCall(node) => self.call(node),
            Stmt::FunctionDeclaration(node) => self.function_declaration(node),
            Stmt::GenericFor(node) => self.generic_for(node),
            Stmt::If(node) => self.if_statement(node),
            Stmt::LocalAssignment(node) => {
                self.local_assignment(statement, node.names(), node.expressions());
            }
            Stmt::ConstAssignment(node) => {
                self.local_assignment(statement, node.names(), node.expressions());
            }
            Stmt::LocalFunction(node) => self.local_function(node.name(), node.body()),
            Stmt::ConstFunction(node) => self.local_function(node.name(), node.body()),
            Stmt::NumericFor(node) => {
                self.expression(node.start());
                self.expression(node.end());
                node.step()
                    .into_iter()
                    .for_each(|step| self.expression(step));
                self.scoped(|walker| {
                    walker.declare(node.index_variable());
                    walker.block(node.block());
                });
            }
            Stmt::Repeat(node) => self.scoped(|walker| {
                walker.block(node.block());
                walker.expression(node.until());
            }),
            Stmt::While(node) => {
                self.expression(node.condition());
                self.inner_block(node.block());
            }
            _ => {}
        }
    }

    fn local_assignment(
        &mut self,
        statement: &Stmt,
        names: &Punctuated<TokenReference>,
        values: &Punctuated<Expression>,
    ) {
        let values: Vec<&Expression> = values.iter().collect();
        let mut declared = Vec::new();
        for (at, name) in names.iter().enumerate() {
            let value = values.get(at).copied();
            let alias = value.and_then(|value| self.alias(value));
            let function = match value {
                Some(Expression::Function(function)) => {
                    Some(self.function_body(function.body(), None))
                }
                Some(value) if alias.is_none() => {
                    self.expression_of_local(value);
                    None
                }
                _ => None,
            };
            declared.push((name, value, alias, function));
        }
        values
            .iter()
            .skip(names.len())
            .for_each(|value| self.expression(value));
        let only = names.len() == 1 && values.len() <= 1;
        for (name, value, alias, function) in declared {
            let span_of_value = value.map(|value| self.span(value));
            let binding = self.declare(name);
            if let Some(Expression::TableConstructor(table)) = value {
                self.name_fields(binding, table);
            }
            let tells_tick = span_of_value
                .as_ref()
                .is_some_and(|span| self.model.tells_tick(span));
            let statement = only.then(|| (self.span(statement), span_of_value));
            let made = &mut self.model.bindings[binding];
            made.alias = alias;
            made.statement = statement;
            made.tells_tick = tells_tick;
            if let Some(function) = function {
                let chain = Chain {
                    root: binding,
                    keys: Vec::new(),
                };
                self.model.named_functions.push((chain, function));
            }
        }
    }

    /// The value of a new variable: functions in a table have a name once the variable has.
    fn expression_of_local(&mut self, value: &Expression) {
        match value {
            Expression::TableConstructor(table) => self.table(table, true),
            value => self.expression(value),
        }
    }

    fn name_fields(&mut self, binding: BindingId, table: &TableConstructor) {
        for field in table.fields() {
            if let Field::NameKey { key, value, .. } = field
                && let Expression::Function(function) = &**value
            {
                let id = self.function_body(function.body(), None);
                let chain = Chain {
                    root: binding,
                    keys: vec![Some(text(key))],
                };
                self.model.named_functions.push((chain, id));
            }
        }
    }

    /// What an expression is another name for: a variable with names behind it.
    fn alias(&mut self, value: &Expression) -> Option<Chain> {
        match value {
            Expression::Var(var) => self.chain_of(var),
            Expression::Parentheses { expression, .. } => self.alias(expression),
            _ => None,
        }
    }

    fn local_function(&mut self, name: &TokenReference, body: &FunctionBody) {
        let binding = self.declare(name);
        let function = self.function_body(body, None);
        let chain = Chain {
            root: binding,
            keys: Vec::new(),
        };
        self.model.named_functions.push((chain, function));
    }

    fn function_declaration(&mut self, node: &full_moon::ast::FunctionDeclaration) {
        let mut names = node.name().names().iter();
        let Some(first) = names.next() else { return };
        let root = self.named(first);
        let method = node.name().method_name();
        let keys: Vec<Option<String>> = names.chain(method).map(|name| Some(text(name))).collect();
        let function = self.function_body(node.body(), method.map(|_| "self"));
        if keys.is_empty() && self.model.bindings[root].function.is_none() {
            self.note_write(
                Chain {
                    root,
                    keys: Vec::new(),
                },
                true,
                false,
                self.span(node),
                None,
            );
        }
        self.model
            .named_functions
            .push((Chain { root, keys }, function));
    }

    fn function_body(&mut self, body: &FunctionBody, hidden: Option<&str>) -> FunctionId {
        let id = self.model.functions;
        self.model.functions += 1;
        let outer = std::mem::replace(&mut self.function, id);
        let conditions = std::mem::take(&mut self.under_reason);
        self.scoped(|walker| {
            if let Some(name) = hidden {
                let binding = walker.model.bind(Binding {
                    name: name.to_owned(),
                    declared: None,
                    function: Some(id),
                    alias: None,
                    statement: None,
                    tells_tick: false,
                    parameter: true,
                });
                if let Some(scope) = walker.scopes.last_mut() {
                    scope.push((name.to_owned(), binding));
                }
            }
            for parameter in body.parameters() {
                if let Parameter::Name(name) = parameter {
                    let binding = walker.declare(name);
                    walker.model.bindings[binding].parameter = true;
                }
            }
            walker.block(body.block());
        });
        self.function = outer;
        self.under_reason = conditions;
        id
    }

    fn generic_for(&mut self, node: &full_moon::ast::GenericFor) {
        // What a loop over a table gives is in that table.
        let over = match node.expressions().iter().next() {
            Some(Expression::FunctionCall(call)) => {
                first_argument(call).and_then(|argument| self.alias(argument))
            }
            Some(expression) => self.alias(expression),
            None => None,
        };
        self.expressions(node.expressions());
        self.scoped(|walker| {
            for (at, name) in node.names().iter().enumerate() {
                let binding = walker.declare(name);
                if at == 1 {
                    walker.model.bindings[binding].alias =
                        over.as_ref().map(|over| over.below(&[None]));
                }
            }
            walker.block(node.block());
        });
    }

    fn if_statement(&mut self, node: &If) {
        let mut conditions = 0;
        let mut branch = |walker: &mut Self, condition: &Expression, block: &Block| {
            walker.expression(condition);
            if is_about_reason(condition) {
                let condition = walker.span(condition);
                walker.under_reason.push(condition);
                conditions += 1;
            }
            walker.inner_block(block);
        };
        branch(self, node.condition(), node.block());
        for other in node.else_if().into_iter().flatten() {
            branch(self, other.condition(), other.block());
        }
        node.else_block()
            .into_iter()
            .for_each(|block| self.inner_block(block));
        let length = self.under_reason.len() - conditions;
        self.under_reason.truncate(length);
    }

    fn name_function(&mut self, target: &Var, function: FunctionId) {
        let chain = match target {
            Var::Name(_) | Var::Expression(_) => self.chain_of(target),
            _ => None,
        };
        match chain {
            Some(chain) if chain.keys.len() < 2 => {
                let chain = self.model.resolved(&chain);
                self.model.named_functions.push((chain, function));
            }
            _ => self
                .model
                .uses
                .push((Callee::Function(function), Use::Given(Role::Running))),
        }
    }

    fn write(&mut self, target: &Var, statement: Span, value: Option<Span>, compound: bool) {
        let whole = matches!(target, Var::Name(_));
        if let Some(chain) = self.chain_of(target) {
            self.note_write(chain, whole, compound, statement, value);
        }
    }

    fn note_write(
        &mut self,
        chain: Chain,
        whole: bool,
        compound: bool,
        span: Span,
        value: Option<Span>,
    ) {
        let target = if whole {
            chain
        } else {
            self.model.resolved(&chain)
        };
        self.model.writes.push(Write {
            target,
            whole,
            compound,
            span,
            value,
            function: self.function,
        });
    }
}

fn is_about_reason(condition: &Expression) -> bool {
    condition
        .tokens()
        .any(|token| token.token().to_string() == "reason")
}

fn text(token: &TokenReference) -> String {
    token.token().to_string()
}

/// The text of a string without escapes.
fn string(token: &TokenReference) -> Option<String> {
    let text = text(token);
    let inner = text.strip_prefix(['"', '\''])?.strip_suffix(['"', '\''])?;
    (!inner.contains('\\')).then(|| inner.to_owned())
}
