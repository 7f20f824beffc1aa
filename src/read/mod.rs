//! Readers: a file or a bundled description into a [`Graph`].
//!
//! A description is read once ([`Description`]) and expanded as often as there are variants of it. What may stand in one is told
//! in the repository's book, `docs/src/language`; [`keys`] lists the keys, and [`schema`] makes a JSON Schema of them.

use std::sync::Arc;

use crate::error::{Code, Diagnostic, ReadError, Source};
use crate::graph::Graph;
use crate::op::Op;
use crate::text;

pub mod bundled;
mod check;
pub mod claims;
pub mod conventions;
pub mod description;
pub mod devices;
mod expand;
pub mod expression;
pub mod include;
pub mod keys;
mod lints;
pub mod measured;
pub mod onnx;
mod other_input;
mod patterns;
pub(crate) mod same;
pub mod schema;
mod settings;
pub(crate) mod synonyms;
mod toml;
#[cfg(feature = "run")]
pub mod weight_map;
pub mod written;

pub use description::Description;
use description::{Body, Name, Param};
use expand::Expanded;
pub use expand::MOST_NODES;
use expression::{Value, is_numeral, number};
use include::{File, Identity, Includes};
use written::Letters;

/// The longest description, in bytes.
pub const MOST_BYTES: usize = 16_000_000;

/// With more mistakes than this, expansion would find no other that helps.
const MOST_KNOWN: usize = 20;

/// What a network is read with.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Options {
    /// The variant to take; without one, the defaults of the parameters hold.
    pub variant: Option<String>,
    /// Parameters to set after that, as they are written: `("reduce", "16")`.
    pub set: Vec<(String, String)>,
    /// Sizes of the only input in place of those in the file.
    pub input: Option<Vec<u64>>,
}

/// A description expanded for one choice of its parameters.
#[derive(Debug)]
pub struct Network {
    /// The nodes.
    pub graph: Graph,
    /// The parameters it was expanded with.
    pub params: Vec<(Arc<str>, Value)>,
    /// The settings that are expressions, in the description's own letters.
    pub letters: Letters,
    /// What is probably not meant, in the file.
    pub warnings: Vec<Diagnostic>,
    /// Where its weights are, if its file has them.
    pub weights: Option<onnx::Weights>,
}

impl Network {
    /// The weights that its file has, if it has any, for what executes it.
    #[cfg(feature = "run")]
    pub fn stored(&self) -> Option<&dyn crate::run::Stored> {
        self.weights.as_ref().map(|weights| weights as &dyn crate::run::Stored)
    }
}

impl Description {
    /// Reads a description. Every mistake that can be found is in the error, those of expansion with the defaults too.
    ///
    /// ```
    /// let text = r#"
    /// input = [192, 28, 28]
    /// layers = [{ op = "conv2d", out_channels = 32, kernel_size = 5, padding = 2 }]
    /// "#;
    /// let description = cnncost::read::Description::parse("net.toml", text)?;
    /// let network = description.expand(&cnncost::read::Options::default())?;
    /// assert_eq!(network.graph.len(), 2);
    /// # Ok::<(), cnncost::error::ReadError>(())
    /// ```
    pub fn parse(name: &str, text: &str) -> Result<Self, ReadError> {
        let file = File { name: name.to_owned(), identity: Identity::Told(name.to_owned()) };
        Self::parse_with(file, text, &include::Bundled)
    }

    /// The same of a description that may include other files, which `includes` finds.
    ///
    /// ```
    /// use std::borrow::Cow;
    ///
    /// use cnncost::read::Description;
    /// use cnncost::read::include::{File, Identity, Includes, Refusal};
    ///
    /// struct Texts;
    ///
    /// impl Includes for Texts {
    ///     fn find(&self, written: &str, _: &File) -> Result<File, Refusal> {
    ///         let (name, identity) = (written.to_owned(), Identity::Told(written.to_owned()));
    ///         if written == "mine.toml" { Ok(File { name, identity }) } else { Err(Refusal::missing(written, &["mine.toml"])) }
    ///     }
    ///
    ///     fn text(&self, _: &File) -> Result<Cow<'static, str>, Refusal> {
    ///         Ok("[blocks.half]\nlayers = [{ op = 'max_pool2d', kernel_size = 2 }]".into())
    ///     }
    /// }
    ///
    /// let text = "include = ['mine.toml']\ninput = [3, 8, 8]\nlayers = [{ use = 'half', repeat = 3 }]";
    /// let file = File { name: "net.toml".to_owned(), identity: Identity::Told("net.toml".to_owned()) };
    /// let description = Description::parse_with(file, text, &Texts)?;
    /// assert_eq!(description.included[0].name, "mine.toml");
    /// # Ok::<(), cnncost::error::ReadError>(())
    /// ```
    pub fn parse_with(file: File, text: &str, includes: &dyn Includes) -> Result<Self, ReadError> {
        if text.len() > MOST_BYTES {
            let bytes = text.len();
            return Err(ReadError::Unreadable {
                name: file.name,
                why: text!(
                    "it has {bytes} bytes, and a description at most 16 MB",
                    "它有 {bytes} 字节,描述文件不得超过 16 MB"
                ),
                help: Some(text!("write what is repeated once, as a block", "把重复的部分写成块")),
            });
        }
        let (source, description, mut mistakes) = toml::parse(&file, text, includes);
        let Some(mut description) = description else { return Err(invalid(source, mistakes)) };
        let (wrong_names, is_finite) = check::check(&mut description);
        mistakes.extend(wrong_names);
        if mistakes.is_empty() {
            return Ok(description);
        }
        if is_finite && mistakes.len() <= MOST_KNOWN {
            let known: Vec<_> =
                mistakes.iter().filter_map(|mistake| mistake.places.first()?.0.text().cloned()).collect();
            mistakes.extend(expand::expand(&description, &description.defaults(), None, &known).mistakes);
        }
        Err(invalid(source, mistakes))
    }

    /// Makes the network with the parameters that `options` give.
    pub fn expand(&self, options: &Options) -> Result<Network, ReadError> {
        let params = self.choose(options).map_err(|mistake| invalid(self.source.clone(), vec![mistake]))?;
        let Expanded { graph, letters, named, mut mistakes } =
            expand::expand(self, &params, options.input.as_deref(), &[]);
        if !mistakes.is_empty() {
            if let Some(sizes) = &options.input {
                mistakes = other_input::explained(self, &params, sizes, mistakes);
            }
            // What was not meant may be why.
            mistakes.extend(lints::channels_last(&graph));
            return Err(invalid(self.source.clone(), mistakes));
        }
        if graph.outputs().is_empty() {
            let mistake =
                Diagnostic::nowhere(Code::Empty, text!("the network has no layers", "网络没有任何层"));
            return Err(invalid(self.source.clone(), vec![mistake]));
        }
        let mut warnings = self.warnings.clone();
        warnings.extend(lints::channels_last(&graph));
        warnings.extend(expand::unused(&graph, &named));
        warnings.extend(lints::mistaken_dimensions(&graph));
        Ok(Network { graph, params, letters, warnings, weights: None })
    }

    fn defaults(&self) -> Vec<(Arc<str>, Value)> {
        self.params.iter().map(|param| (param.name.text.clone(), param.default.clone())).collect()
    }

    /// The parameters: the defaults, then the variant's, then those that are set.
    fn choose(&self, options: &Options) -> Result<Vec<(Arc<str>, Value)>, Diagnostic> {
        let mut params = self.defaults();
        let mut set = |name: &Name, value: &Value| {
            params
                .iter_mut()
                .filter(|(known, _)| *known == name.text)
                .for_each(|(_, slot)| *slot = value.clone());
        };
        if let Some(wanted) = &options.variant {
            let variant = self.variant(wanted).ok_or_else(|| self.no_variant(wanted))?;
            variant.set.iter().for_each(|(name, value)| set(name, value));
        }
        for (name, written) in &options.set {
            let name = Name { text: name.as_str().into(), span: 0..0 };
            if number(written).is_none() && is_numeral(written) {
                let text = &name.text;
                let message = text!(
                    "`{text}` cannot be set to a number that large or that long: {written}",
                    "`{text}` 的值过大或过长:{written}"
                );
                return Err(Diagnostic::nowhere(Code::WrongValue, message));
            }
            let value = self.written_value(&name, written);
            self.check_assignment(&name, &value)
                .map_err(|mistake| Diagnostic { places: vec![], ..mistake })?;
            set(&name, &value);
        }
        Ok(params)
    }

    /// A value as `--set` has it: of a list its elements, with commas between them.
    fn written_value(&self, name: &Name, written: &str) -> Value {
        let is_list = |param: &Param| param.name.text == name.text && matches!(param.default, Value::List(_));
        if self.params.iter().any(is_list) {
            let inside = written.strip_prefix('[').and_then(|rest| rest.strip_suffix(']'));
            let elements = inside.unwrap_or(written).split(',');
            let numbers: Option<Arc<[Value]>> =
                elements.map(|element| number(element.trim()).map(Value::Number)).collect();
            if let Some(numbers) = numbers {
                return Value::List(numbers);
            }
        }
        match (number(written), written) {
            (Some(number), _) => Value::Number(number),
            (None, "true") => Value::Boolean(true),
            (None, "false") => Value::Boolean(false),
            (None, word) => Value::Word(word.into()),
        }
    }

    fn no_variant(&self, wanted: &str) -> Diagnostic {
        let file = &self.source.name;
        let names = || self.variants.iter().map(|variant| &*variant.name.text);
        let list = names().collect::<Vec<_>>().join("`, `");
        let help = crate::error::did_you_mean(wanted, names()).or_else(|| {
            (!list.is_empty()).then(|| text!("its variants are `{list}`", "它的变体有 `{list}`"))
        });
        Diagnostic::nowhere(
            Code::UnknownVariant,
            text!("{file} has no variant `{wanted}`", "{file} 没有变体 `{wanted}`"),
        )
        .help(help)
    }
}

/// The operator of one item of a description: `{ op = "relu" }`.
pub fn operator(item: &str) -> Result<Op, ReadError> {
    let file = File { name: "item".to_owned(), identity: Identity::Told("item".to_owned()) };
    // Where the item takes its input from is of no matter here, so names are not checked.
    let text = format!("input = []\nlayers = [{item}]");
    let (source, description, mistakes) = toml::parse(&file, &text, &include::Bundled);
    let Some(description) = description.filter(|_| mistakes.is_empty()) else {
        return Err(invalid(source, mistakes));
    };
    match description.layers.first().map(|item| &item.body) {
        Some(Body::Operator { op, settings }) => expand::operator(&description, op, settings)
            .map(Arc::unwrap_or_clone)
            .map_err(|mistakes| invalid(source, mistakes)),
        Some(Body::Use { .. } | Body::Layers(_) | Body::Branches(_) | Body::Side(_)) | None => {
            let mistake = Diagnostic::new(
                Code::WrongType,
                text!("this is no operator", "这不是算子"),
                0..source.text.len(),
            );
            Err(invalid(source, vec![mistake]))
        }
    }
}

/// The text of a small file, unless it is larger than can be read in bounded time and memory.
fn bounded(name: &str, text: &str) -> Result<Arc<Source>, ReadError> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let source = Arc::new(Source::new(name, text));
    let is_large = text.len() > MOST_BYTES;
    let too_large =
        is_large.then(|| Diagnostic::nowhere(Code::TooLarge, text!("it is larger than 16 MB", "超过 16 MB")));
    match too_large.or_else(|| toml::too_much(text)) {
        Some(mistake) => Err(invalid(source, vec![mistake])),
        None => Ok(source),
    }
}

fn invalid(source_file: Arc<Source>, mut mistakes: Vec<Diagnostic>) -> ReadError {
    mistakes.sort_by_key(|mistake| mistake.places.first().map(|(place, _)| place.position()));
    ReadError::Invalid { source_file, mistakes }
}
