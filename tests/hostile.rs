//! Whatever a file holds, it is read to an answer: no panic, no hang, and every mistake can be drawn.

#[path = "../fuzz/bodies.rs"]
#[allow(dead_code, reason = "each test uses a part of it")]
mod bodies;
#[path = "common/hostile.rs"]
mod common;

use std::time::{Duration, Instant};

use cnncost::read::bundled::{BLOCKS, BUNDLED};
use cnncost::read::{Description, Options};
use cnncost::text::Language;
use common::{apply, change};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;

/// No file of this size should need a tenth of it; a busy machine may.
const PATIENCE: Duration = Duration::from_secs(10);

/// Failures are not kept in a file: a case that was found belongs into a test of its own, by hand.
fn config() -> ProptestConfig {
    ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() }
}

/// Words that mean something somewhere in a description.
const WORDS: &[&str] = &[
    "input",
    "inputs",
    "params",
    "variants",
    "layers",
    "blocks",
    "claims",
    "name",
    "from",
    "when",
    "repeat",
    "weights",
    "frozen",
    "op",
    "use",
    "branches",
    "side",
    "merge",
    "dim",
    "defaults",
    "choices",
    "include",
    "outputs",
    "for",
    "first",
    "tied",
    "add",
    "concat",
    "previous",
    "range(3)",
    "len(x)",
    "b*",
    "y{n}",
    "s.y0",
    "r/*",
    "sum(n)",
    "h(x)",
    "n[0]",
    "set",
    "conv2d",
    "out_channels",
    "kernel_size",
    "padding",
    "padding_mode",
    "broadcast",
    "deform_conv2d",
    "stride",
    "dilation",
    "groups",
    "relu",
    "batch_norm2d",
    "linear",
    "out_features",
    "max_pool2d",
    "avg_pool2d",
    "flatten",
    "concat",
    "add",
    "mul",
    "parameter",
    "a",
    "b",
    "c",
];

/// Expressions, right and wrong, and sizes of every kind.
const VALUES: &[&str] = &[
    "0",
    "1",
    "2",
    "3",
    "-1",
    "4000001",
    "9223372036854775807",
    "-9223372036854775808",
    "0.5",
    "1e308",
    "nan",
    "inf",
    "true",
    "false",
    "'a'",
    "'b'",
    "'c'",
    "'conv2d'",
    "'relu'",
    "'concat'",
    "'same'",
    "'std.toml'",
    "['a', 'b']",
    "'same_upper'",
    "'half'",
    "'circular'",
    "[[0, 1], [9223372036854775807, 2]]",
    "'in'",
    "'in / 0'",
    "'h * w'",
    "'i'",
    "'2 * (in + 1'",
    "'dim(0)'",
    "'dim(1)'",
    "'1/3'",
    "'a == b'",
    "'if a then 1 else 2'",
    "'99999999999 * 99999999999 * 99999999999 * 99999999999'",
    "'-in'",
    "'输入'",
    "''",
    "1979-05-27",
    "[8, 6, 6]",
    "[]",
    "{}",
    "[1, [2]]",
    "[{ op = 'relu' }]",
    "['a', 'b']",
    "{ a = [{ op = 'relu' }], b = [] }",
];

const MARKS: &[&str] =
    &["=", ",", "[", "]", "{", "}", "[[", "]]", ".", "\n", "'", "\"", "'''", "#", "\u{feff}", "é", "\0", "("];

/// Reads, expands and analyzes, and draws every mistake in every way.
fn survive(text: &str) {
    let start = Instant::now();
    let network = Description::parse("hostile.toml", text)
        .and_then(|description| description.expand(&Options::default()));
    match network {
        Ok(network) => {
            // A count that is too large is an answer too.
            let _ = cnncost::analyze(&network.graph);
        }
        Err(error) => {
            for language in [Language::English, Language::Chinese] {
                for (color, width) in [(false, 20), (true, 80), (false, 200)] {
                    assert!(!error.render(language, color, width).is_empty());
                }
            }
        }
    }
    let took = start.elapsed();
    assert!(took < PATIENCE, "{took:?}");
}

fn word() -> impl Strategy<Value = &'static str> {
    select(WORDS)
}

fn token() -> impl Strategy<Value = &'static str> {
    prop_oneof![4 => select(WORDS), 4 => select(VALUES), 3 => select(MARKS)]
}

/// Settings that every item takes, so that some networks get as far as their numbers.
const FITTING: &[&str] = &[
    "when = 'a == 2'",
    "when = 'in > 3 and not (h == w)'",
    "repeat = 2",
    "repeat = 'a'",
    "repeat = 'in - 8'",
    "frozen = true",
    "from = 'input'",
];

/// None, fitting ones or any.
fn settings() -> impl Strategy<Value = String> {
    let any = (word(), select(VALUES)).prop_map(|(key, value)| format!("{key} = {value}"));
    prop_oneof![
        8 => Just(String::new()),
        6 => select(FITTING).prop_map(str::to_owned),
        1 => vec(any, 1..4).prop_map(|settings| settings.join(", ")),
    ]
}

/// An item that is right but for its settings, which are anything; some hold items in turn.
fn item() -> impl Strategy<Value = String> {
    let body = select(
        &[
            "op = 'relu'",
            "op = 'conv2d', out_channels = 'in', kernel_size = 1",
            "op = 'conv2d', out_channels = 9223372036854775807, kernel_size = 'a'",
            "op = 'conv2d', out_channels = 'b', kernel_size = 3, padding = 'i', groups = 'in'",
            "op = 'flatten'",
            "op = 'add'",
            "use = 'a'",
            "use = 'b'",
        ][..],
    )
    .prop_map(str::to_owned);
    let leaf = (body, settings()).prop_map(|(body, settings)| join(&body, &settings));
    leaf.prop_recursive(3, 16, 3, |inner| {
        let items = vec(inner, 0..3).prop_map(|items| items.join(", "));
        let shapes = &["layers = [%]", "side = [%]", "merge = 'concat', branches = { a = [%], b = [] }"][..];
        (items, select(shapes), settings())
            .prop_map(|(items, shape, settings)| join(&shape.replace('%', &items), &settings))
    })
}

fn join(body: &str, settings: &str) -> String {
    let comma = if settings.is_empty() { "" } else { ", " };
    format!("{{ {body}{comma}{settings} }}")
}

/// A file whose frame is valid, with stray tokens behind it now and then.
fn nearly_valid() -> impl Strategy<Value = String> {
    let items = || vec(item(), 0..4).prop_map(|items| items.join(",\n  "));
    let stray = prop_oneof![6 => Just(vec![]), 1 => vec(token(), 0..12)];
    (items(), items(), select(VALUES), stray).prop_map(|(layers, block, value, stray)| {
        let stray = stray.join(" ");
        format!(
            "input = [8, 6, 6]\nparams = {{ a = 2, b = 8 }}\nlayers = [\n  {layers}\n]\n\
                 [blocks.a]\ndefaults = {{ c = {value} }}\nlayers = [\n  {block}\n]\n\
                 [blocks.b]\nlayers = [{{ op = 'relu' }}, {{ use = 'a' }}]\n{stray}"
        )
    })
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn any_text_is_answered(text in prop_oneof![any::<String>(), "(?s).{0,200}"]) {
        survive(&text);
    }

    #[test]
    fn any_tokens_are_answered(tokens in vec(token(), 0..60)) {
        survive(&tokens.join(" "));
    }

    #[test]
    fn what_is_nearly_a_description_is_answered(text in nearly_valid()) {
        survive(&text);
    }

    #[test]
    fn changed_bundled_descriptions_are_answered(
        file in (0..BUNDLED.len()).prop_map(|at| &BUNDLED[at]),
        changes in vec(change(token()), 1..4),
    ) {
        survive(&changes.iter().fold(file.text.to_owned(), |text, change| apply(&text, change)));
    }

    /// Files of blocks, of which one is included by way of the other.
    #[test]
    fn changed_included_files_are_answered(changes in vec(change(token()), 1..4), is_first in any::<bool>()) {
        let used = "include = '1'\ninput = [3, 8, 8]\nlayers = [{ use = 'stem7' }, { use = 'bottleneck', mid = 8 }, { use = 'classifier' }]";
        let file = changes.iter().fold(BLOCKS[0].text.to_owned(), |text, change| apply(&text, change));
        let (one, other) = ("include = ['2']", &*file);
        let files = if is_first { [used, other, one] } else { [used, one, other] };
        bodies::description(files.join("\n---\n").as_bytes());
    }
}
