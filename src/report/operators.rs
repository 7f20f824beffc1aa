//! The list of operators: settings and counting rules, taken from the operators themselves.

use std::fmt::Write;
use std::io;

use schemars::{JsonSchema, Schema};
use serde::Serialize;
use serde_json::Value;

use super::sheet::{Cell, Head, Role, Sheet};
use super::wrap::hanging;
use super::{Style, terminal, write_json};
use crate::op::{Entry, OPERATORS, Op, Purpose, Term};
use crate::shape::Shape;
use crate::text;
use crate::text::{Language, Text};
use crate::working::Notation;

/// Every operator with what it costs, in names.
pub fn list(language: Language) -> Sheet {
    let of = |entry: &Entry| {
        let free = text!("computes nothing", "无运算").get(language).to_owned();
        let rules = rules(entry, language);
        let rules = if rules.is_empty() { vec![free] } else { rules };
        let names = std::iter::once(entry.name).chain(std::iter::repeat(""));
        let lines = names.zip(rules).map(|(name, rule)| [name.to_owned(), rule].map(Cell::Text));
        lines.collect::<Vec<_>>()
    };
    let lines = OPERATORS.iter().flat_map(of).collect();
    Sheet { notes: vec![note()], ..Sheet::list([Role::Text, Role::Sentence], lines) }
}

/// What holds of every count.
pub(super) fn note() -> Text {
    text!(
        "A MAC is one mul and one add. Counts are of one sample in inference mode. The peak of memory holds an operator's inputs and \
         output, and of one that stands for a chain of others (attention, recurrent layers) what these hold between them. Of inputs \
         and weights, what is touched is read once. `cnncost ops NAME` shows an operator's settings.",
        "每次乘加含一次乘、一次加。计数针对推理模式下的一个样本。内存峰值包含算子的输入和输出;由一串运算组成的算子(注意力、循环层)\
         还包含各步之间保留的数据。输入与权重中用到的部分各读一次。`cnncost ops NAME` 显示该算子的设置。"
    )
}

/// The same as a table: a line for each kind of cost.
pub fn sheet(language: Language) -> Sheet {
    let heads = vec![
        Head::new("operator", text!("operator", "算子"), Role::Name),
        Head::new("counts", text!("counts", "计数"), Role::Text),
        Head::new("purpose", text!("for", "用于"), Role::Text),
        Head::new("rule", text!("rule", "规则"), Role::Sentence),
    ];
    let lines = OPERATORS.iter().flat_map(|entry| {
        let name = || Cell::Name(entry.name.to_owned(), entry.name.to_owned());
        let terms = terms(entry);
        let free = terms.is_empty().then(|| vec![name(), Cell::Empty, Cell::Empty, Cell::Empty]);
        let cost = move |term: Term| {
            let (counts, purpose) = (
                term.unit.factor().get(language).to_owned(),
                term.purpose.map_or(String::new(), |purpose| purpose.get(language).to_owned()),
            );
            let rule = term.nominal.formula_in(language, Notation::Text);
            vec![name(), Cell::Text(counts), Cell::Text(purpose), Cell::Text(rule)]
        };
        free.into_iter().chain(terms.into_iter().map(cost))
    });
    Sheet::of(heads, lines.collect())
}

/// The settings of an operator, a line each: what it is unless it is given, and the words it may be.
pub fn settings(entry: &Entry, language: Language) -> Sheet {
    let heads = vec![
        Head::new("setting", text!("setting", "设置"), Role::Name),
        Head::new("default", text!("default", "默认值"), Role::Text),
        Head::new("about", text!("about", "说明"), Role::Sentence),
    ];
    let schema = entry.described(language);
    let required: Vec<_> = schema["required"].as_array().into_iter().flatten().collect();
    let line = |(name, setting): (&String, &Value)| {
        let default = if required.iter().any(|required| *required == name) {
            Cell::Named("required", text!("required", "必填"))
        } else {
            match &setting["default"] {
                Value::Null => Cell::Empty,
                Value::String(word) => Cell::Text(word.clone()),
                other @ (Value::Bool(_) | Value::Number(_) | Value::Array(_) | Value::Object(_)) => {
                    Cell::Text(other.to_string())
                }
            }
        };
        let (about, words) = (about(setting), words(setting).join(", "));
        let one_of = text!(" One of: {words}.", ";可选:{words}");
        let about = if words.is_empty() { about } else { about + one_of.get(language) };
        vec![Cell::Name(name.clone(), name.clone()), default, Cell::Text(about)]
    };
    let settings = schema["properties"].as_object().into_iter().flatten();
    Sheet::of(heads, settings.map(line).collect())
}

/// The words that a setting may be, by its JSON Schema.
fn words(schema: &Value) -> Vec<&str> {
    let choices = ["oneOf", "anyOf"].into_iter().flat_map(|key| schema[key].as_array().into_iter().flatten());
    let named = schema["enum"].as_array().into_iter().flatten().chain([&schema["const"]]);
    named.filter_map(Value::as_str).chain(choices.flat_map(words)).collect()
}

/// What a JSON Schema says in words, in one line.
fn about(schema: &Value) -> String {
    schema["description"].as_str().unwrap_or_default().replace('\n', " ")
}

/// One operator: what it is, its settings, an example and its costs there.
pub fn one(entry: &Entry, style: Style) -> String {
    let (about, indent) = (about(&entry.described(style.language)), entry.name.len() + 2);
    let mut text = format!("{}: {}\n", entry.name, hanging(&about, indent, style.width));
    let settings = settings(entry, style.language);
    if !settings.lines.is_empty() {
        text.push_str(&format!("\n{}", terminal::write(&settings, style)));
    }
    let inputs = example_inputs(entry).iter().map(Shape::to_string).collect::<Vec<_>>().join(", ");
    let example = if inputs.is_empty() {
        text!("example", "示例")
    } else {
        text!("example, on {inputs}", "示例,输入 {inputs}")
    };
    let _ = writeln!(text, "\n{}:\n  {}", example.get(style.language), entry.example);
    for term in terms(entry) {
        let value =
            term.nominal.evaluate().map_or_else(|error| error.to_string(), |n| Notation::Text.number(n));
        let substituted = term.nominal.substitution(Notation::Text);
        let equation = format!("{} = {substituted} = {value}", rule(&term, style.language));
        let _ = writeln!(text, "  {}", hanging(&equation, 4, style.width));
    }
    let held = Notation::Text.number(inside(entry));
    if held != "0" {
        let line = text!(
            "held inside: {held} numbers, beside inputs and output",
            "内部保留:{held} 个数(输入和输出之外)"
        );
        let _ = writeln!(text, "  {}", hanging(line.get(style.language), 4, style.width));
    }
    text
}

/// The name and version of the JSON.
const SCHEMA: &str = "cnncost/ops/1";

/// Operators, as data.
#[derive(Debug, Serialize, JsonSchema)]
struct Document {
    /// The name and version of this form: `cnncost/ops/1`.
    schema: &'static str,
    /// The version of cnncost.
    version: &'static str,
    /// Every operator that was asked about.
    operators: Vec<Operator>,
}

/// An operator.
#[derive(Debug, Serialize, JsonSchema)]
struct Operator {
    /// Its name in a description.
    name: &'static str,
    /// The JSON Schema of its settings.
    settings: Value,
    /// An item of a description that uses it, as TOML.
    example: &'static str,
    /// The shapes that the example takes.
    example_inputs: &'static [&'static [u64]],
    /// What it costs in its example, a rule for each kind of operation.
    costs: Vec<Rule>,
    /// Numbers that it holds inside in its example.
    inside: u128,
}

/// How operations of a kind are counted.
#[derive(Debug, Serialize, JsonSchema)]
struct Rule {
    /// What is counted: `MACs`, `mul`, `add`, `div`, `cmp` or `exp`.
    counts: &'static str,
    /// What for, where that is not plain.
    #[schemars(with = "Option<String>")]
    purpose: Option<Purpose>,
    /// The formula, in names.
    #[serde(rename = "rule")]
    formula: String,
}

/// Writes the same as data.
///
/// # Errors
/// If it cannot be written.
pub fn json<'e>(entries: impl Iterator<Item = &'e Entry>, to: &mut dyn io::Write) -> io::Result<()> {
    let operators = entries.map(operator).collect();
    write_json(&Document { schema: SCHEMA, version: env!("CARGO_PKG_VERSION"), operators }, to)
}

/// The JSON Schema of what [`json`] writes.
pub fn json_schema() -> Schema {
    schemars::schema_for!(Document)
}

fn operator(entry: &Entry) -> Operator {
    let rule = |term: Term| Rule {
        counts: term.unit.factor().get(Language::English),
        purpose: term.purpose,
        formula: term.nominal.formula(Notation::Text),
    };
    Operator {
        name: entry.name,
        settings: entry.described(Language::English),
        example: entry.example,
        example_inputs: entry.example_inputs,
        costs: terms(entry).into_iter().map(rule).collect(),
        inside: inside(entry),
    }
}

/// What an operator costs in its example, a line for each kind: `add (bias): output elements`.
pub fn rules(entry: &Entry, language: Language) -> Vec<String> {
    terms(entry).iter().map(|term| rule(term, language)).collect()
}

fn rule(term: &Term, language: Language) -> String {
    let (label, formula) = (term.label(), term.nominal.formula_in(language, Notation::Text));
    format!("{}: {formula}", label.get(language))
}

/// Numbers that an operator holds inside in its example.
fn inside(entry: &Entry) -> u128 {
    let (inputs, operator) = (example_inputs(entry), example(entry));
    let output = operator.output(&inputs).expect("an operator accepts its example's inputs");
    operator.inside(&inputs, &output).evaluate().expect("an example's counts are small")
}

fn terms(entry: &Entry) -> Vec<Term> {
    let inputs = example_inputs(entry);
    let operator = example(entry);
    let output = operator.output(&inputs).expect("an operator accepts its example's inputs");
    operator.cost(&inputs, &output).expect("an example's counts are small").terms
}

fn example(entry: &Entry) -> Op {
    crate::read::operator(entry.example).expect("an operator reads its example")
}

fn example_inputs(entry: &Entry) -> Vec<Shape> {
    let shape = |dims: &&[u64]| Shape::new(dims.to_vec()).expect("an example's sizes are small");
    entry.example_inputs.iter().map(shape).collect()
}
