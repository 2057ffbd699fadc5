//! The terminal of a live session: keys one by one, and lines that end as it wants them.

use std::io::{self, IsTerminal, Write};
use std::time::Duration;

use crossterm::event::{self, Event, KeyCode, KeyEvent, KeyEventKind, KeyModifiers};
use crossterm::terminal::{disable_raw_mode, enable_raw_mode};

use super::session::Key;

/// A terminal that gives each key as it is pressed. It is as it was before when this is dropped, be it by a panic.
#[derive(Debug)]
pub(super) struct Keyboard {
    _raw: RawMode,
}

#[derive(Debug)]
struct RawMode;

impl Drop for RawMode {
    fn drop(&mut self) {
        // There is nobody left to tell.
        let _ = disable_raw_mode();
    }
}

/// Whether a person sits there: both ends are a terminal.
pub(super) fn is_interactive() -> bool {
    io::stdin().is_terminal() && io::stdout().is_terminal()
}

impl Keyboard {
    /// The keys of the terminal; none where there is no terminal, or none that gives them one by one.
    pub(super) fn open() -> Option<Keyboard> {
        if !is_interactive() {
            return None;
        }
        enable_raw_mode().ok()?;
        Some(Keyboard { _raw: RawMode })
    }

    /// The keys that were pressed since the last look. A terminal that is gone says quit.
    pub(super) fn pressed(&self) -> Vec<Key> {
        let mut keys = Vec::new();
        loop {
            match event::poll(Duration::ZERO) {
                Ok(false) => return keys,
                Ok(true) => match event::read() {
                    Ok(Event::Key(key)) if key.kind == KeyEventKind::Press => {
                        keys.extend(meaning(key))
                    }
                    Ok(_) => {}
                    Err(_) => {
                        keys.push(Key::Quit);
                        return keys;
                    }
                },
                Err(_) => {
                    keys.push(Key::Quit);
                    return keys;
                }
            }
        }
    }
}

fn meaning(key: KeyEvent) -> Option<Key> {
    if key.modifiers.contains(KeyModifiers::CONTROL) {
        let ends = matches!(key.code, KeyCode::Char('c' | 'd'));
        return ends.then_some(Key::Quit);
    }
    match key.code {
        KeyCode::Char('p' | ' ') => Some(Key::Pause),
        KeyCode::Char('s') => Some(Key::Step),
        KeyCode::Char('r') => Some(Key::Reload),
        KeyCode::Char('u') => Some(Key::SkipUnload),
        KeyCode::Char('b') => Some(Key::Back),
        KeyCode::Char('m') => Some(Key::MigrateAgain),
        KeyCode::Char('c') => Some(Key::Checkpoint),
        KeyCode::Char('?' | 'h') => Some(Key::Help),
        KeyCode::Char('q') => Some(Key::Quit),
        _ => None,
    }
}

/// Writes to standard output at once. While keys come one by one, a terminal does not go back to the first column by itself.
///
/// # Errors
/// A reader that has closed its end.
pub(super) fn write(text: &str, keyboard: Option<&Keyboard>) -> io::Result<()> {
    let mut stdout = io::stdout().lock();
    if keyboard.is_some() {
        stdout.write_all(text.replace('\n', "\r\n").as_bytes())?;
    } else {
        stdout.write_all(text.as_bytes())?;
    }
    stdout.flush()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_mean_what_the_first_line_says() {
        let key = |code, modifiers| meaning(KeyEvent::new(KeyCode::Char(code), modifiers));
        for (code, expected) in [
            ('p', Key::Pause),
            ('s', Key::Step),
            ('r', Key::Reload),
            ('u', Key::SkipUnload),
            ('b', Key::Back),
            ('m', Key::MigrateAgain),
            ('c', Key::Checkpoint),
            ('?', Key::Help),
            ('q', Key::Quit),
        ] {
            assert_eq!(key(code, KeyModifiers::NONE), Some(expected));
        }
        assert_eq!(key('x', KeyModifiers::NONE), None);
        // Without it, nothing would end a terminal whose keys are ours.
        assert_eq!(key('c', KeyModifiers::CONTROL), Some(Key::Quit));
        assert_eq!(key('r', KeyModifiers::CONTROL), None);
    }
}
