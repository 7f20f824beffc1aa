//! What becomes of a table that is too wide: words in another form, in an order that the table's maker states.

use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

use super::{Table, widest};
use crate::report::sheet::Role;

/// A text in another form, so many columns wide.
pub(in crate::report) type Form = fn(&str, usize) -> String;

/// How columns may become narrower.
#[derive(Clone, Copy)]
pub(in crate::report) struct Squeeze {
    /// Columns of this role.
    pub(in crate::report) role: Role,
    /// How narrow they may become.
    pub(in crate::report) least: usize,
    /// What becomes of what is wider.
    pub(in crate::report) form: Form,
}

impl Table<'_> {
    /// Takes what is missing from columns, those of the first step as far as it goes before those of the next, the wider first;
    /// whether that was enough.
    pub(in crate::report) fn squeeze(&mut self, steps: &[Squeeze]) -> bool {
        let roles: Vec<Role> = self.columns.iter().map(|column| column.role).collect();
        let of = |step: &Squeeze| (0..roles.len()).filter(|&at| step.role == roles[at]).collect::<Vec<_>>();
        let mut widths: Vec<usize> = self.columns.iter().map(|column| column.width).collect();
        let mut missing = self.width().saturating_sub(self.style.width);
        for step in steps {
            let columns = of(step);
            while missing > 0 {
                let widest = columns.iter().copied().max_by_key(|&at| widths[at]);
                let Some(at) = widest.filter(|&at| widths[at] > step.least) else { break };
                widths[at] -= 1;
                missing -= 1;
            }
        }
        for step in steps {
            for at in of(step) {
                let column = &mut self.columns[at];
                if column.width <= widths[at] {
                    continue;
                }
                for text in column.words.iter_mut().chain([&mut column.heading]) {
                    if widest(text) > widths[at] {
                        *text = (step.form)(text, widths[at]);
                    }
                }
                column.measure();
            }
        }
        missing == 0
    }
}

/// At most `width` columns of `text`: where that is too little, the end of it, which tells more.
pub(in crate::report) fn shortened(text: &str, width: usize) -> String {
    if text.width() <= width {
        return text.to_owned();
    }
    let indent: String = text.chars().take_while(|c| *c == ' ' || "│├└─".contains(*c)).collect();
    let room = width.saturating_sub(indent.width() + 1);
    let mut tail = vec![];
    let mut used = 0;
    for c in text[indent.len()..].chars().rev() {
        used += c.width().unwrap_or(0);
        if used > room {
            break;
        }
        tail.push(c);
    }
    indent.chars().chain(['…']).chain(tail.into_iter().rev()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_are_too_long_keep_their_end() {
        assert_eq!(shortened("  layer1/0/conv", 10), "  …/0/conv");
        assert_eq!(shortened("层层层层", 5), "…层层");
    }
}
