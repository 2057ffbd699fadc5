//! What a script becomes before it is compiled: the same lines, with the two things replaced that the interpreter would do in
//! its own way whatever the globals say.
//!
//! `for k, v in t do` goes in the order of a hash, so what stands after `in` is handed to [`ITERATE`]; `a ^ b` asks the
//! machine's own library, so it becomes a call of [`POWER`]. Everything stays on its line, so that errors name the right one.
//! Parsing costs more than compiling, so a scan of the tokens decides whether a script needs it.

mod scan;

use std::ops::Range;

use full_moon::LuaVersion;
use full_moon::ast::{
    BinOp, CompoundAssignment, CompoundOp, Expression, GenericFor, Index, Suffix, Var,
};
use full_moon::node::Node;
use full_moon::tokenizer::TokenReference;
use full_moon::visitors::Visitor;

pub(super) use scan::{Scan, scan};

/// The global that puts a loop in order. Scripts cannot name it, or they could shadow it.
pub(super) const ITERATE: &str = "__iterate";

/// The global that raises to a power.
pub(super) const POWER: &str = "__power";

/// The stack of the thread that parses, in bytes. Deeply nested code that the compiler accepts must not overflow it.
const PARSER_STACK_BYTES: usize = 256 * 1024 * 1024;

/// Why a script cannot be rewritten, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Unsupported {
    /// The line, from 1.
    pub(super) line: usize,
    /// What was found.
    pub(super) message: String,
    /// What to write instead.
    pub(super) help: &'static str,
}

/// A text put in the place of a stretch of the source, which may be empty.
#[derive(Debug)]
struct Edit {
    start: usize,
    end: usize,
    text: String,
}

/// Rewrites a script that compiles as it is. Loops over `pairs(...)` and `ipairs(...)` stay where `iterators_are_ours` says that
/// no script of the mod gives these names another meaning.
///
/// # Errors
/// Syntax that the parser does not know, and compound powers whose target would be evaluated twice.
pub(super) fn rewrite(source: &str, iterators_are_ours: bool) -> Result<String, Unsupported> {
    let rewritten = on_parser_stack(|| parse_and_rewrite(source, iterators_are_ours));
    rewritten.unwrap_or_else(|| {
        Err(Unsupported {
            line: 1,
            message: "the script could not be parsed".to_owned(),
            help: "split it into smaller scripts",
        })
    })
}

/// Does work that follows the depth of a script's code; none where the work did not come to its end.
pub(super) fn on_parser_stack<T: Send>(work: impl FnOnce() -> T + Send) -> Option<T> {
    std::thread::scope(|scope| {
        let parser = std::thread::Builder::new().stack_size(PARSER_STACK_BYTES);
        let thread = parser.spawn_scoped(scope, work).ok()?;
        thread.join().ok()
    })
}

fn parse_and_rewrite(source: &str, iterators_are_ours: bool) -> Result<String, Unsupported> {
    let parsed = full_moon::parse_fallible(source, LuaVersion::luau());
    if let Some(error) = parsed.errors().first() {
        return Err(Unsupported {
            line: error.range().0.line(),
            message: format!(
                "this syntax is not known to colony-sim yet: {}",
                error.error_message()
            ),
            help: "scripts that use `^`, or `for ... in` without `pairs`, are read by a parser of their own: write it in an older way",
        });
    }
    let mut rewriter = Rewriter {
        source,
        iterators_are_ours,
        edits: Vec::new(),
        unsupported: None,
    };
    rewriter.visit_ast(parsed.ast());
    match rewriter.unsupported {
        Some(unsupported) => Err(unsupported),
        None => Ok(applied(source, rewriter.edits)),
    }
}

fn applied(source: &str, mut edits: Vec<Edit>) -> String {
    // A stable sort: what surrounds comes before what is inside, as it was visited.
    edits.sort_by_key(|edit| edit.start);
    let mut text = String::with_capacity(source.len() + 32 * edits.len());
    let mut done = 0;
    for edit in edits {
        text.push_str(&source[done..edit.start]);
        text.push_str(&edit.text);
        done = edit.end;
    }
    text.push_str(&source[done..]);
    text
}

struct Rewriter<'a> {
    source: &'a str,
    iterators_are_ours: bool,
    edits: Vec<Edit>,
    unsupported: Option<Unsupported>,
}

impl Rewriter<'_> {
    fn insert(&mut self, at: usize, text: &str) {
        self.edits.push(Edit {
            start: at,
            end: at,
            text: text.to_owned(),
        });
    }

    fn replace(&mut self, token: &TokenReference, text: String) {
        let Range { start, end } = span(token);
        self.edits.push(Edit { start, end, text });
    }

    fn text_of(&self, node: &impl Node) -> &str {
        &self.source[span(node)]
    }

    /// Whether a loop goes over what a lone call of `pairs` or `ipairs` gives, which is in order by itself.
    fn is_in_order(&self, node: &GenericFor) -> bool {
        let mut expressions = node.expressions().iter();
        let (Some(Expression::FunctionCall(call)), None) = (expressions.next(), expressions.next())
        else {
            return false;
        };
        let name = self.text_of(call.prefix());
        self.iterators_are_ours
            && matches!(name, "pairs" | "ipairs")
            && call.suffixes().count() == 1
    }
}

impl Visitor for Rewriter<'_> {
    fn visit_generic_for(&mut self, node: &GenericFor) {
        if !self.is_in_order(node) {
            self.insert(span(node.expressions()).start, &format!("{ITERATE}("));
        }
    }

    // The closing parentheses come last of all that stands at the same place.
    fn visit_generic_for_end(&mut self, node: &GenericFor) {
        if !self.is_in_order(node) {
            self.insert(span(node.expressions()).end, ")");
        }
    }

    fn visit_expression(&mut self, node: &Expression) {
        if let Expression::BinaryOperator {
            lhs,
            binop: BinOp::Caret(caret),
            rhs,
        } = node
        {
            self.insert(span(lhs).start, &format!("{POWER}("));
            self.replace(caret, ",".to_owned());
            self.insert(span(rhs).end, ")");
        }
    }

    fn visit_compound_assignment(&mut self, node: &CompoundAssignment) {
        let CompoundOp::CaretEqual(token) = node.compound_operator() else {
            return;
        };
        let target = node.lhs();
        if !is_repeatable(target) {
            self.unsupported.get_or_insert(Unsupported {
                line: token.token().start_position().line(),
                message: "the target of `^=` would be evaluated twice".to_owned(),
                help: "put the table into a local first: local t = ...; t.x = t.x ^ y",
            });
            return;
        }
        let replacement = format!("= {POWER}({},", self.text_of(target));
        self.replace(token, replacement);
        self.insert(span(node.rhs()).end, ")");
    }
}

/// Where a node stands, in bytes. A node's own positions leave out a closing bracket at its end.
pub(super) fn span(node: &impl Node) -> Range<usize> {
    let (mut start, mut end) = (usize::MAX, 0);
    for token in node.tokens() {
        start = start.min(token.token().start_position().bytes());
        end = end.max(token.token().end_position().bytes());
    }
    start.min(end)..end
}

/// Whether a target can be written twice without doing anything twice: names and literal keys.
fn is_repeatable(target: &Var) -> bool {
    let Var::Expression(target) = target else {
        return true;
    };
    target.suffixes().all(|suffix| match suffix {
        Suffix::Index(Index::Dot { .. }) => true,
        Suffix::Index(Index::Brackets { expression, .. }) => is_plain(expression),
        _ => false,
    }) && matches!(target.prefix(), full_moon::ast::Prefix::Name(_))
}

fn is_plain(expression: &Expression) -> bool {
    match expression {
        Expression::Number(_) | Expression::String(_) | Expression::Var(Var::Name(_)) => true,
        Expression::Parentheses { expression, .. } => is_plain(expression),
        _ => false,
    }
}
