//! The language of claims: a figure, a comparison, a figure.

use std::ops::Range;

use crate::read::expression::{Failure, Rational};
use crate::text;
use crate::text::Text;

use super::metric::Metric;

mod remedy;
mod words;

use words::{Spanned, Word, words, written_number};

/// Two sides and how they compare.
#[derive(Clone, Debug)]
pub struct Statement {
    /// Before the comparison.
    pub left: Term,
    /// How the sides compare.
    pub comparison: Comparison,
    /// After it.
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
    /// Two parts joined by an operator.
    Operation(Operator, Box<Term>, Box<Term>),
}

/// How two parts are joined.
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
    /// What is asked of it.
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

/// The words of a statement, read one after the other.
struct Words<'t> {
    text: &'t str,
    at: usize,
    all: Vec<Spanned>,
}

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
    fn mistakes_have_a_remedy() {
        let help = |text: &str| parse(text).unwrap_err().failure.help.unwrap().english;
        assert_eq!(help("macs ~ 4.1 GMACs"), "write `G`: the figure says what is counted");
        assert_eq!(help("peak_bytes < 64 MiB"), "write `Mi`: the figure says what is counted");
        assert_eq!(help("params ~ 25.6 million"), "write `M`");
        assert_eq!(help("params ~ 25.6 m"), "write `M`");
        assert_eq!(help("params ~ 25.6 zz"), "units are k, M, G, T, Ki, Mi, Gi, Ti and %");
        assert_eq!(help("params ~ 4,12 M"), "decimals stand behind a point: 4.12");
        assert_eq!(help("shape == (64, 112, 112)"), "sizes stand in brackets: [256, 28, 28]");
        assert_eq!(help("params~25.6M"), "put spaces around `~`");
        assert_eq!(help("params≤25.6M"), "put spaces around `≤`");
        assert_eq!(help("params=25.6M"), "put spaces around `==`");
        assert_eq!(help("3a/5x5.mac == 1"), "did you mean `macs`?");
        assert_eq!(help("layer1/0/conv1/macs == 1"), "did you mean `layer1/0/conv1.macs`?");
        assert!(
            help("layer1.0.conv1 == 1")
                .starts_with("behind a layer stands a figure, as in `layer1.0.conv1.macs`;")
        );
    }

    #[test]
    fn mistakes_have_a_place() {
        assert_eq!(error("macs 120M"), ("a comparison is missing behind this".to_owned(), 5..9));
        assert_eq!(error("macs == "), ("a figure is missing here".to_owned(), 8..8));
        assert_eq!(error("a:b.mac == 1"), ("there is no figure `mac`".to_owned(), 4..7));
        assert_eq!(error("macs ~ 4.1 GMACs"), ("there is no unit `GMACs`".to_owned(), 11..16));
        assert_eq!(error("macs ~ 4.1GMACs"), ("there is no unit `GMACs`".to_owned(), 7..15));
        assert_eq!(error("macs ~ 4,1 G"), ("`4,1` is no number".to_owned(), 7..10));
        assert_eq!(error("macs~4.1G"), ("`macs~4.1G` is read as one word".to_owned(), 0..9));
        assert_eq!(error("macs = 1"), ("`=` is no comparison".to_owned(), 5..6));
        assert_eq!(error("(macs == 1"), ("this parenthesis is not closed".to_owned(), 0..1));
        assert_eq!(error("macs == 1 2"), ("nothing may follow here".to_owned(), 10..11));
        assert!(parse(&"(".repeat(100_000)).is_err());
        assert!(parse(&"macs + ".repeat(100_000)).is_err());
        assert!(parse(&format!("{}macs == 1", "macs + ".repeat(400))).is_ok());
    }
}
