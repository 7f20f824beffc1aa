//! TOML text into a [`Description`]: the shape of the file, every key and every type, each mistake at its place.
//!
//! Here is the file as a whole; `include` reads the files that it names, `blocks` their blocks, `items` what stands in a list of
//! layers, `fields` the value behind a key.

use std::collections::HashMap;
use std::sync::Arc;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::description::{Copied, Datum, DatumKind, Description, Input, Name, Param, Variant};
use super::expression::{Value, number};
use super::include::{File, Identity, Includes};
use super::keys::{self};
use crate::error::{Code, Diagnostic, Source, Span};
use crate::text;

mod blocks;
mod claims;
mod fields;
mod include;
mod items;
mod merges;
mod repeated;
mod shapes;
mod slips;
mod syntax;
mod templates;
mod tokens;
mod words;

pub(super) use claims::{has_networks, parse_claims};
pub(super) use fields::hidden;
pub(super) use tokens::too_much;

/// The most parameters or inputs of the network or of a block: an expression looks through all of them.
const MOST_NAMES: usize = 100;

/// The text of a description and of what it includes, what could be read of it, and every mistake. A file that is no TOML
/// gives no description, and neither does one that includes what cannot be read.
pub(super) fn parse(
    file: &File,
    text: &str,
    includes: &dyn Includes,
) -> (Arc<Source>, Option<Description>, Vec<Diagnostic>) {
    let texts = include::room();
    let include::Files { source, main, included, mistakes } = include::load(file, text, includes, &texts);
    let source = Arc::new(source);
    let Some(main) = main else { return (source, None, mistakes) };
    if let Some(mistake) = of_claims(main.get_ref()) {
        return (source, None, vec![mistake]);
    }
    let is_whole = mistakes.is_empty();
    let mut reader = Reader { source: &source, mistakes, depth: 0, is_too_much: false };
    reader.refuse_hidden(main.get_ref());
    let mut description = reader.file(main.get_ref(), main.span());
    for (file, table) in included {
        let is_bundled = matches!(file.identity, Identity::Bundled(_));
        let blocks = if is_bundled { reader.bundled(&table) } else { reader.included(&table) };
        description.blocks.extend(blocks);
        description.included.push(file);
    }
    let is_whole = reader.index_blocks(&mut description) && is_whole;
    let Reader { mistakes, is_too_much, .. } = reader;
    (source, Some(description).filter(|_| is_whole && !is_too_much), mistakes)
}

/// What a file of claims is told that is read as a network: whatever else it lacks follows from that.
fn of_claims(table: &DeTable<'_>) -> Option<Diagnostic> {
    let span = claims::key_of_claims(table)?;
    let message = text!("this is a file of claims, and no network", "这是论断文件,不是网络");
    let help = text!(
        "`cnncost check FILE` holds them against its networks",
        "请用 `cnncost check 文件` 检验其中的论断"
    );
    Some(Diagnostic::new(Code::WrongFile, message, span).help(help))
}

/// A table while it is read.
type Table<'t> = (&'t DeTable<'t>, Span);

struct Reader<'s> {
    source: &'s Arc<Source>,
    mistakes: Vec<Diagnostic>,
    depth: usize,
    /// Whether it would take too long to check what was read.
    is_too_much: bool,
}

impl Reader<'_> {
    fn file(&mut self, table: &DeTable<'_>, span: Span) -> Description {
        let table = &*self.refuse_unknown(table, &[keys::FILE], ("the file", "文件"));
        let blocks = self.blocks(table);
        let (params, unread_params) = self.params(table);
        let variants = self.variants(table);
        // Of two of one name, which are refused later, the first holds.
        let variant_index = variants
            .iter()
            .enumerate()
            .rev()
            .map(|(index, variant)| (variant.name.text.clone(), index))
            .collect();
        let inputs = self.inputs(table);
        let layers = if let Some(value) = table.get("layers") {
            if value.get_ref().as_array().is_some_and(|list| list.is_empty()) {
                self.refuse::<()>(
                    Code::Empty,
                    value.span(),
                    text!("the network has no layers", "网络没有任何层"),
                );
            }
            self.items(value)
        } else {
            let message = text!("there are no `layers`", "缺少 `layers`");
            let help =
                text!("the network is a list of items: `layers = […]`", "网络是一个列表:`layers = […]`");
            self.mistakes.push(Diagnostic::new(Code::MissingKey, message, self.start(&span)).help(help));
            vec![]
        };
        // The files themselves have been read.
        self.names(table, "include");
        Description {
            source: self.source.clone(),
            name: self.text(table, "name"),
            about: self.text(table, "about"),
            inputs,
            params,
            unread_params,
            variants,
            variant_index,
            outputs: self.names(table, "outputs"),
            layers,
            blocks,
            block_index: HashMap::new(),
            copied: Copied::default(),
            included: vec![],
            claims: self.claims(table),
            warnings: vec![],
        }
    }

    fn inputs(&mut self, table: &DeTable<'_>) -> Vec<Input> {
        match (table.get_key_value("input"), table.get_key_value("inputs")) {
            (Some((key, value)), None) => {
                let name = Name { text: "input".into(), span: key.span() };
                let sizes = self.datum(value);
                if let Some(help) = shapes::of_an_input(value.get_ref()) {
                    self.advise(Some(help));
                }
                vec![Input { name, sizes }]
            }
            (None, Some((_, value))) => {
                let Some(inputs) = self.table(value, "inputs") else { return vec![] };
                if inputs.0.is_empty() {
                    self.refuse::<()>(
                        Code::Empty,
                        value.span(),
                        text!("the network has no input", "网络没有输入"),
                    );
                }
                let read = |(key, value): Entry<'_, '_>| {
                    let name = name(key);
                    if name.text.contains(['*', '{', '}']) || &*name.text == "previous" {
                        let text = &name.text;
                        let message = text!("`{text}` cannot be an input", "`{text}` 不能作输入名");
                        self.mistakes.push(Diagnostic::new(Code::BadName, message, name.span.clone()));
                    }
                    Input { name, sizes: self.datum(value) }
                };
                let inputs = inputs.0.iter().map(read).collect();
                self.few(inputs, |input: &Input| &input.name)
            }
            (Some((one, _)), Some((several, _))) => {
                let message = text!("both `input` and `inputs`", "同时给出了 `input` 和 `inputs`");
                let label = text!("the other one", "另一个在此");
                self.mistakes.push(
                    Diagnostic::new(Code::ConflictingKeys, message, several.span()).also(one.span(), label),
                );
                let named = table.get("inputs").and_then(|value| value.get_ref().as_table());
                let keys = named.into_iter().flat_map(|named| named.keys()).chain([one]);
                let unread = |span| Datum { span, kind: DatumKind::Unread };
                keys.map(|key| Input { name: name(key), sizes: unread(several.span()) }).collect()
            }
            (None, None) => {
                let message = text!("the network has no `input`", "网络没有 `input`");
                let help = text!(
                    "give its sizes without the batch: `input = [3, 224, 224]`",
                    "请给出不含批次维的尺寸:`input = [3, 224, 224]`"
                );
                self.mistakes
                    .push(Diagnostic::new(Code::MissingKey, message, self.start(&(0..0))).help(help));
                vec![]
            }
        }
    }

    /// The parameters, and the names of those that could not be read.
    fn params(&mut self, table: &DeTable<'_>) -> (Vec<Param>, Vec<Arc<str>>) {
        let Some(params) = table.get("params").and_then(|value| self.table(value, "params")) else {
            return (vec![], vec![]);
        };
        let (mut read, mut unread) = (vec![], vec![]);
        for (key, value) in params.0 {
            match self.param(name(key), value) {
                Some(param) => read.push(param),
                None => unread.push(name(key).text),
            }
        }
        (self.few(read, |param| &param.name), unread)
    }

    fn param(&mut self, name: Name, value: &Spanned<DeValue<'_>>) -> Option<Param> {
        let datum = self.datum(value);
        match datum.kind {
            DatumKind::Unread => None,
            DatumKind::Number(default) => {
                Some(Param { name, default: Value::Number(default), choices: vec![] })
            }
            DatumKind::Boolean(default) => {
                Some(Param { name, default: Value::Boolean(default), choices: vec![] })
            }
            DatumKind::List(words) => {
                if let Some(numbers) = numbers(&words) {
                    return Some(Param { name, default: Value::List(numbers), choices: vec![] });
                }
                let choices: Option<Vec<Arc<str>>> = words
                    .into_iter()
                    .map(|word| if let DatumKind::Text(word, _) = word.kind { Some(word) } else { None })
                    .collect();
                let choices = choices.filter(|choices| !choices.is_empty());
                if choices.is_none() {
                    let message = text!(
                        "a list is one of numbers, or a choice among words of which the first is the default",
                        "列表应全为数,或是供选择的单词,第一个为默认值"
                    );
                    self.mistakes.push(Diagnostic::new(Code::WrongType, message, datum.span.clone()));
                }
                choices.map(|choices| Param { name, default: Value::Word(choices[0].clone()), choices })
            }
            DatumKind::Text(word, _) => {
                let message = text!(
                    "a parameter of the network is a number, a boolean, or a list of numbers or words",
                    "网络的参数应是数、布尔值,或由数或单词组成的列表"
                );
                let help = if number(&word).is_some() {
                    text!("write it without quotes: {word}", "请去掉引号:{word}")
                } else {
                    text!("a choice is a list: `[\"{word}\", …]`", "选项写成列表:`[\"{word}\", …]`")
                };
                self.mistakes.push(Diagnostic::new(Code::WrongType, message, datum.span).help(help));
                None
            }
        }
    }

    /// The list, unless there are more names in it than expressions are searched for.
    fn few<T>(&mut self, list: Vec<T>, name: impl Fn(&T) -> &Name) -> Vec<T> {
        let Some(extra) = list.get(MOST_NAMES) else { return list };
        let message = text!(
            "there are at most {MOST_NAMES} parameters and {MOST_NAMES} inputs, and this is one more",
            "参数和输入各最多 {MOST_NAMES} 个,这里超出了"
        );
        self.mistakes.push(Diagnostic::new(Code::TooLarge, message, name(extra).span.clone()));
        self.is_too_much = true;
        list
    }

    fn variants(&mut self, table: &DeTable<'_>) -> Vec<Variant> {
        let Some(list) = table.get("variants").and_then(|value| self.list(value, "variants")) else {
            return vec![];
        };
        list.iter().filter_map(|value| self.variant(value)).collect()
    }

    fn variant(&mut self, value: &Spanned<DeValue<'_>>) -> Option<Variant> {
        let (table, span) = self.table(value, "variants")?;
        let table = &*self.refuse_unknown(table, &[keys::VARIANT], ("a variant", "变体"));
        let name = self.required(table, &span, "name")?;
        let set = match table.get("set") {
            Some(value) => {
                self.table(value, "set")?.0.iter().filter_map(|entry| self.assignment(entry)).collect()
            }
            None => vec![],
        };
        Some(Variant { name, about: self.text(table, "about"), set })
    }

    fn assignment(&mut self, (key, value): Entry<'_, '_>) -> Option<(Name, Value)> {
        let datum = self.datum(value);
        let value = match datum.kind {
            DatumKind::Unread => return None,
            DatumKind::Number(number) => Value::Number(number),
            DatumKind::Boolean(boolean) => Value::Boolean(boolean),
            DatumKind::Text(word, _) => Value::Word(word),
            DatumKind::List(list) => {
                let Some(numbers) = numbers(&list) else {
                    let wanted = text!(
                        "a number, a boolean, a word or a list of numbers",
                        "数、布尔值、单词或数的列表"
                    );
                    self.wrong_type(key.get_ref(), &wanted, value);
                    return None;
                };
                Value::List(numbers)
            }
        };
        Some((name(key), value))
    }
}

/// The values of a list that has numbers only, and at least one.
fn numbers(list: &[Datum]) -> Option<Arc<[Value]>> {
    let number = |datum: &Datum| match &datum.kind {
        DatumKind::Number(number) => Some(Value::Number(*number)),
        DatumKind::Boolean(_) | DatumKind::Text(..) | DatumKind::List(_) | DatumKind::Unread => None,
    };
    let numbers: Option<Arc<[Value]>> = list.iter().map(number).collect();
    numbers.filter(|numbers| !numbers.is_empty())
}

/// A key of a table with its value.
type Entry<'t, 'v> = (&'t Spanned<toml::de::DeString<'v>>, &'t Spanned<DeValue<'v>>);

fn name(key: &Spanned<toml::de::DeString<'_>>) -> Name {
    Name { text: key.get_ref().as_ref().into(), span: key.span() }
}
