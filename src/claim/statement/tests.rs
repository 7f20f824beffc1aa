//! How statements are read, and how mistakes in them are told.

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
            let words = words(text).unwrap().into_iter().map(|(_, word)| {
                if let Word::Term(TermKind::Figure(figure)) = word {
                    format!("{:?} {:?} {}", figure.alias, figure.path, figure.metric.name())
                } else {
                    format!("{word:?}")
                }
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
    let right = |text: &str| {
        let TermKind::Literal(literal) = parse(text).unwrap().right.kind else { panic!("{text}") };
        literal.value.to_string()
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
    let another = "a number has one unit, and here is another";
    assert_eq!(error("4 k k == macs"), (another.to_owned(), 4..5));
    assert_eq!(error("macs ~ 3.9 billion billion"), (another.to_owned(), 19..26));
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
