//! Faults as a person reads them: the message, the lines of the file with a caret, and what to do.

use std::ops::Range;

use annotate_snippets::{AnnotationKind, Group, Level, Origin, Renderer, Snippet};
use modding::diagnostic::{Fault, Place};

/// The faults one below the other with an empty line between them; each line ends with a line feed.
#[must_use]
pub fn render(faults: &[Fault], colour: bool) -> String {
    let renderer = renderer(colour);
    let rendered: Vec<String> = faults
        .iter()
        .map(|fault| render_fault(fault, &renderer) + "\n")
        .collect();
    rendered.join("\n")
}

/// A fault with notes in the place of its lines of source: where they say more than the text that stands there.
#[must_use]
pub fn render_with_notes(fault: &Fault, notes: &[String], colour: bool) -> String {
    let renderer = renderer(colour);
    if notes.is_empty() {
        return render_fault(fault, &renderer) + "\n";
    }
    let mut problem = Group::with_title(Level::ERROR.primary_title(&fault.message));
    if let Some(place) = &fault.place {
        let origin = Origin::path(place.file.as_ref());
        problem = problem.element(origin.line(place.line()).char_column(place.column()));
    }
    let notes = notes.iter().map(|note| Level::NOTE.no_name().message(note));
    problem = problem.elements(notes);
    let mut text = renderer.render(&[problem]).to_string();
    if let Some(help) = &fault.help {
        let help = Group::with_title(Level::HELP.secondary_title(help));
        text = format!("{text}\n{}", renderer.render(&[help]));
    }
    text + "\n"
}

fn renderer(colour: bool) -> Renderer {
    if colour {
        Renderer::styled()
    } else {
        Renderer::plain()
    }
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
    match help {
        None => renderer.render(&[problem]),
        Some(help) if fault.place.is_some() => renderer.render(&[problem, help]),
        // Between two groups the renderer leaves a margin, which is for lines of source.
        Some(help) => format!(
            "{}\n{}",
            renderer.render(&[problem]),
            renderer.render(&[help])
        ),
    }
}

/// The span within the text and on character boundaries, whatever the fault says.
fn character_span(place: &Place) -> Range<usize> {
    let start = place.source.floor_char_boundary(place.span.start);
    let end = place.source.ceil_char_boundary(place.span.end);
    start..end.max(start)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fault(source: &str, span: Range<usize>) -> Fault {
        Fault::new("bad").at(Place {
            file: "m/x.lua".into(),
            source: source.into(),
            span,
            label: None,
        })
    }

    #[test]
    fn a_fault_shows_its_line_its_label_and_its_help() {
        let labelled = Fault {
            place: fault("a\nif x\n", 5..6)
                .place
                .map(|place| place.label("never set")),
            ..Fault::new("unknown name `x`").help("write `local x = 0`\nabove it")
        };
        let expected = "\
error: unknown name `x`
 --> m/x.lua:2:4
  |
2 | if x
  |    ^ never set
  |
help: write `local x = 0`
      above it

error: no place
";
        assert_eq!(render(&[labelled, Fault::new("no place")], false), expected);
        assert_eq!(render(&[], false), "");
    }

    #[test]
    fn every_span_can_be_shown() {
        let long = format!("{}x{}", "ä".repeat(50_000), "ö".repeat(50_000));
        for (source, span, expected) in [
            ("", 0..0, "m/x.lua:1:1"),
            ("", 7..9, "m/x.lua:1:1"),
            // The end of a file counts to its last line.
            ("ab\n", 3..3, "m/x.lua:1:4"),
            ("ab", 2..2, "m/x.lua:1:3"),
            ("äöü", 3..4, "m/x.lua:1:2"),
            ("a\r\nb\n", 3..4, "m/x.lua:2:1"),
            ("one\ntwo\nthree\n", 1..12, "m/x.lua:1:2"),
            ("\t\u{1b}[31mx\u{202e}y", 6..7, "m/x.lua:1:7"),
            (long.as_str(), 100_000..100_001, "m/x.lua:1:50001"),
        ] {
            let fault = fault(source, span.clone());
            let place = fault.place.as_ref().map(ToString::to_string);
            assert_eq!(place.as_deref(), Some(expected), "{span:?}");
            let rendered = render(&[fault], false);
            assert!(
                rendered.contains(&format!("--> {expected}\n")),
                "{span:?}\n{rendered}"
            );
            assert!(rendered.len() < 1_000, "{} bytes", rendered.len());
            assert!(
                !rendered.contains(['\u{1b}', '\u{202e}']),
                "control characters reach the terminal: {rendered:?}"
            );
        }
    }

    #[test]
    fn colour_is_only_there_when_asked_for() {
        let faults = [fault("a", 0..1).help("b")];
        assert!(render(&faults, true).contains("\u{1b}["));
        assert!(!render(&faults, false).contains('\u{1b}'));
    }
}
