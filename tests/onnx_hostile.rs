//! ONNX files that mean no good: each is read or refused, at which byte, in little time and memory.
//!
//! `cargo test --test onnx_hostile -- --nocapture` prints how much.
#![expect(clippy::print_stdout, reason = "the table is for whoever asks for it")]

use std::io::Cursor;
use std::sync::Mutex;
use std::time::{Duration, Instant};

use cnncost::read::onnx::messages::Model;
use cnncost::read::onnx::{File, Mistake, read};
use peak_alloc::PeakAlloc;

#[path = "../src/read/onnx/bytes.rs"]
mod bytes;

use bytes::{field, number, with_graph};

#[global_allocator]
static ALLOCATOR: PeakAlloc = PeakAlloc;

/// One at a time: memory is that of the whole process.
static ALONE: Mutex<()> = Mutex::new(());

/// What reading may take beside the file itself.
const MOST_MEMORY: usize = 200_000_000;

/// On an idle machine, if optimized, none takes a second.
const PATIENCE: Duration = Duration::from_secs(60);

fn measured(bytes: &[u8]) -> Result<Model, Mistake> {
    ALLOCATOR.reset_peak_usage();
    let (before, start) = (ALLOCATOR.current_usage(), Instant::now());
    let model = read(Cursor::new(bytes));
    let (took, memory) = (start.elapsed(), ALLOCATOR.peak_usage() - before);
    println!("{took:?}, {} MB, of a file of {}", memory / 1_000_000, bytes.len() / 1_000_000);
    assert!(took < PATIENCE, "{took:?}");
    assert!(memory < MOST_MEMORY, "{memory} bytes");
    model
}

/// A small network that has something of everything, and a function behind it.
fn network() -> [Vec<u8>; 2] {
    let strings = |at, values: &[&str]| values.iter().flat_map(|value| field(at, value)).collect::<Vec<_>>();
    let of_graph = [field(1, "then_branch"), field(6, field(1, field(4, "Relu"))), number(20, 5)].concat();
    let ints = [field(1, "pads"), field(8, [1, 1, 1, 1]), number(20, 7)].concat();
    let text = [field(1, "mode"), field(4, "nearest"), number(20, 3)].concat();
    let tensor =
        |data: Vec<u8>| [number(1, 2), number(1, 3), number(2, 1), field(8, "weight"), data].concat();
    let constant = [field(1, "value"), field(5, tensor(field(4, [0; 24]))), number(20, 4)].concat();
    let scopes = field(9, [field(1, "namespace"), field(2, ": net/layer1: conv")].concat());
    let node = [
        strings(1, &["x", "weight", ""]),
        strings(2, &["y"]),
        field(3, "/layer1/Conv"),
        field(4, "Conv"),
        [of_graph, ints, text, constant].iter().flat_map(|attribute| field(5, attribute)).collect(),
        scopes,
    ];
    let shape = field(2, [field(1, number(1, 3)), field(1, field(2, "height"))].concat());
    let info = |name| [field(1, name), field(2, field(1, [number(1, 1), shape.clone()].concat()))].concat();
    let external = [("location", "w.bin"), ("offset", "4096"), ("length", "24")];
    let external =
        external.iter().flat_map(|(key, value)| field(13, [field(1, key), field(2, value)].concat()));
    let external: Vec<_> = external.chain(number(14, 1)).collect();
    let function = [field(1, "f"), field(10, "local"), field(7, node.concat()), field(9, number(2, 17))];
    let model = [
        number(1, 8),
        field(2, "writer"),
        field(8, number(2, 17)),
        with_graph(&[
            field(1, node.concat()),
            field(5, tensor(field(9, [0; 24]))),
            field(5, tensor(external)),
            field(11, info("x")),
            field(12, info("y")),
            field(13, info("z")),
        ]),
    ];
    [model.concat(), field(25, function.concat())]
}

fn nested(deep: usize) -> Vec<u8> {
    let graph =
        |inner: Vec<u8>| field(1, field(5, [field(1, "body"), field(6, inner), number(20, 5)].concat()));
    with_graph(&[(1..deep).fold(field(1, []), |inner, _| graph(inner))])
}

#[test]
fn bodies_lie_only_so_deep_in_one_another() {
    let _alone = ALONE.lock();
    assert!(measured(&nested(60)).is_ok());
    for deep in [70, 3_000] {
        let mistake = measured(&nested(deep)).unwrap_err();
        assert!(mistake.why.english.contains("more than 64 deep"), "{mistake}");
    }
    // Functions are in no other; what one uses is found by its name.
    let functions = (0..100_000).flat_map(|index| {
        let uses = [field(4, format!("f{}", index + 1)), field(7, "local")].concat();
        field(25, [field(1, format!("f{index}")), field(10, "local"), field(7, uses)].concat())
    });
    let bytes: Vec<_> = with_graph(&[]).into_iter().chain(functions).collect();
    assert_eq!(measured(&bytes).unwrap().functions.len(), 100_000);
}

/// What a file has, the file, which is made when it is needed, and what is said of it.
type Case<'a> = (&'a str, &'a dyn Fn() -> Vec<u8>, &'a str);

/// Little that is repeated until it is much: what of it takes memory has an end, and what takes none is fast.
#[test]
fn many_small_things_take_little() {
    const FULL: &str = "takes more than 112 MB";
    let _alone = ALONE.lock();
    let attribute = || field(5, []);
    let node = |content: Vec<u8>| with_graph(&[field(1, content)]);
    let graph = |piece: Vec<u8>, count| with_graph(&[piece.repeat(count)]);
    let setting = |content: Vec<u8>| with_graph(&[field(1, field(5, content))]);
    let behind = |piece: Vec<u8>, count| [with_graph(&[]), piece.repeat(count)].concat();
    let names = || (0..1_500_000).flat_map(|index| field(3, format!("{index:x}"))).collect();
    let cases: [Case<'_>; 18] = [
        ("empty nodes", &|| graph(field(1, []), 10_000_000), FULL),
        ("nodes of one attribute", &|| graph(field(1, attribute()), 1_000_000), FULL),
        ("attributes", &|| node(attribute().repeat(2_500_000)), FULL),
        ("tensors", &|| graph(field(5, []), 2_000_000), FULL),
        ("inputs", &|| node(field(1, []).repeat(8_000_000)), FULL),
        (
            "sizes of values",
            &|| graph(field(13, field(2, field(1, field(2, field(1, []))))), 2_000_000),
            FULL,
        ),
        ("sizes", &|| with_graph(&[field(5, field(1, vec![1; 20_000_000]))]), FULL),
        ("numbers", &|| setting(field(8, vec![1; 20_000_000])), FULL),
        ("numbers alone", &|| setting(number(8, 1).repeat(10_000_000)), "ok"),
        ("words", &|| setting(field(9, "a").repeat(2_500_000)), FULL),
        (
            "parts",
            &|| with_graph(&[field(5, [number(7, 1), number(99, 1)].concat().repeat(7_000_000))]),
            FULL,
        ),
        ("graphs", &|| graph(field(1, field(5, field(6, []))), 500_000), FULL),
        ("functions", &|| behind(field(25, []), 1_000_000), FULL),
        ("names that are not kept", &|| node(names()), FULL),
        ("fields that there are not", &|| behind(vec![0x50, 1], 17_000_000), "more than 16000000 fields"),
        ("a long list", &|| with_graph(&[field(5, field(7, vec![1; 50_000_000]))]), "ok"),
        ("a long name", &|| with_graph(&[field(2, vec![b'a'; 50_000_000])]), "more than 65536 bytes"),
        ("a long word", &|| setting(field(4, vec![b'a'; 50_000_000])), "ok"),
    ];
    for (name, bytes, says) in cases {
        let bytes = bytes();
        print!("{name}: ");
        let said = measured(&bytes).map_or_else(|mistake| mistake.to_string(), |_| "ok".to_owned());
        assert!(said.contains(says), "{name}: {said}");
    }
}

#[test]
fn files_may_be_cut_anywhere() {
    let _alone = ALONE.lock();
    let [model, function] = network();
    let whole = [&model[..], &function].concat();
    assert_eq!(measured(&whole).unwrap().functions.len(), 1);
    for length in 0..whole.len() {
        match read(Cursor::new(&whole[..length])) {
            Ok(model_read) => assert!(length == model.len() && model_read.functions.is_empty(), "{length}"),
            Err(mistake) => assert!(mistake.byte <= length as u64, "{length}: {mistake}"),
        }
    }
    let many = with_graph(&vec![
        field(
            1,
            [field(4, "Relu"), field(1, "x"), field(2, "y"), field(3, [b'n'; 100])].concat()
        );
        20_000
    ]);
    for length in (0..many.len()).step_by(1024) {
        // The graph says how long it is.
        let mistake = read(Cursor::new(&many[..length])).unwrap_err();
        assert!(length == 0 || mistake.why.english.contains("cut off"), "{length}: {mistake}");
        // And if it said what it has, the last node would be cut off.
        let shorter = with_graph(&[many[4.min(length)..length].to_vec()]);
        if let Err(mistake) = read(Cursor::new(&shorter)) {
            assert!(mistake.byte <= shorter.len() as u64, "{length}: {mistake}");
        }
    }
}

/// Whatever is in the bytes, nothing panics, and what is read can be asked for its numbers.
#[test]
fn bytes_may_be_any() {
    let _alone = ALONE.lock();
    let whole = network().concat();
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    let mut random = move |below: usize| {
        // Marsaglia's xorshift.
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        usize::try_from(state % below as u64).unwrap()
    };
    let (mut read, mut refused) = (0, 0);
    for _ in 0..20_000 {
        let mut bytes = whole.clone();
        for _ in 0..=random(3) {
            let at = random(bytes.len());
            match random(4) {
                0 => bytes[at] ^= 1 << random(8),
                1 => bytes[at] = random(256).to_le_bytes()[0],
                2 => drop(bytes.drain(at..(at + random(9)).min(bytes.len()))),
                _ => bytes.splice(at..at, (0..random(9)).map(|_| 0xff)).for_each(drop),
            }
            if bytes.is_empty() {
                break;
            }
        }
        let file = File::hold(&bytes[..]).unwrap();
        match file.model() {
            Ok(model) => {
                read += 1;
                for tensor in &model.graph.initializers {
                    if let Ok(array) = file.values(tensor, 1_000) {
                        assert!(array.numbers.is_none() || array.dims.iter().product::<u64>() <= 1_000);
                    }
                }
            }
            Err(mistake) => {
                refused += 1;
                assert!(mistake.byte <= bytes.len() as u64, "{mistake}");
            }
        }
    }
    assert!(read > 1_000 && refused > 1_000, "{read} {refused}");
}
