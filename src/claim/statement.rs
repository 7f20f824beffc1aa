//! The language of claims: a figure, a comparison, a figure.

use std::ops::Range;

use num_traits::{CheckedMul, Zero};

use crate::error::nearest;
use crate::read::expression::{Failure, Rational, number};
use crate::text;
use crate::text::Text;

use super::metric::Metric;

/// Two sides and how they compare.
#[derive(Clone, Debug)]
pub struct Statement {
    /// Before the comparison.
    pub left: Term,
    /// How the sides compare.
    pub comparison: Comparison,
    /// Behind it.
    pub right: Term,
}

/// How two sides compare.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Comparison {
    /// `==`
    Equal,
    /// `!=`
    NotEqual,
    /// `<`
    Less,
    /// `<=`
    AtMost,
    /// `>`
    More,
    /// `>=`
    AtLeast,
    /// `~`
    About,
}

/// A side, or a part of one.
#[derive(Clone, Debug)]
pub struct Term {
    /// Bytes of the statement.
    pub span: Range<usize>,
    /// What it is.
    pub kind: TermKind,
}

/// What a [`Term`] is.
#[derive(Clone, Debug)]
pub enum TermKind {
    /// A number that is written out.
    Literal(Literal),
    /// Sizes that are written out: `[256, 28, 28]`.
    Sizes(Vec<i128>),
    /// A figure of a network.
    Figure(Figure),
    /// Two parts, calculated with.
    Operation(Operator, Box<Term>, Box<Term>),
}

/// How two parts are calculated with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Operator {
    /// `+`
    Add,
    /// `-`
    Subtract,
    /// `*`
    Multiply,
    /// `/`
    Divide,
}

/// A number as it is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Literal {
    /// Its value.
    pub value: Rational,
    /// What its last digit counts: a million in `120M`, a tenth in `9.7`.
    pub last_digit: Rational,
}

/// A figure of a network: `[alias:][path.]metric`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Figure {
    /// Bytes of the statement.
    pub span: Range<usize>,
    /// The network, if it is named.
    pub alias: Option<String>,
    /// The layer or box; the whole network without one.
    pub path: Option<String>,
    /// What of it.
    pub metric: Metric,
}

/// Why a statement cannot be read, and where in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Misread {
    /// Bytes of the statement.
    pub span: Range<usize>,
    /// What is wrong there.
    pub failure: Failure,
}

impl Statement {
    /// The figures it speaks of.
    pub fn figures(&self) -> impl Iterator<Item = &Figure> {
        let mut rest = vec![&self.right, &self.left];
        std::iter::from_fn(move || {
            loop {
                match &rest.pop()?.kind {
                    TermKind::Figure(figure) => return Some(figure),
                    TermKind::Operation(_, left, right) => rest.extend([&**right, &**left]),
                    TermKind::Literal(_) | TermKind::Sizes(_) => {}
                }
            }
        })
    }

    /// Whether the left side is a number or a list of sizes that is written out.
    pub fn is_left_written(&self) -> bool {
        matches!(self.left.kind, TermKind::Literal(_) | TermKind::Sizes(_))
    }
}

/// Reads a statement.
pub fn parse(text: &str) -> Result<Statement, Misread> {
    let mut words = Words { text, at: 0, all: words(text)? };
    let left = words.sum()?;
    let Some((_, Word::Comparison(comparison))) = words.next() else {
        let (span, found) = words.place_of_last();
        return Err(misread(
            span,
            text!("a comparison is missing{found}", "缺少比较运算符{found:#}"),
            COMPARISONS,
        ));
    };
    let right = words.sum()?;
    if let Some((span, _)) = words.next() {
        return Err(misread(span, text!("nothing may follow here", "此处之后不能再有内容"), OPERATORS));
    }
    Ok(Statement { left, comparison, right })
}

/// Reads a number with its unit: `2%`, `1.5M`.
pub fn literal(text: &str) -> Result<Literal, Misread> {
    let trimmed = text.trim();
    written_number(trimmed).ok_or_else(|| {
        misread(
            0..text.len(),
            text!("`{trimmed}` is no number", "`{trimmed}` 不是数"),
            ("as in 2%", "例如 2%"),
        )
    })
}

const COMPARISONS: (&str, &str) = (
    "it is one of ==, !=, <, <=, >, >=, ~, with spaces around it",
    "可用 ==、!=、<、<=、>、>=、~,两侧留空格",
);
const OPERATORS: (&str, &str) =
    ("figures are put together with +, -, *, / between spaces", "指标之间用两侧带空格的 +、-、*、/ 连接");

fn misread(span: Range<usize>, message: Text, (english, chinese): (&str, &str)) -> Misread {
    let help = Text { english: english.to_owned(), chinese: chinese.to_owned() };
    Misread { span, failure: Failure::from(message).with_help(help) }
}

#[derive(Clone, Debug)]
enum Word {
    Term(TermKind),
    Operator(Operator),
    Comparison(Comparison),
    Open,
    Close,
}

type Spanned = (Range<usize>, Word);

/// The words of a statement, read one after the other.
struct Words<'t> {
    text: &'t str,
    at: usize,
    all: Vec<Spanned>,
}

/// How deep parentheses may stand.
const DEEPEST: usize = 64;

/// The most words of a statement: it is evaluated part in part.
const MOST_WORDS: usize = 1000;

impl Words<'_> {
    fn next(&mut self) -> Option<Spanned> {
        let word = self.all.get(self.at).cloned();
        self.at += usize::from(word.is_some());
        word
    }

    fn operator(&mut self, among: &[Operator]) -> Option<Operator> {
        match self.all.get(self.at) {
            Some((_, Word::Operator(operator))) if among.contains(operator) => {
                self.at += 1;
                Some(*operator)
            }
            _ => None,
        }
    }

    fn sum(&mut self) -> Result<Term, Misread> {
        self.chain(&[Operator::Add, Operator::Subtract], |words| {
            words.chain(&[Operator::Multiply, Operator::Divide], Self::part)
        })
    }

    fn chain(
        &mut self,
        among: &[Operator],
        part: impl Fn(&mut Self) -> Result<Term, Misread>,
    ) -> Result<Term, Misread> {
        let mut term = part(self)?;
        while let Some(operator) = self.operator(among) {
            let right = part(self)?;
            let span = term.span.start..right.span.end;
            term = Term { span, kind: TermKind::Operation(operator, Box::new(term), Box::new(right)) };
        }
        Ok(term)
    }

    fn part(&mut self) -> Result<Term, Misread> {
        match self.next() {
            Some((span, Word::Term(kind))) => Ok(Term { span, kind }),
            Some((span, Word::Open)) => {
                let term = self.sum()?;
                match self.next() {
                    Some((end, Word::Close)) => Ok(Term { span: span.start..end.end, ..term }),
                    _ => Err(Misread {
                        span,
                        failure: text!("this parenthesis is not closed", "此括号没有闭合").into(),
                    }),
                }
            }
            found => {
                let span = found.map_or(self.text.len()..self.text.len(), |(span, _)| span);
                let help = (
                    "a figure is as in `macs`, `direct:macs`, `3a/5x5.params`",
                    "指标如 `macs`、`direct:macs`、`3a/5x5.params`",
                );
                Err(misread(span, text!("a figure is missing here", "此处缺少指标"), help))
            }
        }
    }

    /// Where reading stopped, and what stands there.
    fn place_of_last(&self) -> (Range<usize>, Text) {
        match self.all.get(self.at.saturating_sub(1)) {
            Some((_, Word::Comparison(_))) | None => (self.text.len()..self.text.len(), text!("", "")),
            Some((span, _)) => (span.clone(), text!(" behind this", "(在此之后)")),
        }
    }
}

fn words(text: &str) -> Result<Vec<Spanned>, Misread> {
    let mut words: Vec<Spanned> = vec![];
    let (mut at, mut depth) = (0, 0usize);
    while let Some(first) = text[at..].chars().next() {
        let start = at;
        if words.len() > MOST_WORDS {
            let message =
                text!("a statement has at most {MOST_WORDS} words", "一条论断最多 {MOST_WORDS} 个词");
            return Err(Misread { span: start..text.len(), failure: message.into() });
        }
        if first.is_whitespace() {
            at += first.len_utf8();
            continue;
        }
        if first == '(' || first == ')' {
            at += 1;
            depth = if first == '(' { depth + 1 } else { depth.saturating_sub(1) };
            if depth > DEEPEST {
                let message = text!("parentheses stand {depth} deep", "括号嵌套达 {depth} 层");
                return Err(Misread { span: start..at, failure: message.into() });
            }
            words.push((start..at, if first == '(' { Word::Open } else { Word::Close }));
            continue;
        }
        at += if first == '[' { list_length(&text[at..]) } else { word_length(&text[at..]) };
        let word = word(&text[start..at], start)?;
        // A unit may stand apart from its number.
        if let Word::Term(TermKind::Literal(unit)) = &word
            && !text[start..].starts_with(|c: char| c.is_ascii_digit())
            && let Some((span, Word::Term(TermKind::Literal(number)))) = words.last_mut()
        {
            let scaled = |value: &Rational| value.checked_mul(&unit.value);
            if let (Some(value), Some(last_digit)) = (scaled(&number.value), scaled(&number.last_digit)) {
                *number = Literal { value, last_digit };
                span.end = at;
                continue;
            }
        }
        words.push((start..at, word));
    }
    Ok(words)
}

fn list_length(text: &str) -> usize {
    text.find(']').map_or(text.len(), |end| end + 1)
}

/// Up to a space or a closing parenthesis outside quotes.
fn word_length(text: &str) -> usize {
    let mut quoted = false;
    let end = text.find(|c: char| {
        quoted ^= c == '\'';
        !quoted && (c.is_whitespace() || c == ')')
    });
    end.unwrap_or(text.len())
}

fn word(word: &str, start: usize) -> Result<Word, Misread> {
    let span = start..start + word.len();
    let operator = match word {
        "+" => Some(Operator::Add),
        "-" | "−" => Some(Operator::Subtract),
        "*" | "·" | "×" => Some(Operator::Multiply),
        "/" | "÷" => Some(Operator::Divide),
        _ => None,
    };
    let comparison = match word {
        "==" => Some(Comparison::Equal),
        "!=" | "≠" => Some(Comparison::NotEqual),
        "<" => Some(Comparison::Less),
        "<=" | "≤" => Some(Comparison::AtMost),
        ">" => Some(Comparison::More),
        ">=" | "≥" => Some(Comparison::AtLeast),
        "~" | "≈" => Some(Comparison::About),
        "=" => {
            let message = text!("`=` is no comparison", "`=` 不是比较运算符");
            return Err(misread(
                span,
                message,
                ("write `==`, or `~` for a rounded figure", "请写 `==`,取整的数用 `~`"),
            ));
        }
        _ => None,
    };
    if let Some(operator) = operator {
        return Ok(Word::Operator(operator));
    }
    if let Some(comparison) = comparison {
        return Ok(Word::Comparison(comparison));
    }
    if word.starts_with('[') {
        return sizes(word).map(|sizes| Word::Term(TermKind::Sizes(sizes))).ok_or_else(|| {
            misread(
                span,
                text!("`{word}` is no list of sizes", "`{word}` 不是尺寸列表"),
                ("as in [256, 28, 28]", "例如 [256, 28, 28]"),
            )
        });
    }
    if let Some(literal) = written_number(word).or_else(|| unit(word)) {
        return Ok(Word::Term(TermKind::Literal(literal)));
    }
    figure(word, span).map(|figure| Word::Term(TermKind::Figure(figure)))
}

fn sizes(word: &str) -> Option<Vec<i128>> {
    let inner = word.strip_prefix('[')?.strip_suffix(']')?;
    inner.split(',').map(|size| size.trim().parse().ok()).collect()
}

/// A unit on its own, as a number: `M` is a million.
fn unit(word: &str) -> Option<Literal> {
    let (_, value) = UNITS.iter().find(|(unit, _)| !unit.is_empty() && *unit == word)?;
    let value = Rational::new(value.0, value.1);
    Some(Literal { value, last_digit: value })
}

/// Longer ones first.
const UNITS: [(&str, (i128, i128)); 11] = [
    ("Ki", (1 << 10, 1)),
    ("Mi", (1 << 20, 1)),
    ("Gi", (1 << 30, 1)),
    ("Ti", (1 << 40, 1)),
    ("k", (1_000, 1)),
    ("K", (1_000, 1)),
    ("M", (1_000_000, 1)),
    ("G", (1_000_000_000, 1)),
    ("T", (1_000_000_000_000, 1)),
    ("%", (1, 100)),
    ("", (1, 1)),
];

/// `120M`, `9.7`, `12,433,648`, `3.87e9`, `94.86%`.
fn written_number(word: &str) -> Option<Literal> {
    let (digits, (_, unit)) =
        UNITS.iter().find_map(|unit| word.strip_suffix(unit.0).map(|digits| (digits, unit)))?;
    let unit = Rational::new(unit.0, unit.1);
    let grouped = digits.split(',').enumerate().all(|(index, group)| index == 0 || group.len() >= 3);
    let plain = digits.replace([',', '_'], "");
    if !grouped || plain.is_empty() {
        return None;
    }
    let value = number(&plain)?.checked_mul(&unit)?;
    // The same number with all digits but the last taken away.
    let (mantissa, exponent) = plain.split_once(['e', 'E']).unwrap_or((&plain, "0"));
    let decimals = mantissa.split_once('.').map_or(0, |(_, decimals)| decimals.len());
    let exponent = exponent.parse::<i64>().ok()?.checked_sub(i64::try_from(decimals).ok()?)?;
    let last_digit = number(&format!("1e{exponent}"))?.checked_mul(&unit)?;
    (!last_digit.is_zero()).then_some(Literal { value, last_digit })
}

fn figure(word: &str, span: Range<usize>) -> Result<Figure, Misread> {
    let outside_quotes = |wanted: char, last: bool| {
        let mut quoted = false;
        let found = word.char_indices().filter(|&(_, c)| {
            quoted ^= c == '\'';
            !quoted && c == wanted
        });
        let places: Vec<usize> = found.map(|(at, _)| at).collect();
        if last { places.last() } else { places.first() }.copied()
    };
    let unquoted = |text: &str| text.trim_matches('\'').to_owned();
    let colon = outside_quotes(':', false);
    let alias = colon.map(|colon| unquoted(&word[..colon]));
    let start = colon.map_or(0, |colon| colon + 1);
    let dot = outside_quotes('.', true).filter(|&dot| dot >= start);
    let path = dot.map(|dot| unquoted(&word[start..dot]));
    let name = &word[dot.map_or(start, |dot| dot + 1)..];
    let place = span.start + word.len() - name.len()..span.end;
    let metric = Metric::find(name).ok_or_else(|| {
        let near = nearest(name, Metric::all().map(Metric::name));
        let list = Metric::all().map(Metric::name).collect::<Vec<_>>().join(", ");
        let help = match near {
            Some(near) => text!("did you mean `{near}`?", "是否指 `{near}`?"),
            None => text!("there are {list}", "可用的有 {list}"),
        };
        let message = text!("there is no figure `{name}`", "没有名为 `{name}` 的指标");
        Misread { span: place, failure: Failure::from(message).with_help(help) }
    })?;
    Ok(Figure { span, alias, path, metric })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn figures(text: &str) -> Vec<(Option<String>, Option<String>, &'static str)> {
        let statement = parse(text).unwrap();
        statement.figures().map(|f| (f.alias.clone(), f.path.clone(), f.metric.name())).collect()
    }

    fn error(text: &str) -> (String, Range<usize>) {
        let misread = parse(text).unwrap_err();
        (misread.failure.message.english, misread.span)
    }

    #[test]
    fn paths_and_operators_are_told_apart_by_spaces() {
        let own = |alias: &str, path: &str, metric| {
            let some = |text: &str| (!text.is_empty()).then(|| text.to_owned());
            (some(alias), some(path), metric)
        };
        assert_eq!(figures("3a/5x5.macs == 1"), [own("", "3a/5x5", "macs")]);
        assert_eq!(
            figures("direct:macs / bottleneck:macs ~ 9.7"),
            [own("direct", "", "macs"), own("bottleneck", "", "macs")]
        );
        assert_eq!(figures("a:'b c.d/e:f'.shape == [1, 2]"), [own("a", "b c.d/e:f", "shape")]);
        assert_eq!(figures("layer1.0.params < 7 M"), [own("", "layer1.0", "params")]);
    }

    #[test]
    fn numbers_keep_their_last_digit() {
        let read = |word: &str| {
            written_number(word).map(|literal| (literal.value.to_string(), literal.last_digit.to_string()))
        };
        let pair = |a: &str, b: &str| Some((a.to_owned(), b.to_owned()));
        assert_eq!(read("120M"), pair("120000000", "1000000"));
        assert_eq!(read("9.70"), pair("97/10", "1/100"));
        assert_eq!(read("12,433,648"), pair("12433648", "1"));
        assert_eq!(read("3.87e9"), pair("3870000000", "10000000"));
        assert_eq!(read("2.7Ki"), pair("13824/5", "512/5"));
        assert_eq!(read("94.86%"), pair("4743/5000", "1/10000"));
        assert_eq!([read("3a"), read("M"), read("1,2"), read("-"), read("1e99")], [const { None }; 5]);
    }

    #[test]
    fn mistakes_have_a_place() {
        assert_eq!(error("macs 120M"), ("a comparison is missing behind this".to_owned(), 5..9));
        assert_eq!(error("macs == "), ("a figure is missing here".to_owned(), 8..8));
        assert_eq!(error("a:b.mac == 1"), ("there is no figure `mac`".to_owned(), 4..7));
        assert_eq!(error("macs = 1"), ("`=` is no comparison".to_owned(), 5..6));
        assert_eq!(error("(macs == 1"), ("this parenthesis is not closed".to_owned(), 0..1));
        assert_eq!(error("macs == 1 2"), ("nothing may follow here".to_owned(), 10..11));
        assert!(parse(&"(".repeat(100_000)).is_err());
        assert!(parse(&"macs + ".repeat(100_000)).is_err());
        assert!(parse(&format!("{}macs == 1", "macs + ".repeat(400))).is_ok());
    }
}
