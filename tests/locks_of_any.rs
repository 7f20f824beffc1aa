//! Whatever is locked holds: files, parameters and words of any name, numbers as they may be written, every choice together.

#[path = "common/hostile.rs"]
mod hostile;

use std::cell::Cell;
use std::fmt::Display;
use std::fs;
use std::path::Path;

use assert_cmd::Command;
use cnncost::claim::Report;
use cnncost::shape::ElementType;
use cnncost::source::{self, Choice, Claims, lock};
use hostile::{hold, quoted};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;

/// What a file and a word are called: plain, quoted, in other scripts, like something else.
const NAMES: [&str; 14] =
    ["net", "n-2", "a b", "größe", "模型", "a'b", "a\"b", "a.b", "a@b", "x:y", "-x", "#", "=", "macs == 1"];

/// What parameters are called.
const PARAMS: [&str; 6] = ["n", "größe", "模型", "_", "x2", "Z"];

/// The kinds of numbers that `--set` takes, of which any may be joined to any.
const DIGITS: [&str; 12] = [
    "0",
    "1",
    "05",
    "2.50",
    "2.99999999999999999999",
    "900719925474099.99",
    "1e-30",
    "1E+2",
    "12e-1",
    "1_000",
    "0.1",
    "3",
];

/// What a lock is made with.
#[derive(Clone, Debug)]
struct Made {
    file: String,
    param: &'static str,
    number: &'static str,
    word: &'static str,
    sets: u8,
    variant: Option<&'static str>,
    sizes: Option<(u64, u64)>,
    batch: Option<u64>,
    element: Option<ElementType>,
    within: Option<&'static str>,
}

fn made() -> impl Strategy<Value = Made> {
    let file =
        vec(select(&NAMES[..]), 1..3).prop_map(|names| format!("{}.toml", names.concat().replace('/', "")));
    let what = (file, select(&PARAMS[..]), select(&DIGITS[..]), select(&NAMES[..]), 0..4_u8);
    let variant = prop::option::of(select(&["wide", "*"][..]));
    let batch = prop::option::of(prop_oneof![1..9_u64, Just(u64::MAX)]);
    let element = select(&[ElementType::F32, ElementType::F16, ElementType::Bf16, ElementType::I8][..]);
    let within = prop::option::of(select(&["0", "1%", "2.5 %", "0.01", "100%", " 3% "][..]));
    let how = (variant, prop::option::of((3..40_u64, 3..40_u64)), batch, prop::option::of(element), within);
    (what, how).prop_map(|((file, param, number, word, sets), (variant, sizes, batch, element, within))| {
        Made { file, param, number, word, sets, variant, sizes, batch, element, within }
    })
}

impl Made {
    /// The description: a number and a word to set, each of which counts.
    fn text(&self) -> String {
        let (param, words) = (quoted(self.param), NAMES.map(quoted).join(", "));
        format!(
            "input = [3, 40, 40]\nparams = {{ {param} = 1, word = [{words}], c = 4 }}\n\
             variants = [{{ name = 'wide', set = {{ c = 9 }} }}]\n\
             layers = [{{ op = 'conv2d', out_channels = 'c', kernel_size = 3 }}]\n"
        )
    }

    fn set(&self) -> Vec<(String, String)> {
        let number = (self.param.to_owned(), self.number.to_owned());
        let word = ("word".to_owned(), self.word.to_owned());
        let channels = ("c".to_owned(), "07".to_owned());
        [number, word, channels].into_iter().take(self.sets.into()).collect()
    }

    fn choice(&self) -> Choice {
        let input = self.sizes.map(|(height, width)| vec![3, height, width]);
        Choice { set: self.set(), input, element: self.element, batch: self.batch, ..Choice::default() }
    }

    fn arguments(&self) -> Vec<String> {
        let variant = self.variant.map_or(String::new(), |variant| format!("@{variant}"));
        let mut arguments = vec![format!("./{}{variant}", self.file)];
        arguments.extend(self.set().iter().map(|(name, value)| format!("--set={name}={value}")));
        arguments.extend(self.sizes.map(|(height, width)| format!("--input=3x{height}x{width}")));
        arguments.extend(self.batch.map(|batch| format!("--batch={batch}")));
        arguments.extend(self.element.map(|element| format!("--dtype={}", element.name())));
        arguments.extend(self.within.map(|within| format!("--within={within}")));
        arguments
    }
}

/// What `check --update` writes, `check` reads to a pass: of any file, with any choice.
#[test]
fn whatever_is_locked_holds() {
    let folder = tempfile::tempdir().unwrap();
    let count = Cell::new(0);
    hold(300, &made(), |made| {
        let path = folder.path().join(&made.file);
        fs::write(&path, made.text()).unwrap();
        let wrong = |why: &dyn Display| format!("{why}\n{}", made.text());
        let variant = made.variant.map_or(String::new(), |variant| format!("@{variant}"));
        let named = source::open(&format!("{}{variant}", path.display())).map_err(|why| wrong(&why))?;
        let reference = lock::reference(&named, folder.path()).map_err(|why| wrong(&why))?;
        let mut locked = vec![];
        for variant in named.variants().map_err(|why| wrong(&why))? {
            let chosen = made.choice().of(variant.as_deref());
            // A batch at which a count is too large is no matter of locks.
            let Ok(subject) = named.subject(&chosen) else { return Ok(()) };
            let variant = subject.variant.as_ref().map_or(String::new(), |variant| format!("@{variant}"));
            locked.push((format!("{reference}{variant}"), subject));
        }
        count.set(count.get() + 1);
        let text = lock::lock(&locked, &made.choice(), made.within);
        let lock = folder.path().join("lock.toml");
        let claims =
            Claims::parse(lock.to_str().unwrap(), &text).map_err(|why| wrong(&format!("{why}\n{text}")))?;
        let reports =
            claims.check(&Choice::default(), &mut vec![]).map_err(|why| wrong(&format!("{why}\n{text}")))?;
        let failed = reports.iter().map(Report::failures).sum::<usize>();
        (failed == 0).then_some(()).ok_or_else(|| wrong(&format!("{failed} claims fail\n{text}")))
    });
    assert!(count.get() > 100, "only {} can be locked", count.get());
}

/// The same through the program, and written anew.
#[test]
fn whatever_the_program_locks_holds() {
    hold(40, &made(), |made| {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join(&made.file), made.text()).unwrap();
        let arguments = made.arguments();
        let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
        let (code, _, said) = check(folder.path(), &[&arguments[..], &["--update", "l.lock"]].concat());
        if code != Some(0) {
            return said.contains("128 bits").then_some(()).ok_or(said);
        }
        let first = fs::read_to_string(folder.path().join("l.lock")).unwrap();
        for again in [&["l.lock"][..], &["l.lock", "--update"], &["l.lock"]] {
            let (code, out, said) = check(folder.path(), again);
            let now = fs::read_to_string(folder.path().join("l.lock")).unwrap();
            if code != Some(0) || now != first {
                return Err(format!("{arguments:?}, {again:?}: {code:?}\n{first}\n{now}\n{out}{said}"));
            }
        }
        Ok(())
    });
}

fn check(folder: &Path, arguments: &[&str]) -> (Option<i32>, String, String) {
    let mut command = Command::cargo_bin("cnncost").unwrap();
    command.env_remove("CLICOLOR_FORCE").current_dir(folder).arg("check").args(arguments);
    let output = command.output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (output.status.code(), text(output.stdout), text(output.stderr))
}
