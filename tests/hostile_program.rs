//! The program on what means it no good, of every kind that it takes: it ends with a code of its own and in time, and what it
//! prints is text and data. A few hundred cases of each kind, the same each time; by the ten thousand with
//! `cargo test --release -- --ignored hostile`.

#[path = "common/hostile.rs"]
mod hostile;

use std::fs;
use std::path::Path;
use std::sync::LazyLock;

use candle_core::{DType, Device, Tensor};
use hostile::{answer, changed, damaged, hold, name, quoted};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;
use tempfile::TempDir;

/// A description with one of everything that has a name.
const NET: &str = "name = 'a net'
about = 'of every kind'
include = ['std.toml']
input = [2, 6, 6]
params = { c = 4, wide = false, word = ['a', 'b'], widths = [3, 4] }
variants = [{ name = 'v', set = { c = 5, wide = true, widths = [2] } }]
layers = [
  { name = 'first', op = 'conv2d', out_channels = 'c', kernel_size = 3, padding = 1 },
  { name = 'box', use = 'b', n = 'if(wide, 2, 1)', repeat = 2, first = { n = 1 } },
  { name = 'two', concat = { l = ['relu'], r = [{ op = 'max_pool2d', kernel_size = 3, stride = 1, padding = 1 }] } },
  { for = { n = 'widths' }, name = 'w{n}', op = 'conv2d', out_channels = 'n', kernel_size = 1, from = 'two' },
  { name = 'each', use = 'each', from = 'w*' },
  { add = [{ op = 'conv2d', out_channels = 'in', kernel_size = 1, repeat = 2, tied = true }], from = 'each.y0' },
  'flatten',
  { name = 'last', op = 'linear', out_features = 3 },
]
[blocks.b]
params = ['n']
layers = [{ op = 'batch_norm2d', repeat = 'n' }, 'relu']
[blocks.each]
inputs = ['x*']
outputs = ['y*']
layers = [{ for = { j = 'range(len(x))' }, name = 'y{j}', op = 'upsample', size = ['h(x0)', 'floor(sqrt(in))'], from = 'x{j}' }]
[[claims]]
expect = 'macs >= 2000'
says = 'it is not small'
[[claims]]
expect = 'params == 1'
erratum = 'it has more'
source = 'nobody'
";

/// Claims of every form.
const CLAIMS: &str = "name = 'notes'
about = 'what is said'
networks = { l = 'lenet5', n = { file = './net.toml', set = { c = 4 }, batch = 2, dtype = 'f16', input = [2, 6, 6] } }
[[claims]]
expect = 'l:params == 61706'
says = 'as many as in the paper'
source = 'table 1'
[[claims]]
expect = '400k < l:macs <= 0.5M'
[[claims]]
expect = 'l:macs ~ 417 k'
within = '1%'
working = '416520'
[[claims]]
expect = 'l:c1.output == [6, 28, 28]'
[[claims]]
expect = 'l:macs / n:macs > 1'
erratum = 'it does not'
[[claims]]
expect = 'fvcore l:flops ~ 0.42M'
[[claims]]
expect = 'l:t4.time <= 1ms'
[[claims]]
expect = 'not l:stm32h743.fits'
";

const DEVICES: &str = "[board]
about = 'a board'
source = 'its data sheet'
memory_bytes = 4_000_000
weight_memory_bytes = 1_000_000
largest_piece_bytes = 500_000
bandwidth_bytes_per_second = 25.6e9
peak_flops = { f32 = 236e9, f16 = 472e9, i8 = 1 }
";

const MAP: &str = "\"first\" = \"one\"\n\"box/{i}\" = \"norms.{i+1}\"\nlast.weight = \"head.w\"\n";

/// What stands somewhere in one of these, or nowhere.
const TOKENS: &str = "= , [ ] { } ' \" ( ) * / == <= < ~ : . @ % # 0 1 -1 3 7 1e9 1e38 0.5 9223372036854775807 \
    170141183460469231731687303715884105727 nan inf 5e-324 true name layers op use repeat from when set claims expect \
    within working erratum source says networks file batch dtype input macs params flops output peak_bytes t4 fits not l n \
    c conv2d linear relu groups stride memory_bytes peak_flops f32 \u{202e} \u{1b} \u{fffe} \\u001b \\n::error::x é";

/// What a description, or a network in general, is asked for.
const ASKED: &[&str] = &[
    "analyze --depth all --format table",
    "analyze --format tree",
    "analyze --format json",
    "analyze --format csv --columns macs,params,time,bound,kernel,receptive_field --device-spec t4",
    "analyze --format latex --lang zh",
    "analyze --memory --format markdown",
    "explain --format table",
    "explain --format json --lang zh",
    "compare lenet5 --format json",
    "compare lenet5 --format csv",
    "compare lenet5 --depth all --color always",
    "reconcile --format json",
    "reconcile 1.5k",
    "check --format github",
    "check --format junit",
    "check --format table",
    "check --format csv",
    "check --format json --lang zh",
];

/// What reads claims and devices.
const FORMATS: &[&str] = &["table", "markdown", "csv", "latex", "json", "junit", "github"];

struct Folder(TempDir);

impl Folder {
    fn new() -> Self {
        let folder = Self(tempfile::tempdir().unwrap());
        folder.write("net.toml", NET);
        folder
    }

    fn path(&self) -> &Path {
        self.0.path()
    }

    fn write(&self, name: &str, bytes: impl AsRef<[u8]>) {
        fs::write(self.path().join(name), bytes).unwrap();
    }

    /// Asks for `asked`, with the file behind the command.
    fn ask(&self, file: &str, asked: &str) -> Result<(), String> {
        self.ask_at("80", file, asked)
    }

    /// The same in a terminal of so many columns.
    fn ask_at(&self, columns: &str, file: &str, asked: &str) -> Result<(), String> {
        let (command, options) = asked.split_once(' ').unwrap();
        let arguments = [command, file].into_iter().chain(options.split(' ')).map(str::to_owned);
        answer(self.path(), columns, &arguments.collect::<Vec<_>>())
    }
}

/// The words of a list.
fn list(words: &'static str) -> Vec<&'static str> {
    words.split(' ').collect()
}

fn token() -> impl Strategy<Value = &'static str> {
    select(list(TOKENS))
}

/// A name that can stand on the command line, and names no file outside of a folder.
fn scraps() -> impl Strategy<Value = String> {
    name().prop_map(|name| name.replace(['\0', '/'], ""))
}

fn descriptions(cases: u32) {
    let folder = Folder::new();
    let case = (changed(NET, token()), select(ASKED));
    hold(cases, &case, |(text, asked)| {
        folder.write("x.toml", &text);
        folder.ask("x.toml", asked).map_err(|why| format!("{why}\n{text}"))
    });
}

fn claims(cases: u32) {
    let folder = Folder::new();
    hold(cases, &(changed(CLAIMS, token()), select(FORMATS)), |(text, format)| {
        folder.write("c.toml", &text);
        folder.ask("c.toml", &format!("check --format {format}")).map_err(|why| format!("{why}\n{text}"))
    });
}

fn devices(cases: u32) {
    let folder = Folder::new();
    let format = select(&["table", "csv", "json", "markdown"][..]);
    hold(cases, &(changed(DEVICES, token()), format), |(text, format)| {
        folder.write("d.toml", &text);
        let asked =
            format!("analyze --device-spec ./d.toml --columns time,share,bound,macs --format {format}");
        folder.ask("lenet5", &asked).map_err(|why| format!("{why}\n{text}"))
    });
}

/// The weights of the description, in the order of its layers.
static WEIGHTS: LazyLock<Vec<(&str, Tensor)>> = LazyLock::new(|| {
    let tensor = |dims: &[usize]| Tensor::ones(dims, DType::F32, &Device::Cpu).unwrap();
    vec![
        ("first.weight", tensor(&[4, 2, 3, 3])),
        ("first.bias", tensor(&[4])),
        ("box.batch_norm2d_1.weight", tensor(&[4])),
        ("box.batch_norm2d_1.bias", tensor(&[4])),
        ("box.batch_norm2d_1.running_mean", tensor(&[4])),
        ("box.batch_norm2d_1.running_var", tensor(&[4])),
        ("last.weight", tensor(&[3, 288])),
        ("last.bias", tensor(&[3])),
    ]
});

/// What `write` makes of a file, for as long as the tests run.
fn bytes(name: &str, write: impl Fn(&Path)) -> &'static [u8] {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(name);
    write(&path);
    fs::read(path).unwrap().leak()
}

static ARRAY: LazyLock<&[u8]> = LazyLock::new(|| {
    let array = Tensor::ones(&[1, 2, 6, 6], DType::F32, &Device::Cpu).unwrap();
    bytes("x.npy", |path| array.write_npy(path).unwrap())
});

static NPZ: LazyLock<&[u8]> =
    LazyLock::new(|| bytes("w.npz", |path| Tensor::write_npz(&WEIGHTS[..], path).unwrap()));

static SAFETENSORS: LazyLock<&[u8]> = LazyLock::new(|| {
    let all = WEIGHTS.iter().cloned().collect();
    bytes("w.safetensors", |path| candle_core::safetensors::save(&all, path).unwrap())
});

fn arrays(cases: u32) {
    let folder = Folder::new();
    hold(cases, &damaged(*ARRAY), |bytes| {
        folder.write("x.npy", &bytes);
        folder
            .ask("net.toml", "run --input x.npy --format json")
            .map_err(|why| format!("{why}\n{}", bytes.escape_ascii()))
    });
}

fn weights(cases: u32) {
    let folder = Folder::new();
    let files = prop_oneof![
        damaged(*NPZ).prop_map(|bytes| ("w.npz", bytes)),
        damaged(*SAFETENSORS).prop_map(|bytes| ("w.safetensors", bytes)),
    ];
    hold(cases, &files, |(name, bytes)| {
        folder.write(name, &bytes);
        folder
            .ask("net.toml", &format!("run --weights {name} --verbose"))
            .map_err(|why| format!("{why}\n{}", bytes.escape_ascii()))
    });
}

fn maps(cases: u32) {
    let folder = Folder::new();
    folder.write("w.safetensors", *SAFETENSORS);
    hold(cases, &changed(MAP, token()), |text| {
        folder.write("map.toml", &text);
        folder
            .ask("net.toml", "run --weights w.safetensors --map map.toml --verbose")
            .map_err(|why| format!("{why}\n{text}"))
    });
}

const OPTIONS: &str = "--depth --columns --sort --memory --device-spec --like --format --batch --set --input --dtype --dim --strict --quiet \
    --lang --color --within --update --weights --map --seed --device --engine --verbose --dump -h --help -V -o --threads \
    --precision --min-time -- - --x";

const VALUES: &str = "0 1 7 -1 1e3 1.5 18446744073709551615 18446744073709551616 340282366920938463463374607431768211456 1,2 , all nan inf \
    50% macs macs,params share name t4 ./net.toml net.toml@v net.toml@* nowhere.toml . fvcore thop table tree \
    json csv junit github latex en zh always never f16 i8 bf16 f32 2x6x6 0x0 1x1x1 c=5 c=-1 c=1e99 = 1:c=2 lenet5:c=2 cpu \
    cuda:9 candle toml out.txt lenet5 lenet5@v bottleneck lecture11 conv2d first box/relu 1.2M net";

fn arguments(cases: u32) {
    let commands = list("analyze explain compare check reconcile run models ops schema help lenet5 net.toml");
    let value = || prop_oneof![8 => select(list(VALUES)).prop_map(str::to_owned), 1 => scraps()];
    let option = (select(list(OPTIONS)), prop::option::weighted(0.8, value()), any::<bool>());
    let option = option.prop_map(|(option, value, is_joined)| match value {
        None => vec![option.to_owned()],
        Some(value) if is_joined => vec![format!("{option}={value}")],
        Some(value) => vec![option.to_owned(), value],
    });
    let file = select(&["lenet5", "net.toml", "bottleneck@*", "./net.toml@v"][..]).prop_map(str::to_owned);
    let files = vec(prop_oneof![4 => file, 1 => value()], 0..3);
    let case = (select(commands), files, vec(option, 0..4));
    hold(cases, &case, |(command, files, options)| {
        let folder = Folder::new();
        let arguments = [vec![command.to_owned()], files, options.concat()].concat();
        answer(folder.path(), "80", &arguments)
    });
}

fn widths(cases: u32) {
    let folder = Folder::new();
    let columns = prop_oneof![
        (0..=40_u64).boxed(),
        select(&[65_570, 1 << 32, u64::MAX][..]).boxed(),
        any::<u64>().boxed()
    ];
    let file = select(&["net.toml", "net.toml@*", "bottleneck@*", "lenet5"][..]);
    hold(cases, &(columns, file, select(ASKED)), |(columns, file, asked)| {
        folder.ask_at(&columns.to_string(), file, asked)
    });
}

/// Names in files, of files, and on the command line.
fn names(cases: u32) {
    hold(cases, &(name(), 0..10_usize, select(ASKED), select(FORMATS)), |(name, place, asked, format)| {
        let folder = Folder::new();
        let in_toml = |old: &str| NET.replace(&format!("'{old}'"), &quoted(&name));
        let wrong = |why| format!("{why}\nthe name is {name:?}");
        let (file, text) = match place {
            // Of a file, where the system has such names.
            0 | 1 => (format!("{name}.toml"), NET.to_owned()),
            2 => ("x.toml".to_owned(), in_toml("a net")),
            3 => ("x.toml@*".to_owned(), in_toml("v")),
            4 => ("x.toml".to_owned(), in_toml("first")),
            5 => ("x.toml".to_owned(), in_toml("it has more").replace("'nobody'", &quoted(&name))),
            6 => {
                folder.write("d.toml", DEVICES.replace("board", &quoted(&name)));
                let asked = format!("analyze --device-spec ./d.toml --format {format}");
                return folder.ask("net.toml", &asked).map_err(wrong);
            }
            7 => {
                let claims = CLAIMS
                    .replace("l = ", &format!("{} = ", quoted(&name)))
                    .replace("'as many as in the paper'", &quoted(&name));
                folder.write("c.toml", claims.replace("'notes'", &quoted(&name)));
                return folder.ask("c.toml", &format!("check --format {format}")).map_err(wrong);
            }
            8 => {
                // A tensor of that name, which fits by its shape.
                let all = WEIGHTS.iter().map(|(old, tensor)| {
                    (if *old == "last.bias" { name.clone() } else { (*old).to_owned() }, tensor.clone())
                });
                let path = folder.path().join("w.safetensors");
                candle_core::safetensors::save(&all.collect(), path).unwrap();
                return folder.ask("net.toml", "run --weights w.safetensors --verbose").map_err(wrong);
            }
            _ => {
                let name = name.replace('\0', "");
                let set = ["analyze", "net.toml", "--set", &format!("word={name}")].map(str::to_owned);
                let layer = ["explain", "net.toml", &name].map(str::to_owned);
                let answers = [&set[..], &layer].map(|asked| answer(folder.path(), "80", asked));
                return answers.into_iter().collect::<Result<_, _>>().map_err(wrong);
            }
        };
        let path = folder.path().join(file.trim_end_matches("@*"));
        if path.parent() != Some(folder.path()) || file.contains('\0') || fs::write(&path, text).is_err() {
            return Ok(());
        }
        let file = if file.starts_with('-') { format!("./{file}") } else { file };
        folder.ask(&file, asked).map_err(wrong)?;
        // Beside another, by what it is called.
        let both = ["analyze", "net.toml", &file, "--format", "csv"].map(str::to_owned);
        answer(folder.path(), "80", &both).map_err(wrong)
    });
}

/// Each kind, with a few hundred cases, and at length.
macro_rules! kinds {
    ($($kind:ident $few:literal)*) => {
        mod few {
            $(#[test] fn $kind() { super::$kind($few); })*
        }

        mod hostile_at_length {
            $(#[test] #[ignore = "takes minutes"] fn $kind() { super::$kind(10_000); })*
        }
    };
}

kinds! {
    descriptions 300
    claims 300
    devices 200
    arrays 300
    weights 400
    maps 150
    arguments 500
    widths 150
    names 400
}
