//! What is asked of arbitrary bytes: the fuzz targets ask it of those they invent, `tests/corpus.rs` of those in `corpus`.

use std::borrow::Cow;

use cnncost::read::expression::{Expression, Failure, Scope, Value, number};
use cnncost::read::include::{Bundled, File, Identity, Includes, Refusal};
use cnncost::read::onnx::{self, Onnx};
use cnncost::read::{Description, Options};
use cnncost::text;
use cnncost::text::Language;

/// What stands between the files of one input.
const BETWEEN: &str = "\n---\n";

/// Reads a description, expands it and counts it; every mistake can be drawn. Behind it may stand files that it includes,
/// which are called `1`, `2` and so on.
pub(crate) fn description(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    let files: Vec<_> = text.split(BETWEEN).collect();
    let file = File { name: "0".to_owned(), identity: Identity::Told("0".to_owned()) };
    let network = Description::parse_with(file, files[0], &Files(&files)).and_then(|description| {
        // Each variant is a network of its own; the first few tell.
        for variant in description.variants.iter().take(3) {
            let options = Options { variant: Some(variant.name.text.to_string()), ..Options::default() };
            let _ = description.expand(&options);
        }
        description.expand(&Options::default())
    });
    match network {
        Ok(network) => {
            if let Ok(analysis) = cnncost::analyze(&network.graph) {
                let total = analysis.total();
                assert!(total.padding_exact.macs.total() <= total.work.macs.total());
            }
        }
        Err(error) => {
            for (language, width) in [(Language::English, 80), (Language::Chinese, 20)] {
                let shown = error.render(language, false, width);
                assert!(!shown.is_empty() && !shown.contains('\u{1b}'), "{shown:?}");
            }
        }
    }
}

/// Files by their places.
struct Files<'t>(&'t [&'t str]);

impl Includes for Files<'_> {
    fn find(&self, written: &str, by: &File) -> Result<File, Refusal> {
        let is_there = |_: &usize| matches!(by.identity, Identity::Told(_));
        match written.parse::<usize>().ok().filter(|&at| at < self.0.len()).filter(is_there) {
            Some(at) => Ok(File { name: at.to_string(), identity: Identity::Told(at.to_string()) }),
            None => Bundled.find(written, by),
        }
    }

    fn text(&self, file: &File) -> Result<Cow<'static, str>, Refusal> {
        match &file.identity {
            Identity::Told(at) => Ok(self.0[at.parse::<usize>().unwrap()].to_owned().into()),
            Identity::Bundled(_) => Bundled.text(file),
        }
    }
}

/// Reads an expression and evaluates it; what is displayed reads as the same value.
pub(crate) fn expression(bytes: &[u8]) {
    let Ok(source) = std::str::from_utf8(bytes) else { return };
    let expression = match Expression::parse(source) {
        Ok(expression) => expression,
        Err(error) => return assert!(source.get(error.span).is_some(), "the place is in the text"),
    };
    assert!(expression.names().all(|name| !name.is_empty()));
    match expression.evaluate(&Sizes) {
        Ok(Value::Number(value)) => {
            let again = Expression::parse(&value.to_string()).unwrap().evaluate(&Sizes);
            assert_eq!(again, Ok(Value::Number(value)));
        }
        Ok(Value::Boolean(_) | Value::Word(_) | Value::List(_)) => {}
        Err(error) => assert!(source.get(error.span).is_some(), "the place is in the text"),
    }
    if let Some(value) = number(source) {
        assert!(*value.denom() > 0);
    }
}

/// A feature map of 192 channels and 28×30, and a few parameters.
struct Sizes;

impl Scope for Sizes {
    fn name(&self, name: &str) -> Result<Value, Failure> {
        let number = |n: i128| Ok(Value::Number(n.into()));
        match name {
            "in" => number(192),
            "h" => number(28),
            "w" => number(30),
            "i" | "stride" => number(2),
            "width" => Ok(Value::Number(cnncost::read::expression::Rational::new(3, 4))),
            "last" => Ok(Value::Boolean(true)),
            "shortcut" => Ok(Value::Word("identity".into())),
            _ => Err(Failure::from(text!("nothing is called `{name}`", "没有 `{name}`"))),
        }
    }

    fn dim(&self, k: i128) -> Result<u64, Failure> {
        let sizes = [1, 192, 28, 30];
        let index = if k < 0 { k.checked_add(4) } else { Some(k) };
        let index = index.and_then(|k| usize::try_from(k).ok());
        let size = index.and_then(|index| sizes.get(index).copied());
        size.ok_or_else(|| Failure::from(text!("there is no dimension {k}", "没有第 {k} 维")))
    }
}

/// Reads an ONNX file, makes its network at a size of 2 where it leaves one open, and counts that; every mistake can be drawn.
pub(crate) fn onnx(bytes: &[u8]) {
    let Ok(file) = onnx::File::hold(bytes) else { return };
    let network = Onnx::of(file, "it").and_then(|onnx| {
        let mut sizes = onnx::Sizes::default();
        loop {
            // An error says which is open.
            let expanded = onnx.expand(&sizes);
            let said = expanded.as_ref().err().map(|error| error.render(Language::English, false, 1_000));
            let rest = said.as_ref().and_then(|said| said.split_once("`--dim ")).map(|(_, rest)| rest);
            match rest.and_then(|rest| rest.split_once("=224`")) {
                Some((name, _)) if sizes.dims.len() < 4 => sizes.dims.push((name.to_owned(), 2)),
                _ => return expanded,
            }
        }
    });
    match network {
        Ok(network) => {
            if let Ok(analysis) = cnncost::analyze(&network.graph) {
                let total = analysis.total();
                assert!(total.padding_exact.macs.total() <= total.work.macs.total());
            }
        }
        Err(error) => {
            let shown = error.render(Language::Chinese, false, 20);
            assert!(!shown.is_empty() && !shown.contains('\u{1b}'), "{shown:?}");
        }
    }
}
