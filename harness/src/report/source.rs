//! Faults as a person reads them: the message, the lines of the file with a caret, and what to do.

use std::ops::Range;

use annotate_snippets::{AnnotationKind, Group, Level, Renderer, Snippet};
use modding::diagnostic::{Fault, Place};

/// The faults one below the other with an empty line between them; each line ends with a line feed.
#[must_use]
pub fn render(faults: &[Fault], colour: bool) -> String {
    let renderer = if colour {
        Renderer::styled()
    } else {
        Renderer::plain()
    };
    let rendered: Vec<String> = faults
        .iter()
        .map(|fault| render_fault(fault, &renderer) + "\n")
        .collect();
    rendered.join("\n")
}

fn render_fault(fault: &Fault, renderer: &Renderer) -> String {
    let mut problem = Group::with_title(Level::ERROR.primary_title(&fault.message));
    if let Some(place) = &fault.place {
        let annotation = AnnotationKind::Primary
            .span(character_span(place))
            .label(place.label.as_deref());
        let snippet = Snippet::source(place.source.as_ref())
            .path(place.file.as_ref())
            .annotation(annotation);
        problem = problem.element(snippet);
    }
    let help = fault
        .help
        .as_ref()
        .map(|help| Group::with_title(Level::HELP.secondary_title(help)));
    let report: Vec<Group<'_>> = std::iter::once(problem).chain(help).collect();
    renderer.render(&report)
}

/// The span within the text and on character boundaries, whatever the fault says.
fn character_span(place: &Place) -> Range<usize> {
    let start = place.source.floor_char_boundary(place.span.start);
    let end = place.source.ceil_char_boundary(place.span.end);
    start..end.max(start)
}
