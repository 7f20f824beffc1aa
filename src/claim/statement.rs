//! The language of claims: a figure, a comparison, a figure; or a range, or what is true of a device.

use std::ops::Range;

use crate::read::expression::{Failure, Rational};
use crate::text;
use crate::text::Text;

use super::metric::Metric;
use crate::convention::figure::Quantity;
use crate::convention::numeral::{Start, read};

mod remedy;
mod units;
mod words;
mod written;

use words::{Spanned, Word, words};
use written::literal_of;

/// Two sides and how they compare.
#[derive(Clone, Debug)]
pub struct Statement {
    /// Before the comparison.
    pub left: Term,
    /// How the sides compare.
    pub comparison: Comparison,
    /// After it.
    pub right: Term,
    /// The other bound of a range, `3.8G <= macs <= 4.2G`: its left side is the right one here.
    pub and: Option<Box<Statement>>,
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
    /// Whether what a figure asks is to be true.
    Truth(bool),
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
    /// What it counts, if its unit says so.
    pub of: Option<Quantity>,
    /// Whether its unit is `B` alone, which may be a billion or a byte.
    pub is_b: bool,
}

/// A figure of a network: `[alias:][path.][device.]metric`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Figure {
    /// Bytes of the statement.
    pub span: Range<usize>,
    /// The network, if it is named.
    pub alias: Option<String>,
    /// The layer or box; the whole network without one.
    pub path: Option<String>,
    /// The device that it is asked about, for a figure of one.
    pub device: Option<String>,
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
        if let Some(and) = &self.and {
            rest.insert(0, &and.right);
        }
        std::iter::from_fn(move || {
            loop {
                match &rest.pop()?.kind {
                    TermKind::Figure(figure) => return Some(figure),
                    TermKind::Operation(_, left, right) => rest.extend([&**right, &**left]),
                    TermKind::Literal(_) | TermKind::Sizes(_) | TermKind::Truth(_) => {}
                }
            }
        })
    }

    /// Whether the left side is a number or a list of sizes that is written out.
    pub fn is_left_written(&self) -> bool {
        matches!(self.left.kind, TermKind::Literal(_) | TermKind::Sizes(_))
    }
}

impl Term {
    /// What it counts, where that is known: twice a time is a time, and a time by a time a plain number.
    pub fn quantity(&self) -> Option<Quantity> {
        let TermKind::Operation(operator, left, right) = &self.kind else {
            return match &self.kind {
                TermKind::Figure(figure) => figure.metric.quantity(),
                TermKind::Literal(literal) => literal.of,
                TermKind::Sizes(_) | TermKind::Truth(_) | TermKind::Operation(..) => None,
            };
        };
        let is_plain = |term: &Term| matches!(&term.kind, TermKind::Literal(literal) if literal.of.is_none());
        match operator {
            Operator::Add | Operator::Subtract => {
                left.quantity().filter(|of| right.quantity() == Some(*of) || is_plain(right))
            }
            Operator::Multiply if is_plain(left) => right.quantity(),
            Operator::Multiply | Operator::Divide => left.quantity().filter(|_| is_plain(right)),
        }
    }
}

/// Reads a statement.
pub fn parse(text: &str) -> Result<Statement, Misread> {
    let mut words = Words { text, at: 0, all: words(text)? };
    let statement = words.statement()?;
    units::check(&statement)?;
    Ok(statement)
}

/// Reads a number above 0 with its unit: `2%`, `1.5M`.
pub fn literal(text: &str) -> Result<Literal, Misread> {
    let trimmed = text.trim();
    let read = match read(trimmed) {
        Some(Start::Number(numeral, end)) if end == trimmed.len() => literal_of(numeral, false),
        Some(Start::Number(..) | Start::TooLong(_)) | None => None,
    };
    // What is counted is said by the figure.
    read.filter(|literal| literal.of.is_none()).ok_or_else(|| {
        let message = if trimmed.starts_with(['-', '−']) {
            text!("`{trimmed}` is below 0", "`{trimmed}` 小于 0")
        } else {
            text!("`{trimmed}` is no number", "`{trimmed}` 不是数")
        };
        misread(0..text.len(), message, ("as in 2%", "例如 2%"))
    })
}

const COMPARISONS: (&str, &str) = ("it is one of ==, !=, <, <=, >, >=, ~", "可用 ==、!=、<、<=、>、>=、~");
const OPERATORS: (&str, &str) =
    ("figures and numbers are put together with +, -, *, /", "指标与数之间用 +、-、*、/ 连接");

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

    /// `macs ~ 4.1G`, `3.8G <= macs <= 4.2G`, `t4.fits`, `not t4.fits`.
    fn statement(&mut self) -> Result<Statement, Misread> {
        let is_not = matches!(self.all.first(), Some((_, Word::Not)));
        self.at += usize::from(is_not);
        let left = self.sum()?;
        let is_truth = matches!(&left.kind, TermKind::Figure(figure) if figure.metric.is_truth());
        let ends = self.at == self.all.len();
        if is_not || is_truth && ends {
            if !is_truth || !ends {
                let message =
                    text!("`not` stands before what is true or not", "`not` 之后应为可真可假的指标");
                let help = ("as in `not stm32h743.fits`", "例如 `not stm32h743.fits`");
                return Err(misread(left.span, message, help));
            }
            let right = Term { span: left.span.clone(), kind: TermKind::Truth(!is_not) };
            return Ok(Statement { left, comparison: Comparison::Equal, right, and: None });
        }
        let comparison = self.comparison()?;
        let right = self.sum()?;
        let and = match self.all.get(self.at) {
            Some((_, Word::Comparison(_))) => Some(Box::new(self.other_bound(comparison, &right)?)),
            _ => None,
        };
        match self.next() {
            Some((span, _)) => {
                Err(misread(span, text!("nothing may follow here", "此处之后不能再有内容"), OPERATORS))
            }
            None => Ok(Statement { left, comparison, right, and }),
        }
    }

    fn comparison(&mut self) -> Result<Comparison, Misread> {
        match self.next() {
            Some((_, Word::Comparison(comparison))) => Ok(comparison),
            _ => {
                let (span, found) = self.place_of_last();
                let message = text!("a comparison is missing{found}", "缺少比较运算符{found:#}");
                Err(misread(span, message, COMPARISONS))
            }
        }
    }

    /// What follows `3.8G <= macs`: both bounds of a range are `<` or `<=`, or both `>` or `>=`.
    fn other_bound(&mut self, first: Comparison, middle: &Term) -> Result<Statement, Misread> {
        let (place, _) = self.all[self.at].clone();
        let comparison = self.comparison()?;
        let is_range = match first {
            Comparison::Less | Comparison::AtMost => {
                matches!(comparison, Comparison::Less | Comparison::AtMost)
            }
            Comparison::More | Comparison::AtLeast => {
                matches!(comparison, Comparison::More | Comparison::AtLeast)
            }
            Comparison::Equal | Comparison::NotEqual | Comparison::About => false,
        };
        if !is_range {
            let message = text!("these two comparisons make no range", "这两个比较不构成区间");
            let help = ("a range is as in `3.8G <= macs <= 4.2G`", "区间写作 `3.8G <= macs <= 4.2G`");
            return Err(misread(place, message, help));
        }
        Ok(Statement { left: middle.clone(), comparison, right: self.sum()?, and: None })
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
    fn spaces_are_of_no_matter() {
        for (dense, spaced) in [
            ("macs<=10M", "macs <= 10M"),
            ("2*macs~240M", "2 * macs ~ 240M"),
            ("3.8G<=macs<=4.2G", "3.8G <= macs <= 4.2G"),
            ("a:macs/b:macs~9.7", "a:macs / b:macs ~ 9.7"),
            ("macs-1000==flops-2000", "macs - 1000 == flops - 2000"),
            ("(macs+1)*2>1-3", "( macs + 1 ) * 2 > 1 - 3"),
            ("x.shape==[1,2]", "x.shape == [1, 2]"),
            ("params≤25.6 million", "params ≤ 25.6 million"),
        ] {
            let plain = |text: &str| {
                let words = words(text).unwrap().into_iter().map(|(_, word)| match word {
                    Word::Term(TermKind::Figure(figure)) => {
                        format!("{:?} {:?} {}", figure.alias, figure.path, figure.metric.name())
                    }
                    word => format!("{word:?}"),
                });
                words.collect::<Vec<_>>()
            };
            assert_eq!(plain(dense), plain(spaced), "{dense}");
        }
        assert_eq!(figures("3-1/5-5.macs == 1")[0].1.as_deref(), Some("3-1/5-5"));
        assert_eq!(figures("4/conv.macs == 1")[0].1.as_deref(), Some("4/conv"));
    }

    /// A number that follows another was once taken for its unit.
    #[test]
    fn numbers_do_not_multiply_by_standing_together() {
        for text in ["params >= 1000 -10", "macs == 8 .5", "macs == 7 -3", "macs == 4 k k", "macs == 4 % %"] {
            assert!(parse(text).is_err(), "{text}");
        }
        for text in ["macs == 4 5M", "macs == 1000 +10", "macs -10 == 4", "1 2 == macs", "macs macs == 4"] {
            assert!(parse(text).is_err(), "{text}");
        }
        let right = |text: &str| match parse(text).unwrap().right.kind {
            TermKind::Literal(literal) => literal.value.to_string(),
            other => format!("{other:?}"),
        };
        assert_eq!(right("params >= -10"), "-10");
        assert_eq!(right("params - buffers >= −1.5k"), "-1500");
    }

    #[test]
    fn numbers_keep_their_last_digit() {
        let read = |word: &str| {
            let TermKind::Literal(literal) = parse(&format!("macs == {word}")).ok()?.right.kind else {
                return None;
            };
            Some((literal.value.to_string(), literal.last_digit.to_string()))
        };
        for (word, value, last_digit) in [
            ("120M", "120000000", "1000000"),
            ("9.70", "97/10", "1/100"),
            ("12,433,648", "12433648", "1"),
            ("3.87e9", "3870000000", "10000000"),
            ("2.7Ki", "13824/5", "512/5"),
            ("94.86%", "4743/5000", "1/10000"),
            ("3.8 billion", "3800000000", "100000000"),
            ("3.8×10⁹", "3800000000", "100000000"),
            ("3.8 x 10^9", "3800000000", "100000000"),
            ("1.17 GMac", "1170000000", "10000000"),
            ("1,582,671,872", "1582671872", "1"),
            ("15.8 亿次乘加", "1580000000", "10000000"),
            (
                "1.10000000000000000000000000000000001",
                "110000000000000000000000000000000001/100000000000000000000000000000000000",
                "1/100000000000000000000000000000000000",
            ),
        ] {
            assert_eq!(read(word), Some((value.to_owned(), last_digit.to_owned())), "{word}");
        }
        assert_eq!([read("3a"), read("M"), read("1,2"), read("-"), read("1e99")], [const { None }; 5]);
    }

    #[test]
    fn ranges_and_devices_are_read() {
        let range = parse("3.8G <= macs < 4.2G").unwrap();
        assert_eq!((range.comparison, range.and.unwrap().comparison), (Comparison::AtMost, Comparison::Less));
        assert!(parse("4.2G >= macs >= 3.8G").is_ok());
        for text in ["1 <= macs >= 2", "1 == macs == 2", "1 <= macs ~ 2", "1 < macs < 2 < 3"] {
            assert!(parse(text).is_err(), "{text}");
        }
        let device = |text: &str| {
            let statement = parse(text).unwrap();
            let figure = statement.figures().next().unwrap();
            let device = figure.device.clone().unwrap_or_default();
            (figure.path.clone(), device, figure.metric.name())
        };
        assert_eq!(device("stm32h743.time <= 100ms"), (None, "stm32h743".to_owned(), "time"));
        assert_eq!(device("net:a/b.t4.time < 1 s"), (Some("a/b".to_owned()), "t4".to_owned(), "time"));
        assert_eq!(device("not 'my board.toml'.fits"), (None, "my board.toml".to_owned(), "fits"));
        assert_eq!(device("conv.fvcore ~ 4.11G"), (Some("conv".to_owned()), String::new(), "fvcore"));
        assert_eq!(device("thop-0.0.31 == 1"), (None, String::new(), "thop-0.0.31"));
        assert_eq!(device("a.thop-0.0.31 == 1"), (Some("a".to_owned()), String::new(), "thop-0.0.31"));
    }

    #[test]
    fn mistakes_have_a_remedy() {
        let help = |text: &str| parse(text).unwrap_err().failure.help.unwrap().english;
        assert!(help("macs ~ 4.1 GFLOPs").contains("where they mean MACs, leave the unit out"));
        assert_eq!(help("peak_bytes < 64 B"), "write `G` for a billion, and nothing or `bytes` for bytes");
        assert_eq!(help("t4.time < 64"), "as in `100 ms`");
        assert_eq!(help("time < 64 ms"), "name the device before it: `stm32h743.time`");
        assert!(help("params ~ 25.6 zz").starts_with("units are k, M, G, T"));
        assert_eq!(help("params ~ 4,12 M"), "decimals stand behind a point: 4.12");
        assert_eq!(help("shape == (64, 112, 112)"), "sizes stand in brackets: [256, 28, 28]");
        assert_eq!(help("params=25.6M"), "write `==`, or `~` for a rounded figure");
        assert_eq!(help("params >= 1000 -10"), "put spaces on both sides of it, or on none");
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
        assert_eq!(error(".macs == 1"), ("a layer's path is missing".to_owned(), 0..5));
        assert_eq!(error("macs ~ 4.1 GMECs"), ("there is no unit `GMECs`".to_owned(), 11..16));
        assert_eq!(error("macs ~ 4.1GMECs"), ("there is no unit `GMECs`".to_owned(), 7..15));
        assert_eq!(error("macs ~ 4,1 G"), ("`4,1` is no number".to_owned(), 7..10));
        assert_eq!(error("macs == 1e39"), ("the number is too large or too long".to_owned(), 8..12));
        assert_eq!(error("macs = 1"), ("`=` is no comparison".to_owned(), 5..6));
        assert_eq!(error("(macs == 1"), ("this parenthesis is not closed".to_owned(), 0..1));
        assert_eq!(error("macs == 1 2"), ("nothing may follow here".to_owned(), 10..11));
        assert!(parse(&"(".repeat(100_000)).is_err());
        assert!(parse(&"macs + ".repeat(100_000)).is_err());
        assert!(parse(&format!("macs == {}", "a-".repeat(1_000_000))).is_err());
        assert!(parse(&format!("{}macs == 1", "macs + ".repeat(400))).is_ok());
    }
}
