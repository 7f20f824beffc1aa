//! Whether a command prints what is shown of it, and what is to be shown where it prints something else by now.

/// A line that stands for lines that are left out.
pub(crate) const LEFT_OUT: &str = "…";

/// Whether what is shown, with or without lines that are left out, is what was printed.
pub(crate) fn is_shown(shown: &str, printed: &str) -> bool {
    places(&lines(shown), &lines(printed)).is_some()
}

/// What is to be shown of what was printed: the same pieces as are shown now, or all of it where they are not found.
pub(crate) fn renewed(shown: &str, printed: &str) -> String {
    let pieces = if shown.is_empty() { None } else { anew(&lines(shown), &lines(printed)) };
    pieces.unwrap_or_else(|| lines(printed).iter().map(|line| format!("{line}\n")).collect())
}

fn lines(text: &str) -> Vec<&str> {
    text.lines().collect()
}

/// Where the pieces of `shown` stand in what was printed, one behind the other; `None` if one does not.
fn places(shown: &[&str], printed: &[&str]) -> Option<Vec<(usize, usize)>> {
    let pieces: Vec<_> = shown.split(|line| *line == LEFT_OUT).collect();
    let (mut at, mut places) = (0, vec![]);
    for (number, piece) in pieces.iter().enumerate() {
        let fits = |from: &usize| printed.get(*from..from + piece.len()) == Some(piece);
        let from = match (number, number + 1 == pieces.len()) {
            (0, false) => Some(0).filter(fits),
            (0, true) => Some(0).filter(|from| piece.len() == printed.len() && fits(from)),
            (_, true) => printed.len().checked_sub(piece.len()).filter(|&from| from >= at && fits(&from)),
            _ => (at..=printed.len()).find(fits),
        }?;
        at = from + piece.len();
        places.push((from, at));
    }
    Some(places)
}

/// The pieces of `shown` as they are printed now: the lines from the one that begins with the same word as the first of a
/// piece to the one that begins as its last.
fn anew(shown: &[&str], printed: &[&str]) -> Option<String> {
    let word = |line: &str| line.split_whitespace().next().map(|word| word.trim_end_matches('─').to_owned());
    let pieces: Vec<_> = shown.split(|line| *line == LEFT_OUT).collect();
    let (mut at, mut lines) = (0, vec![]);
    for (number, piece) in pieces.iter().enumerate() {
        if let (Some(first), Some(last)) = (piece.first(), piece.last()) {
            let is_like = |line: &str, other: &str| word(line) == word(other);
            let from =
                if number == 0 { 0 } else { at + printed[at..].iter().position(|l| is_like(l, first))? };
            let least = from + piece.len().min(printed.len() - from) - 1;
            at = 1 + least + printed[least..].iter().position(|line| is_like(line, last))?;
            lines.extend(&printed[from..at]);
        }
        if number + 1 < pieces.len() {
            lines.push(LEFT_OUT);
        }
    }
    Some(lines.iter().map(|line| format!("{line}\n")).collect())
}

#[test]
fn pieces_are_found_only_where_they_stand() {
    let printed = "a\nb\nc\nb\nd\n";
    for (shown, expected) in [
        ("a\nb\nc\nb\nd", true),
        ("a\nb", false),
        ("a\n…", true),
        ("b\n…", false),
        ("…\nb\nd", true),
        ("…\nb\nc", false),
        ("a\n…\nc\n…\nd", true),
        ("a\n…\nd\n…\nc\n…", false),
        ("…\nc\nd\n…", false),
    ] {
        assert_eq!(is_shown(shown, printed), expected, "{shown:?}");
    }
}

#[test]
fn what_is_left_out_stays_so() {
    assert_eq!(renewed("", "a 1\nb 2\n"), "a 1\nb 2\n");
    assert_eq!(renewed("a 1\n…\nc 3\n", "a 5\nb 6\nc 7\n"), "a 5\n…\nc 7\n");
}
