//! Goes through a script and notes its names in the [`Model`].

use full_moon::ast::punctuated::Punctuated;
use full_moon::ast::{
    Ast, Block, Call as CallSuffix, Expression, Field, FunctionArgs, FunctionBody, FunctionCall,
    If, Index, LastStmt, Parameter, Prefix, Stmt, Suffix, TableConstructor, Var,
};
use full_moon::node::Node;
use full_moon::tokenizer::TokenReference;

use super::super::source::span;
use super::model::{
    Binding, BindingId, Call, Callee, Chain, FunctionId, Model, Reference, Role, Span, Use, Write,
};

/// Functions of the library that write into their first argument.
const WRITERS: [&str; 6] = [
    "table.insert",
    "table.remove",
    "table.sort",
    "table.clear",
    "rawset",
    "table.move",
];

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

    fn expressions(&mut self, expressions: &Punctuated<Expression>) {
        expressions
            .iter()
            .for_each(|expression| self.expression(expression));
    }

    /// An expression whose value goes somewhere.
    fn expression(&mut self, expression: &Expression) {
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

    fn table(&mut self, table: &TableConstructor, functions_have_names: bool) {
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

    fn note_weak(&mut self, key: &Expression) {
        if let Expression::String(token) = key
            && string(token).as_deref() == Some("__mode")
        {
            let span = self.span(token);
            self.model.weak_keys.push(span);
        }
    }

    /// A variable whose value goes somewhere.
    fn value_of(&mut self, var: &Var) {
        let Some(chain) = self.chain_of(var) else {
            return;
        };
        self.hand_on(&chain, Role::Running);
    }

    /// What is handed on can be called and written by anybody.
    fn hand_on(&mut self, chain: &Chain, role: Role) {
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
    fn chain_of(&mut self, var: &Var) -> Option<Chain> {
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

    fn chain(&mut self, prefix: &Prefix, suffixes: &[&Suffix]) -> Option<Chain> {
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

    fn key(&mut self, index: &Index) -> Option<String> {
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
    fn note_host_name(&mut self, chain: &Chain, span: Span) {
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

    fn call(&mut self, call: &FunctionCall) {
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

    fn called(&mut self, chain: Option<Chain>, callee: &Span, call: &CallSuffix) {
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
    fn arguments(&mut self, call: &CallSuffix, path: Option<&str>) -> bool {
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

    fn argument(
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
    fn give(&mut self, argument: &Expression, role: Role, cause: Option<String>) -> bool {
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

    fn note_define(&mut self, path: Option<&str>, table: &TableConstructor) {
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

/// Whether a path is that of a group of functions: `colony.jobs`.
fn is_module(path: &str) -> bool {
    let name = path.strip_prefix("colony.");
    name.is_some_and(|name| {
        let functions = crate::api::functions().iter();
        functions
            .filter_map(|function| function.name.split_once('.'))
            .any(|(module, _)| module == name)
    })
}

fn is_about_reason(condition: &Expression) -> bool {
    condition
        .tokens()
        .any(|token| token.token().to_string() == "reason")
}

fn first_argument(call: &FunctionCall) -> Option<&Expression> {
    let mut suffixes = call.suffixes();
    match (suffixes.next(), suffixes.next()) {
        (Some(Suffix::Call(CallSuffix::AnonymousCall(arguments))), None) => match &**arguments {
            FunctionArgs::Parentheses { arguments, .. } => arguments.iter().next(),
            _ => None,
        },
        _ => None,
    }
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
