//! The two ends of a live session: keys, one by one from a terminal or as lines of standard input, and output as its reader wants it.

use std::io::{self, BufRead, IsTerminal, Read, Write};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::time::Duration;

use crossterm::event::{self, Event, KeyCode, KeyEvent, KeyEventKind, KeyModifiers};
use crossterm::terminal::{disable_raw_mode, enable_raw_mode};

use super::session::Key;
use super::text::KeySource;

/// Most bytes of a line that is a key, with room for a person's mistake; a longer one is several.
const LINE_BYTES_MAX: u64 = 80;

/// Most lines that wait to be looked at, and that one look takes.
const LINES_MAX: usize = 16;

/// Where keys come from.
#[derive(Debug)]
pub(super) enum Keyboard {
    /// A terminal that gives each key as it is pressed. It is as it was before when this is dropped, be it by a panic.
    Terminal(RawMode),
    /// Lines of standard input, a key on each.
    Lines(Receiver<String>),
    /// There are none to be had.
    Nowhere,
}

/// A terminal that gives each key as it is pressed, until this is dropped.
#[derive(Debug)]
pub(super) struct RawMode;

impl Drop for RawMode {
    fn drop(&mut self) {
        // There is nobody left to tell.
        let _ = disable_raw_mode();
    }
}

impl Keyboard {
    /// Keys as they are pressed where both ends are a terminal, otherwise as lines.
    pub(super) fn open() -> Keyboard {
        let is_interactive = io::stdin().is_terminal() && io::stdout().is_terminal();
        if is_interactive && enable_raw_mode().is_ok() {
            return Keyboard::Terminal(RawMode);
        }
        if !may_read_lines() {
            return Keyboard::Nowhere;
        }
        let (sender, lines) = sync_channel(LINES_MAX);
        // It waits for standard input for as long as the program runs.
        let thread = std::thread::Builder::new().name("keys".to_owned());
        match thread.spawn(move || read_lines(&mut io::stdin().lock(), &sender)) {
            Ok(_) => Keyboard::Lines(lines),
            Err(_) => Keyboard::Nowhere,
        }
    }

    /// Where the keys come from, for those who are told.
    pub(super) fn source(&self) -> KeySource {
        match self {
            Keyboard::Terminal(_) => KeySource::Terminal,
            Keyboard::Lines(_) => KeySource::Lines,
            Keyboard::Nowhere => KeySource::Nowhere,
        }
    }

    /// The keys that were pressed since the last look, and lines that are none. A terminal that is gone says quit; standard input
    /// that has ended says nothing more.
    pub(super) fn pressed(&self) -> Vec<Result<Key, String>> {
        match self {
            Keyboard::Terminal(_) => pressed_in_terminal().into_iter().map(Ok).collect(),
            Keyboard::Lines(lines) => {
                let lines = lines.try_iter().take(LINES_MAX);
                lines.map(|line| key_of_line(&line).ok_or(line)).collect()
            }
            Keyboard::Nowhere => Vec::new(),
        }
    }
}

fn pressed_in_terminal() -> Vec<Key> {
    let mut keys = Vec::new();
    loop {
        match event::poll(Duration::ZERO) {
            Ok(false) => return keys,
            Ok(true) => match event::read() {
                Ok(Event::Key(key)) if key.kind == KeyEventKind::Press => keys.extend(meaning(key)),
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

/// Gives each line that is not empty, until nobody takes them or there are no more.
fn read_lines(input: &mut dyn BufRead, lines: &SyncSender<String>) {
    let mut line = Vec::new();
    loop {
        line.clear();
        let mut bounded = input.take(LINE_BYTES_MAX);
        if !matches!(bounded.read_until(b'\n', &mut line), Ok(1..)) {
            return;
        }
        let text = String::from_utf8_lossy(&line).trim().to_owned();
        if !text.is_empty() && lines.send(text).is_err() {
            return;
        }
    }
}

/// Whether standard input may be read: the terminal of a program in the background is not its own, and reading it would stop it.
#[cfg(unix)]
fn may_read_lines() -> bool {
    let stdin = io::stdin();
    let foreground = || rustix::termios::tcgetpgrp(&stdin);
    !stdin.is_terminal() || foreground().is_ok_and(|group| group == rustix::process::getpgrp())
}

#[cfg(not(unix))]
fn may_read_lines() -> bool {
    true
}

/// Whether somebody may still read standard output.
#[cfg(unix)]
pub(super) fn has_reader() -> bool {
    use rustix::event::{PollFd, PollFlags, Timespec, poll};
    let stdout = io::stdout();
    let mut ends = [PollFd::new(&stdout, PollFlags::empty())];
    let at_once = Timespec {
        tv_sec: 0,
        tv_nsec: 0,
    };
    let gone = PollFlags::ERR | PollFlags::HUP;
    !(poll(&mut ends, Some(&at_once)).is_ok() && ends[0].revents().intersects(gone))
}

/// Whether somebody may still read standard output. Nothing tells of it here before something is written.
#[cfg(not(unix))]
pub(super) fn has_reader() -> bool {
    true
}

fn meaning(key: KeyEvent) -> Option<Key> {
    if key.modifiers.contains(KeyModifiers::CONTROL) {
        let ends = matches!(key.code, KeyCode::Char('c' | 'd'));
        return ends.then_some(Key::Quit);
    }
    match key.code {
        KeyCode::Char(character) => key_of(character),
        _ => None,
    }
}

fn key_of_line(line: &str) -> Option<Key> {
    let mut characters = line.chars();
    let key = key_of(characters.next()?)?;
    characters.next().is_none().then_some(key)
}

fn key_of(character: char) -> Option<Key> {
    match character {
        'p' | ' ' => Some(Key::Pause),
        's' => Some(Key::Step),
        'r' => Some(Key::Reload),
        'u' => Some(Key::SkipUnload),
        'b' => Some(Key::Back),
        'm' => Some(Key::MigrateAgain),
        'c' => Some(Key::Checkpoint),
        '?' | 'h' => Some(Key::Help),
        'q' => Some(Key::Quit),
        _ => None,
    }
}

/// Writes to standard output at once. While keys come one by one, a terminal does not go back to the first column by itself.
///
/// # Errors
/// A reader that has closed its end.
pub(super) fn write(text: &str, keyboard: &Keyboard) -> io::Result<()> {
    let mut stdout = io::stdout().lock();
    match keyboard {
        Keyboard::Terminal(_) => stdout.write_all(text.replace('\n', "\r\n").as_bytes())?,
        Keyboard::Lines(_) | Keyboard::Nowhere => stdout.write_all(text.as_bytes())?,
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

    #[test]
    fn lines_are_keys_however_long_their_input_is() {
        let mut input = b"u\n\n  ? \r\nuu\n".to_vec();
        input.extend(b"x".repeat(100));
        let (sender, lines) = sync_channel(LINES_MAX);
        read_lines(&mut input.as_slice(), &sender);
        drop(sender);
        let keyboard = Keyboard::Lines(lines);
        let none = |count| Err("x".repeat(count));
        let expected = [
            Ok(Key::SkipUnload),
            Ok(Key::Help),
            Err("uu".to_owned()),
            none(80),
            none(20),
        ];
        assert_eq!(keyboard.pressed(), expected);
        assert_eq!(keyboard.pressed(), [], "the end of the input is no key");
    }
}
