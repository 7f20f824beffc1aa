//! The terminal while files are watched: drawn over from its top left corner, and given back as it was.
//!
//! That is the terminal's alternate screen, as editors have it: what was on the terminal before is there again at the end, and
//! nothing that is drawn piles up above it. It cannot be scrolled, so what is drawn has to fit.

use std::fs::File;
use std::io::{self, ErrorKind, Read, Write};
use std::time::Duration;

use rustix::termios::{LocalModes, OptionalActions, SpecialCodeIndex, Termios, tcgetattr, tcsetattr};

use super::POLL;

/// The terminal, until this is dropped.
pub(super) struct Screen {
    keys: File,
    /// How it was.
    before: Termios,
}

/// What somebody at the terminal wants.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Key {
    /// To end it.
    End,
    /// To see it drawn anew.
    Redraw,
}

/// The other screen, without the cursor, and with long lines cut.
const BEGIN: &str = "\u{1b}[?1049h\u{1b}[?25l\u{1b}[?7l";

/// The same back.
const END: &str = "\u{1b}[?7h\u{1b}[?25h\u{1b}[?1049l";

impl Screen {
    /// Takes the terminal; an error if there is none that can be asked for keys.
    pub(super) fn open() -> io::Result<Self> {
        let keys = File::open("/dev/tty")?;
        let before = tcgetattr(&keys)?;
        let mut alone = before.clone();
        // Ctrl-C is a key, so that what it ends is ended here; a key is had at once, or none after a while.
        alone.local_modes -= LocalModes::ISIG | LocalModes::ICANON | LocalModes::ECHO;
        alone.special_codes[SpecialCodeIndex::VMIN] = 0;
        alone.special_codes[SpecialCodeIndex::VTIME] = tenths(POLL);
        tcsetattr(&keys, OptionalActions::Now, &alone)?;
        let screen = Self { keys, before };
        write(BEGIN)?;
        Ok(screen)
    }

    /// Draws lines in the place of those that are there.
    #[expect(clippy::unused_self, reason = "only who has the terminal draws on it")]
    pub(super) fn draw(&self, lines: &[String]) -> io::Result<()> {
        let lines: Vec<_> = lines.iter().map(|line| format!("{line}\u{1b}[0m\u{1b}[K")).collect();
        write(&format!("\u{1b}[H{}\u{1b}[J", lines.join("\r\n")))
    }

    /// Waits a little, or until a key is pressed.
    pub(super) fn wait(&mut self) -> Option<Key> {
        let mut pressed = [0; 64];
        match self.keys.read(&mut pressed) {
            Ok(count) => pressed[..count].iter().find_map(|&key| match key {
                b'q' | b'Q' | 0x03 | 0x04 => Some(Key::End),
                b'\r' | b'\n' | b' ' | b'r' | 0x0c => Some(Key::Redraw),
                _ => None,
            }),
            Err(error) if error.kind() == ErrorKind::Interrupted => None,
            // The terminal is gone.
            Err(_) => Some(Key::End),
        }
    }
}

impl Drop for Screen {
    fn drop(&mut self) {
        let _ = write(END);
        let _ = tcsetattr(&self.keys, OptionalActions::Flush, &self.before);
    }
}

fn write(text: &str) -> io::Result<()> {
    let mut stdout = io::stdout().lock();
    stdout.write_all(text.as_bytes())?;
    stdout.flush()
}

fn tenths(time: Duration) -> u8 {
    u8::try_from(time.as_millis() / 100).unwrap_or(u8::MAX).max(1)
}
