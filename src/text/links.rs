//! Where names of files lead on a terminal that can follow links: each to its file, at a line of it.
//!
//! A link is OSC 8 around the words that are shown. Its target is `file://HOST/PATH#LINE`: the host, since a terminal may show
//! what another machine prints and must not open a file of its own for it; and the number of the line alone, which kitty, iTerm2
//! and Visual Studio Code understand, and others pass over.

use std::fmt::Write;
use std::path::Path;

/// Files that may be led to.
#[derive(Clone, Debug, Default)]
pub struct Links {
    /// What each is called, and where it is.
    files: Vec<(String, String)>,
}

/// What begins a link and what ends it, around its target.
pub(super) const BEGIN: &str = "]8;;";
const END: &str = "\u{1b}]8;;\u{1b}\\";

impl Links {
    /// To these files on `host`: what each is called, and its absolute path.
    pub fn new<'f>(host: &str, files: impl IntoIterator<Item = (&'f str, &'f Path)>) -> Self {
        let file = |(name, path): (&str, &Path)| (name.to_owned(), url(host, path));
        Self { files: files.into_iter().map(file).collect() }
    }

    /// Where a line of the file leads that is called `name`; nothing if that is none of these.
    pub fn to(&self, name: &str, line: usize) -> Option<String> {
        let (_, url) = self.files.iter().find(|(known, _)| known == name)?;
        Some(format!("{url}#{line}"))
    }

    /// Whether it leads to one of these.
    pub(super) fn leads(&self, target: &str) -> bool {
        let Some((url, line)) = target.rsplit_once('#') else { return false };
        !line.is_empty()
            && line.bytes().all(|byte| byte.is_ascii_digit())
            && self.files.iter().any(|(_, known)| known == url)
    }

    /// A drawing of mistakes, in which each place that stands above a text leads there.
    pub fn over(&self, drawing: &str) -> String {
        let lines: Vec<_> = drawing.split('\n').map(|line| self.over_place(line)).collect();
        lines.join("\n")
    }

    /// A line, if it is `--> net.toml:3:5`.
    fn over_place(&self, line: &str) -> String {
        let linked = || {
            let (before, rest) = line.split_once("--> ").or_else(|| line.split_once("::: "))?;
            // Nothing stands before the arrow but space, and colors.
            let is_first = before.split('\u{1b}').enumerate().all(|(at, piece)| {
                let shown =
                    if at == 0 { piece } else { piece.split_once('m').map_or(piece, |(_, shown)| shown) };
                shown.trim().is_empty()
            });
            let place = match rest.split_once('m').filter(|_| rest.starts_with('\u{1b}')) {
                Some((_, place)) => place,
                None => rest,
            };
            let place = place.split('\u{1b}').next()?.trim_end();
            let (name, number) = place.rsplit_once(':')?.0.rsplit_once(':')?;
            let url = self.to(name, number.parse().ok()?).filter(|_| is_first)?;
            Some(line.replacen(place, &link(&url, place), 1))
        };
        linked().unwrap_or_else(|| line.to_owned())
    }
}

/// Words that lead to `target`.
pub fn link(target: &str, words: &str) -> String {
    format!("\u{1b}{BEGIN}{target}\u{1b}\\{words}{END}")
}

/// A path as the address of a file on `host`.
fn url(host: &str, path: &Path) -> String {
    let path = path.to_string_lossy();
    let path = if cfg!(windows) { path.replace('\\', "/") } else { path.into_owned() };
    let slash = if path.starts_with('/') { "" } else { "/" };
    format!("file://{}{slash}{}", escaped(host), escaped(&path))
}

/// A text in which all is escaped but what an address takes as it is.
fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~/:".contains(&byte) {
            escaped.push(char::from(byte));
        } else {
            let _ = write!(escaped, "%{byte:02X}");
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::harmless_but;

    fn links() -> Links {
        Links::new("desk", [("nets/a b.toml", Path::new("/home/me/nets/a b.toml"))])
    }

    #[test]
    fn a_name_leads_to_its_file() {
        let links = links();
        let url = links.to("nets/a b.toml", 12).unwrap();
        assert_eq!(url, "file://desk/home/me/nets/a%20b.toml#12");
        assert!(links.leads(&url) && links.to("other.toml", 1).is_none());
        for other in ["", "file://desk/etc/passwd#1", "file://desk/home/me/nets/a%20b.toml", "https://x#1"] {
            assert!(!links.leads(other), "{other}");
        }
    }

    #[test]
    fn places_of_mistakes_lead_there() {
        let links = links();
        let [plain, colored] = ["  --> nets/a b.toml:2:18", "  \u{1b}[94m--> \u{1b}[0mnets/a b.toml:2:18"];
        for line in [plain, colored] {
            let drawing = format!("error: there is\n{line}\n   |\n 2 | --> nets/a b.toml:2:18");
            let place =
                "\u{1b}]8;;file://desk/home/me/nets/a%20b.toml#2\u{1b}\\nets/a b.toml:2:18\u{1b}]8;;\u{1b}\\";
            let expected = drawing.replacen("nets/a b.toml:2:18", place, 1);
            assert_eq!(links.over(&drawing), expected);
        }
        for other in ["  --> b.toml:2:18", "--> nets/a b.toml", "2 | --> nets/a b.toml:1:1"] {
            assert_eq!(links.over(other), other);
        }
    }

    #[test]
    fn only_these_links_get_through() {
        let links = links();
        let ours = link(&links.to("nets/a b.toml", 3).unwrap(), "c1");
        let theirs = link("https://example.org", "c1");
        let both = format!("{ours} {theirs}");
        let expected = format!("{ours} {}", harmless_but(&theirs, true, None));
        assert_eq!(harmless_but(&both, true, Some(&links)), expected);
        assert_eq!(harmless_but(&both, false, Some(&links)), expected);
        assert!(!harmless_but(&both, true, None).contains('\u{1b}'));
        // One that is begun and not ended properly.
        let half = ours.replacen("\u{1b}\\", "\u{7}", 1);
        assert!(!harmless_but(&half, true, Some(&links)).contains("\u{1b}]8;;file"), "{half:?}");
    }
}
