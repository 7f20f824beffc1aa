//! In which order a network uses its modules, by their names alone: a file of weights lists them by the alphabet.
//!
//! Numbers count: `layer1.2` is before `layer1.10`. Words say nothing by themselves; those that torchvision's classifiers use
//! are listed here in the order in which these use them. Of other words nothing is assumed.

use std::cmp::Ordering;

/// Words of module names in the order of use. Those in one row are counted through together: `norm0`, `denseblock1`,
/// `transition1`, `denseblock2`.
const ORDER: [&[&str]; 19] = [
    &["stem"],
    &["conv", "bn", "Conv2d"],
    &["features", "layer", "layers", "stage", "inception", "Mixed", "trunk_output"],
    &["downsample"],
    &["f"],
    &["proj"],
    &["branch1x1"],
    &["branch5x5"],
    &["branch3x3"],
    &["branch7x7"],
    &["branch3x3dbl"],
    &["branch7x7dbl"],
    &["branch7x7x3"],
    &["branch_pool"],
    &["branch"],
    &["aux"],
    &["norm", "denseblock", "transition"],
    &["ln"],
    &["fc", "head", "heads", "classifier"],
];

/// Heads that stand last in a file's module, and are used in the middle of the network: behind what.
const MOVED: [(&str, &str); 3] =
    [("aux1", "inception4a.aux"), ("aux2", "inception4d.aux"), ("AuxLogits", "Mixed_6e.aux")];

/// When a module is used, as far as its name tells.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Position(Vec<Component>);

/// A part of a name between dots: `branch3x3dbl_2a` is a word, and then a 2 and an a.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Component {
    /// Of the word in [`ORDER`]; of an unknown word behind all.
    row: usize,
    /// The first number, if the word is known.
    number: Option<u128>,
    /// In the row.
    place: usize,
    word: String,
    rest: Vec<Token>,
}

#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Token {
    Number(u128),
    Letters(String),
}

impl Position {
    pub(super) fn of(name: &str) -> Self {
        let (first, rest) = name.split_once('.').unwrap_or((name, ""));
        let moved = MOVED.iter().find(|(from, _)| *from == first).map_or(first, |&(_, to)| to);
        let parts = moved.split('.').chain(rest.split('.').filter(|part| !part.is_empty()));
        Self(parts.map(Component::of).collect())
    }

    /// Whether the names tell which of the two is used first.
    pub(super) fn is_apart(&self, other: &Self) -> bool {
        let differing = self.0.iter().zip(&other.0).find(|(one, other)| one != other);
        differing.is_some_and(|(one, other)| one.is_apart(other))
    }
}

impl Component {
    fn of(part: &str) -> Self {
        let known = ORDER
            .iter()
            .enumerate()
            .flat_map(|(row, words)| words.iter().enumerate().map(move |(place, &word)| (row, place, word)));
        let begins = |word: &str| {
            part.strip_prefix(word)
                .is_some_and(|rest| !rest.starts_with(|next: char| next.is_ascii_alphabetic()))
        };
        let known = known.filter(|&(_, _, word)| begins(word)).max_by_key(|(_, _, word)| word.len());
        let of_unknown = || part.find(|next: char| next.is_ascii_digit()).unwrap_or(part.len());
        let length = known.map_or_else(of_unknown, |(_, _, word)| word.len());
        let (word, rest) = part.split_at(length);
        let rest = tokens(rest);
        let first_number = rest.iter().find_map(|token| match token {
            Token::Number(number) => Some(*number),
            Token::Letters(_) => None,
        });
        let (row, place, number) =
            known.map_or((usize::MAX, 0, None), |(row, place, _)| (row, place, first_number));
        Self { row, number, place, word: word.to_owned(), rest }
    }

    fn is_known(&self) -> bool {
        self.row != usize::MAX
    }

    fn is_apart(&self, other: &Self) -> bool {
        if self.word != other.word {
            let letters = self.word.len() == 1 && other.word.len() == 1;
            return letters || (self.is_known() && other.is_known());
        }
        let pairs =
            || self.rest.iter().zip(&other.rest).filter(|(one, other)| one.cmp(other) != Ordering::Equal);
        // What differs in more than a number may be any code: `x8e8929`, `x134c61`.
        if !self.is_known() && (self.rest.len() != other.rest.len() || pairs().count() > 1) {
            return false;
        }
        match pairs().next() {
            Some((Token::Number(_), Token::Number(_))) | None => true,
            Some((Token::Letters(one), Token::Letters(other))) => one.len() == 1 && other.len() == 1,
            Some((Token::Number(_), Token::Letters(_)) | (Token::Letters(_), Token::Number(_))) => false,
        }
    }
}

/// Runs of digits, and what is between them.
fn tokens(text: &str) -> Vec<Token> {
    text.as_bytes()
        .chunk_by(|one, next| one.is_ascii_digit() == next.is_ascii_digit())
        .map(|run| {
            let run = String::from_utf8_lossy(run).into_owned();
            match run.parse() {
                Ok(number) => Token::Number(number),
                // A number without end is a word.
                Err(_) => Token::Letters(run),
            }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Whether `first` is known to be used before `then`.
    fn is_before(first: &str, then: &str) -> bool {
        let (first, then) = (Position::of(first), Position::of(then));
        first < then && first.is_apart(&then) && then.is_apart(&first)
    }

    #[test]
    fn numbers_and_known_words_are_ordered() {
        for (first, then) in [
            ("layer1.2.conv1", "layer1.10.conv1"),
            ("layer1.0.bn3", "layer1.0.downsample.1"),
            ("bn1", "layer1.0.bn1"),
            ("features.denseblock1.denselayer6.norm1", "features.transition1.norm"),
            ("features.transition1.norm", "features.denseblock2.denselayer1.norm1"),
            ("features.transition3.norm", "features.norm5"),
            ("Mixed_5b.branch5x5_2.bn", "Mixed_5b.branch3x3dbl_1.bn"),
            ("Mixed_7b.branch3x3_2a.bn", "Mixed_7b.branch3x3_2b.bn"),
            ("Mixed_7b.branch3x3_2b.bn", "Mixed_7b.branch3x3dbl_2.bn"),
            ("aux1.conv.bn", "inception4b.branch1.bn"),
            ("inception4a.branch4.1.bn", "aux1.conv.bn"),
            ("trunk_output.block2.block2-0.f.c.1", "trunk_output.block2.block2-0.proj.1"),
        ] {
            assert!(is_before(first, then), "{first} is before {then}");
        }
    }

    #[test]
    fn of_other_words_nothing_is_assumed() {
        for (one, other) in [
            ("encoder.conv", "decoder.conv"),
            ("left1", "right0"),
            ("tower", "tower.inner"),
            ("x_a", "x_bc"),
            ("x8e8929", "x134c61"),
            ("x8e89", "x13e61"),
        ] {
            assert!(!Position::of(one).is_apart(&Position::of(other)), "{one} and {other}");
        }
        let digits = "9".repeat(60);
        assert!(!Position::of(&digits).is_apart(&Position::of("1")));
    }
}
