//! The words of a statement: numbers with units, lists of sizes, figures, operators, comparisons, parentheses.
//!
//! Names hold letters, digits, `_`, `-` and `.`, and paths `/`: everything else ends a word, with spaces or without. A `-`
//! or `/` joins figures where the whole word is none.

use std::ops::Range;

use super::remedy::remedy;
use super::written::{figure, literal_of, sizes};
use super::{Comparison, Misread, Operator, TermKind, misread};
use crate::convention::numeral::{Start, read};
use crate::text;

/// A word of a statement.
#[derive(Clone, Debug)]
pub(super) enum Word {
    Term(TermKind),
    Operator(Operator),
    Comparison(Comparison),
    Not,
    Open,
    Close,
}

/// A word and its place.
pub(super) type Spanned = (Range<usize>, Word);

/// The most words of a statement: it is evaluated part in part.
const MOST_WORDS: usize = 1000;

/// How deep parentheses may stand.
const DEEPEST: usize = 64;

/// The longest word that is taken apart at its `-` and `/`.
const LONGEST_JOINED: usize = 1000;

/// Comparisons as they may be written; of two that begin alike, the longer one first.
const COMPARISONS: [(&str, Comparison); 11] = [
    ("==", Comparison::Equal),
    ("!=", Comparison::NotEqual),
    ("≠", Comparison::NotEqual),
    ("<=", Comparison::AtMost),
    ("≤", Comparison::AtMost),
    (">=", Comparison::AtLeast),
    ("≥", Comparison::AtLeast),
    ("<", Comparison::Less),
    (">", Comparison::More),
    ("~", Comparison::About),
    ("≈", Comparison::About),
];

/// Operators; the first ones stand in no name or path.
const OPERATORS: [(char, Operator); 9] = [
    ('+', Operator::Add),
    ('*', Operator::Multiply),
    ('·', Operator::Multiply),
    ('⋅', Operator::Multiply),
    ('×', Operator::Multiply),
    ('÷', Operator::Divide),
    ('−', Operator::Subtract),
    ('-', Operator::Subtract),
    ('/', Operator::Divide),
];

/// The words of `text`.
pub(super) fn words(text: &str) -> Result<Vec<Spanned>, Misread> {
    let mut reader = Reader { text, at: 0, words: vec![], depth: 0 };
    while let Some(first) = reader.rest().chars().next() {
        if first.is_whitespace() {
            reader.at += first.len_utf8();
        } else if reader.words.len() > MOST_WORDS {
            let message =
                text!("a statement has at most {MOST_WORDS} words", "一条论断最多 {MOST_WORDS} 个词");
            return Err(Misread { span: reader.at..text.len(), failure: message.into() });
        } else {
            reader.word(first)?;
        }
    }
    Ok(reader.words)
}

struct Reader<'t> {
    text: &'t str,
    at: usize,
    words: Vec<Spanned>,
    depth: usize,
}

impl<'t> Reader<'t> {
    fn rest(&self) -> &'t str {
        &self.text[self.at..]
    }

    fn push(&mut self, length: usize, word: Word) {
        self.words.push((self.at..self.at + length, word));
        self.at += length;
    }

    /// Whether an operator may stand here: behind a figure, a number or a parenthesis.
    fn follows_term(&self) -> bool {
        matches!(self.words.last(), Some((_, Word::Term(_) | Word::Close)))
    }

    fn word(&mut self, first: char) -> Result<(), Misread> {
        let rest = self.rest();
        if first == '(' || first == ')' {
            return self.parenthesis(first);
        }
        if first == '[' {
            return self.list();
        }
        if let Some((mark, comparison)) = COMPARISONS.iter().find(|(mark, _)| rest.starts_with(mark)) {
            self.push(mark.len(), Word::Comparison(*comparison));
            return Ok(());
        }
        if first == '=' {
            let message = text!("`=` is no comparison", "`=` 不是比较运算符");
            let help = ("write `==`, or `~` for a rounded figure", "请写 `==`,取整的数用 `~`");
            return Err(misread(self.at..self.at + 1, message, help));
        }
        match OPERATORS.iter().find(|(mark, _)| *mark == first) {
            Some((mark, operator)) if self.follows_term() => self.operator(mark.len_utf8(), *operator),
            Some(('+' | '-' | '−', _)) if self.number(first.len_utf8(), first != '+')? => Ok(()),
            Some((mark, operator)) => {
                self.push(mark.len_utf8(), Word::Operator(*operator));
                Ok(())
            }
            None if self.number(0, false)? => Ok(()),
            None => self.figure(),
        }
    }

    fn parenthesis(&mut self, first: char) -> Result<(), Misread> {
        self.depth = if first == '(' { self.depth + 1 } else { self.depth.saturating_sub(1) };
        if self.depth > DEEPEST {
            let depth = self.depth;
            let message = text!("parentheses stand {depth} deep", "括号嵌套达 {depth} 层");
            return Err(Misread { span: self.at..self.at + 1, failure: message.into() });
        }
        self.push(1, if first == '(' { Word::Open } else { Word::Close });
        Ok(())
    }

    fn list(&mut self) -> Result<(), Misread> {
        let rest = self.rest();
        let length = rest.find(']').map_or(rest.len(), |end| end + 1);
        let written = &rest[..length];
        let list = sizes(written).ok_or_else(|| {
            let message = text!("`{written}` is no list of sizes", "`{written}` 不是尺寸列表");
            misread(self.at..self.at + length, message, ("as in [256, 28, 28]", "例如 [256, 28, 28]"))
        })?;
        self.push(length, Word::Term(TermKind::Sizes(list)));
        Ok(())
    }

    /// An operator, unless it may as well be the sign of a number behind it.
    fn operator(&mut self, length: usize, operator: Operator) -> Result<(), Misread> {
        let is_apart = self.text[..self.at].ends_with(char::is_whitespace);
        let rest = &self.rest()[length..];
        let is_sign = matches!(operator, Operator::Add | Operator::Subtract)
            && is_apart
            && rest.starts_with(|c: char| c.is_ascii_digit() || c == '.');
        if is_sign {
            let mark = &self.rest()[..length];
            let message = text!(
                "`{mark}` may be a sign here or an operator: nothing may follow a figure but an operator",
                "此处的 `{mark}` 可能是正负号也可能是运算符:指标之后只能是运算符"
            );
            let help = text!("put spaces on both sides of it, or on none", "请在两侧都留空格,或都不留");
            let failure = crate::read::expression::Failure::from(message).with_help(help);
            return Err(Misread { span: self.at..self.at + length, failure });
        }
        self.push(length, Word::Operator(operator));
        Ok(())
    }

    /// A number behind `sign` bytes, if one stands here.
    fn number(&mut self, sign: usize, is_negative: bool) -> Result<bool, Misread> {
        let rest = &self.rest()[sign..];
        let Some(start) = read(rest) else { return Ok(false) };
        let (Start::Number(_, end) | Start::TooLong(end)) = start;
        let word = word_length(rest);
        if !is_end(&rest[end..]) {
            return Ok(false);
        }
        // `4/conv.macs` is the path of a layer called 4.
        let is_path = end < word && sign == 0 && figure(&rest[..word], self.at).is_ok();
        if is_path {
            return Ok(false);
        }
        let too_large = || {
            let message = text!("the number is too large or too long", "此数过大或过长");
            Misread { span: self.at..self.at + sign + end, failure: message.into() }
        };
        let Start::Number(numeral, _) = start else { return Err(too_large()) };
        let literal = literal_of(numeral, is_negative).ok_or_else(too_large)?;
        self.push(sign + end, Word::Term(TermKind::Literal(literal)));
        Ok(true)
    }

    fn figure(&mut self) -> Result<(), Misread> {
        let length = word_length(self.rest());
        let word = &self.rest()[..length];
        if word == "not" && self.words.is_empty() {
            self.push(length, Word::Not);
            return Ok(());
        }
        let misread = match figure(word, self.at) {
            Ok(figure) => {
                self.push(length, Word::Term(TermKind::Figure(figure)));
                return Ok(());
            }
            Err(misread) => misread,
        };
        if let Some((figure, length)) = self.joined(word) {
            self.push(length, Word::Term(TermKind::Figure(figure)));
            return Ok(());
        }
        let follows_number = matches!(self.words.last(), Some((_, Word::Term(TermKind::Literal(_)))));
        Err(match remedy(word, follows_number) {
            Some(failure) => Misread { span: self.at..self.at + length, failure },
            None => misread,
        })
    }

    /// The figure that `word` begins with, where a `-` or `/` joins it with another.
    fn joined(&self, word: &str) -> Option<(super::ClaimedFigure, usize)> {
        let word = word.get(..LONGEST_JOINED.min(word.len()))?;
        let mut ends = outside_quotes(word).filter(|(_, c)| ['-', '/', '−'].contains(c));
        ends.find_map(|(end, _)| Some((figure(&word[..end], self.at).ok()?, end)))
    }
}

/// The characters of `text` that stand outside quotes.
pub(super) fn outside_quotes(text: &str) -> impl Iterator<Item = (usize, char)> {
    let mut quoted = false;
    text.char_indices().filter(move |&(_, c)| {
        quoted ^= c == '\'';
        !quoted && c != '\''
    })
}

/// Up to what stands in no name or path, outside quotes.
fn word_length(text: &str) -> usize {
    let ends = |c: char| c.is_whitespace() || "()[<>=!~≈≠≤≥+*·⋅×÷".contains(c);
    outside_quotes(text).find(|&(_, c)| ends(c)).map_or(text.len(), |(at, _)| at)
}

/// Whether a number may end before `rest`.
fn is_end(rest: &str) -> bool {
    rest.starts_with(['-', '−', '/']) || word_length(rest) == 0
}
