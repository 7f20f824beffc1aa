//! `cnncost check`: the bundled claims, slips, forms, lockfiles and mistakes.

use std::path::Path;

use assert_cmd::Command;

struct Ran {
    code: Option<i32>,
    out: String,
    error: String,
}

fn check_in(folder: &Path, arguments: &[&str]) -> Ran {
    let mut command = Command::cargo_bin("cnncost").unwrap();
    command.env("COLUMNS", "100").env_remove("CLICOLOR_FORCE").current_dir(folder).arg("check");
    let output = command.args(arguments).output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    Ran { code: output.status.code(), out: text(output.stdout), error: text(output.stderr) }
}

fn check(arguments: &[&str]) -> Ran {
    check_in(Path::new(env!("CARGO_MANIFEST_DIR")), arguments)
}

/// A description with claims.
fn claims(claims: &str) -> Ran {
    let folder = tempfile::tempdir().unwrap();
    let text = format!(
        "input = [192, 28, 28]\n\
         params = {{ pad = 2 }}\n\
         variants = [{{ name = 'padded' }}, {{ name = 'bare', set = {{ pad = 0 }} }}]\n\
         layers = [\n\
           {{ name = 'conv', op = 'conv2d', out_channels = 32, kernel_size = 5, padding = 'pad' }},\n\
           {{ name = 'bn', op = 'batch_norm2d' }},\n\
         ]\n{claims}"
    );
    std::fs::write(folder.path().join("net.toml"), text).unwrap();
    check_in(folder.path(), &["net.toml"])
}

fn claim(expect: &str) -> Ran {
    claims(&format!("[[claims]]\nexpect = \"{expect}\"\n"))
}

#[test]
fn the_bundled_claims_hold_and_their_errata_fail_as_marked() {
    for (file, hold, known) in [
        ("lecture10", 11, 1),
        ("lecture11", 37, 3),
        ("papers", 180, 21),
        ("bottleneck", 3, 1),
        ("cbam", 3, 0),
        ("convnextv2", 5, 0),
        ("crnn", 2, 0),
        ("cspdarknet53", 2, 0),
        ("ghostnet", 4, 0),
        ("mobilenetv4", 3, 0),
        ("r2plus1d", 3, 0),
        ("repvgg", 5, 0),
        ("vae", 2, 0),
        ("xception", 2, 0),
        ("yolov8", 4, 0),
    ] {
        let ran = check(&[file]);
        assert_eq!(ran.code, Some(0), "{}", ran.out);
        let all = hold + known;
        let summary = format!("{all} claims: {hold} hold, 0 fail, {known} known to be wrong");
        assert!(ran.out.contains(&summary), "{}", ran.out);
    }
}

/// Every claim of papers.toml that was not seen in its source says so.
#[test]
fn sources_that_were_not_seen_are_marked() {
    let papers = std::fs::read_to_string("models/claims/papers.toml").unwrap();
    assert!(papers.matches("from memory\"").count() > 40);
    for erratum in ["1.19 % of MobileNet's mult-adds", "253,440 neurons", "convolution 7×7: 2.7K"] {
        let at = papers.find(erratum).unwrap_or_else(|| panic!("{erratum} is there"));
        assert!(papers[at..].split("[[claims]]").next().unwrap().contains("erratum = "), "{erratum}");
    }
}

#[test]
fn figures_round_or_are_cut_at_their_last_digit() {
    for (expect, says) in [
        ("macs ~ 120M", "120,422,400 (rounded)"),
        ("macs ~ 120.4M", "(rounded)"),
        ("macs ~ 120.42 M", "(rounded)"),
        ("macs == 120,422,400", "120,422,400"),
        ("macs ~ 114Mi", "(cut)"),
        ("120M ~ macs", "(rounded)"),
        ("conv.macs / macs == 1", " 1\n"),
        ("( macs + macs ) / 2 == macs", "120,422,400"),
        ("conv.shape == [32, 28, 28]", "[32, 28, 28]"),
        ("bare:conv.shape != [32, 28, 28]", "[32, 24, 24]"),
        ("params <= 7M", "153,696"),
        ("conv.receptive_field == 5", " 5\n"),
        ("peak_bytes < 1Mi", "702,464"),
        ("conv.macs ~ 99%", ""),
    ] {
        let ran = claim(expect);
        if says.is_empty() {
            assert_eq!(ran.code, Some(1), "{expect}: {}", ran.out);
        } else {
            assert_eq!(ran.code, Some(0), "{expect}: {}{}", ran.out, ran.error);
            assert!(ran.out.contains(says), "{expect}: {}", ran.out);
        }
    }
}

/// A layer of any kind that could have a bias, and of any number of axes.
#[test]
fn a_bias_that_is_not_there_is_found_on_every_layer_that_could_have_one() {
    for (input, layer, params) in [
        ("[4, 10]", "op = 'conv1d', out_channels = 8, kernel_size = 3", 104),
        (
            "[4, 6, 6]",
            "op = 'conv2d', out_channels = 8, kernel_size = 2, connections = [[0], [0], [0], [0], [0], [0], [0], [0, 1]]",
            44,
        ),
        ("[2, 4, 4, 4]", "op = 'conv3d', out_channels = 8, kernel_size = 1", 24),
        ("[4, 6, 6]", "op = 'conv_transpose2d', out_channels = 8, kernel_size = 2", 136),
        ("[10]", "op = 'linear', out_features = 8", 88),
    ] {
        let folder = tempfile::tempdir().unwrap();
        let text = format!(
            "input = {input}\nlayers = [{{ {layer}, bias = false }}]\n[[claims]]\nexpect = 'params == {params}'\n"
        );
        std::fs::write(folder.path().join("net.toml"), text).unwrap();
        let ran = check_in(folder.path(), &["net.toml"]);
        assert_eq!(ran.code, Some(1), "{layer}: {}", ran.out);
        assert!(ran.out.contains("counts biases that are not there"), "{layer}: {}", ran.out);
    }
}

/// What a student gets wrong, and what is found by trying.
#[test]
fn slips_are_found() {
    for (expect, slip) in [
        ("macs == 240844800", "counts each MAC as 2 operations"),
        ("macs == 240920064", "counts all FLOPs"),
        ("macs == 120472576", "counts batch norm too"),
        ("macs == 60211200", "counts half of the MACs"),
        ("flops == 240844800", "counts 2 for each MAC and nothing else"),
        ("params == 153600", "leaves out biases and batch norm"),
        ("conv.shape == [32, 14, 14]", "is that of stride 2"),
        ("macs ~ 241M", "counts each MAC as 2 operations"),
        ("macs == 120447488", "counts the additions of biases too"),
        ("macs == 110321664", "leaves out the products on padding"),
        ("conv.macs == 88473600", "forgets the padding"),
        ("bare:macs == 120422400", "takes the input's height and width for the output's"),
        ("macs == 94411161600", "multiplies with the input's height and width as well as the output's"),
        ("macs == 722534400", "takes the input channels for the output's"),
        ("macs == 20070400", "takes the output channels for the input's"),
        ("conv.macs == 627200", "leaves out the input channels"),
        ("conv.macs == 153600", "leaves out the output's height and width"),
        ("flops == 120422400", "counts MACs, not FLOPs"),
        ("params == 153664", "leaves out the biases"),
        ("params == 153632", "leaves out batch norm's factors and biases"),
        ("params == 153760", "counts batch norm's running means and variances too"),
        ("conv.shape == [32, 24, 24]", "forgets the padding"),
        ("conv.shape == [32, 30, 30]", "is that of a 3×3 window"),
        ("conv.shape == [192, 28, 28]", "is the shape that comes in"),
        ("macs == 963379200", "as it is for a batch of 8"),
        ("macs ~ 18.1G", "as it is for a batch of 150"),
        ("macs == 123312537600", "as it is for a batch of 1024"),
        ("macs == 120422500", "one digit differs"),
        ("macs == 120424200", "two digits are exchanged"),
        ("macs == 12042240", "a digit is missing"),
        ("weight_bytes == 153760", "counts numbers, not bytes"),
        ("params ~ 150.1k", "as it is with K as a power of 1024"),
        ("macs / flops ~ 2.00", "the ratio is the other way round"),
        ("conv.macs_padding_exact == 88473600", "it holds for `net@bare`"),
    ] {
        let ran = claim(expect);
        assert_eq!(ran.code, Some(1), "{expect}: {}{}", ran.out, ran.error);
        assert!(ran.out.contains(slip), "{expect}: {}", ran.out);
    }
    // Of what many lead to, all is said, and what shows in one figure alone comes first.
    assert!(claim("macs ~ 241M").out.contains("counts all FLOPs, or counts each MAC as 2 operations"));
    // No batch makes more of what is stored or seen, 1,025 times as much is no batch, and of twice as much nobody can tell why.
    for expect in [
        "macs == 123456789",
        "macs == 123432960000",
        "macs / params ~ 1567.0",
        "conv.receptive_field == 35",
        "params ~ 7.68M",
    ] {
        let none = claim(expect);
        assert_eq!(none.code, Some(1), "{expect}: {}{}", none.out, none.error);
        assert!(!none.out.contains("slip"), "{}", none.out);
    }
}

/// Of AlexNet's second layer, 5²·48·27²·256 MACs, and of a depthwise convolution.
#[test]
fn forgotten_groups_are_more_than_a_factor() {
    let folder = tempfile::tempdir().unwrap();
    for (expect, slip) in [
        ("alexnet:conv2.macs == 447897600", "forgets the groups, or counts each MAC as 2 operations"),
        ("alexnet:conv2.params == 614656", "forgets the groups"),
        ("mobilenet:block1.depthwise.macs == 115605504", "forgets the groups"),
    ] {
        let networks = "[networks]\nalexnet = 'alexnet_2012'\nmobilenet = 'mobilenet_v1'\n";
        let text = format!("{networks}[[claims]]\nexpect = \"{expect}\"\n");
        std::fs::write(folder.path().join("claims.toml"), text).unwrap();
        let ran = check_in(folder.path(), &["claims.toml"]);
        assert_eq!(ran.code, Some(1), "{expect}: {}{}", ran.out, ran.error);
        assert!(
            ran.out.split_whitespace().collect::<Vec<_>>().join(" ").contains(slip),
            "{expect}: {}",
            ran.out
        );
    }
}

#[test]
fn workings_errata_and_tolerance() {
    let with = |more: &str| claims(&format!("[[claims]]\nsays = 'it'\nexpect = 'macs ~ 120M'\n{more}\n"));
    assert_eq!(with("working = '5²·28²·192·32'").code, Some(0));
    let wrong = with("working = '5²·28²·192'");
    assert_eq!(wrong.code, Some(1));
    assert!(wrong.out.contains("5²·28²·192 = 3,763,200"), "{}", wrong.out);
    let holds = with("erratum = 'nonsense'");
    assert_eq!(holds.code, Some(1));
    assert!(holds.out.contains("as an error, and it holds: nonsense"), "{}", holds.out);
    let near = claims("[[claims]]\nexpect = 'macs == 121M'\nwithin = '1%'\n");
    assert_eq!((near.code, near.out.contains("within what is allowed")), (Some(0), true), "{}", near.out);
    assert_eq!(claims("[[claims]]\nexpect = 'macs == 121M'\nwithin = '0.1%'\n").code, Some(1));
    for (claim, wrong) in [
        ("expect = 'macs == 121M'\nwithin = '-1%'", "`-1%` is below 0"),
        ("expect = 'macs == 121M'\nwithin = 'much'", "`much` is no number"),
        ("expect = 'macs == 121M'\nwithin = '1 GMACs'", "`1 GMACs` is no number"),
        ("expect = 'macs == 5'\nwithin = '1e38'", "what is allowed does not fit 127 bits"),
        ("expect = 'macs <= 121M'\nwithin = '1%'", "`within` goes with `==` and `~`"),
    ] {
        let ran = claims(&format!("[[claims]]\n{claim}\n"));
        assert!(ran.code == Some(2) && ran.error.contains(wrong), "{claim}: {}{}", ran.out, ran.error);
    }
}

/// A budget is measured by what it allows, in every form and language.
#[test]
fn a_budget_that_is_exceeded_is_said_in_its_own_measure() {
    let folder = tempfile::tempdir().unwrap();
    let text =
        "[networks]\nnet = 'lenet5'\n[[claims]]\nexpect = 'macs <= 400k'\n[[claims]]\nexpect = '500k<macs'\n";
    std::fs::write(folder.path().join("c.toml"), text).unwrap();
    let run = |more: &[&str]| check_in(folder.path(), &[&["c.toml"], more].concat()).out;
    let (over, short) = ("16,520: 4.1 % over", "83,480: 16.7 % under");
    let out = run(&[]);
    assert!(
        out.contains(&format!("over by   {over}")) && out.contains(&format!("short by  {short}")),
        "{out}"
    );
    let junit = run(&["--format", "junit"]);
    assert!(junit.contains(over) && junit.contains(short), "{junit}");
    let github = run(&["--format", "github"]);
    assert!(github.contains(&over.replace('%', "%25")), "{github}");
    assert!(run(&["--lang", "zh"]).contains("16,520:超出 4.1 %"));
    let json: serde_json::Value = serde_json::from_str(&run(&["--format", "json"])).unwrap();
    let difference = &json["files"][0]["claims"][0]["difference"];
    assert_eq!((&difference["by"], &difference["is"]), (&"16520".into(), &"over".into()));
    assert_eq!(difference["ratio"], "10413/10000");
    assert_eq!(json["files"][0]["claims"][1]["difference"]["is"], "under");
}

/// What a program reads says what a person is told: files that cannot be read are failures, at their line.
#[test]
fn files_that_cannot_be_read_are_failures_in_every_form() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(
        folder.path().join("c.toml"),
        "[networks]\nnet = 'net.toml'\n[[claims]]\nexpect = 'macs <= 1'\n",
    )
    .unwrap();
    std::fs::write(folder.path().join("net.toml"), "input = [3, 8, 8]\nlayers = [\n  { op = 'relo' },\n]\n")
        .unwrap();
    std::fs::write(folder.path().join("syntax.toml"), "input = [3]\n\nlayers = [").unwrap();
    let run = |format| check_in(folder.path(), &["c.toml", "syntax.toml", "none.toml", "--format", format]);
    let github = run("github");
    assert_eq!(github.code, Some(2));
    for start in [
        "::error file=net.toml,line=3,title=cannot be read::",
        "::error file=syntax.toml,line=3,",
        "::error file=none.toml,",
    ] {
        assert!(github.out.lines().any(|line| line.starts_with(start)), "{start}: {}", github.out);
    }
    let junit = run("junit").out;
    assert_eq!((junit.matches("<error ").count(), junit.matches("<testsuite ").count()), (3, 3), "{junit}");
    assert!(junit.contains("classname=\"net.toml\" line=\"3\""), "{junit}");
    let json: serde_json::Value = serde_json::from_str(&run("json").out).unwrap();
    let net = json["files"].as_array().unwrap().iter().find(|form| form["file"] == "net.toml").unwrap();
    assert_eq!((&net["errors"][0]["line"], &net["claims"]), (&3.into(), &serde_json::json!([])));
    assert_eq!(run("text").out, "");
}

/// `--strict` says what it found, however quiet it is to be.
#[test]
fn strictness_is_never_silent() {
    let folder = tempfile::tempdir().unwrap();
    let text = "input = [3, 8, 8]\nlayers = [{ op = 'relu' }]\nblocks = { b = { layers = [{ op = 'relu' }] } }\n\
                claims = [{ expect = 'params == 0' }]\n";
    std::fs::write(folder.path().join("net.toml"), text).unwrap();
    let run = |more: &[&str]| check_in(folder.path(), &[&["net.toml"], more].concat());
    assert_eq!(run(&["-q"]).error, "");
    assert!(run(&[]).code == Some(0) && run(&[]).error.contains("never used"));
    let strict = run(&["--strict", "-q"]);
    assert_eq!(strict.code, Some(1));
    assert!(strict.error.contains("never used"), "{}", strict.error);
}

/// Every variant is held to what is said of none of them, and the others where they are named.
#[test]
fn claims_are_about_every_variant_that_is_asked_for() {
    let folder = tempfile::tempdir().unwrap();
    let text = "input = [3, 8, 8]\nparams = { c = 4 }\nvariants = [{ name = 'a' }, { name = 'b', set = { c = 8 } }]\n\
                layers = [{ op = 'conv2d', out_channels = 'c', kernel_size = 1 }]\n\
                claims = [{ expect = 'params <= 16' }, { expect = 'b:params == 32' }]\n";
    std::fs::write(folder.path().join("v.toml"), text).unwrap();
    let run = |file| check_in(folder.path(), &[file]);
    assert_eq!((run("v.toml").code, run("v.toml@a").code, run("v.toml@b").code), (Some(0), Some(0), Some(1)));
    let all = run("v.toml@*");
    assert_eq!(all.code, Some(1));
    assert!(all.out.contains("v · a · v.toml") && all.out.contains("v · b · v.toml"), "{}", all.out);
    assert!(all.out.contains("over by   16: 100.0 % over"), "{}", all.out);
    assert_eq!(all.out.matches("✓").count(), 3, "{}", all.out);
    assert!(run("v.toml@b").out.contains("v · b · v.toml") && run("v.toml").out.contains(" v · v.toml"));
    assert!(run("v.toml@c").error.contains("no variant `c`"));
}

/// Figures as papers write them, ranges, what a tool counts, and what a device takes.
#[test]
fn claims_speak_of_ranges_tools_and_devices() {
    for (expect, says) in [
        ("macs ~ 120.4 million", "120,422,400 (rounded)"),
        ("macs ~ 1.204×10⁸", "(rounded)"),
        ("macs~1.204 x 10^8", "(rounded)"),
        ("macs ~ 120.4 M multiply–adds", "(rounded)"),
        ("macs ~ 1.204 亿次乘加", "(rounded)"),
        ("params ~ 153.7k params", "(rounded)"),
        ("weight_bytes <= 1 MB", "615,040"),
        ("100M <= macs <= 121M", "120,422,400"),
        ("121M>macs>100M", "120,422,400"),
        ("conv.torch == 2*conv.macs", "240,844,800"),
        ("fvcore ~ 120.5 MFLOPs", "120,472,576 (rounded)"),
        ("bare:fvcore < fvcore", ""),
        ("t4.time <= 100ms", "µs"),
        ("conv.t4.time >= 1 us", "µs"),
        ("not stm32h743.fits", "no"),
        ("t4.fits", "yes"),
        ("t4.memory == weight_and_peak_bytes", "1,317,504"),
        ("stm32h743.memory == peak_bytes", "702,464"),
    ] {
        let ran = claim(expect);
        assert_eq!(ran.code, Some(0), "{expect}: {}{}", ran.out, ran.error);
        assert!(ran.out.contains(says), "{expect}: {}", ran.out);
    }
    let over = claim("100M <= macs <= 120M");
    assert!(over.out.contains("over by   422,400: 0.352 % over"), "{}", over.out);
    let fits = claim("not t4.fits");
    assert!(fits.out.contains("because   fits: 1.32 MB of 16.0 GB"), "{}", fits.out);
    let slow = claim("nrf52840.time <= 100 ms");
    assert!(slow.code == Some(1) && slow.out.contains("times what is allowed"), "{}", slow.out);
    for (expect, wrong) in [
        ("macs ~ 241 MFLOPs", "`macs` does not count FLOPs"),
        ("params ~ 153.7 GMACs", "`params` does not count MACs"),
        ("t5.fits", "there is no device of that name"),
        ("conv.t4.fits", "`fits` is a figure of a whole network"),
        ("t4.time <= 100", "a time has a unit"),
        ("fvcore.macs == 1", "no layer or box `fvcore`"),
    ] {
        let ran = claim(expect);
        assert!(ran.code == Some(2) && ran.error.contains(wrong), "{expect}: {}{}", ran.out, ran.error);
    }
}

/// A device of one's own is a file, seen from the claims.
#[test]
fn claims_speak_of_devices_of_files() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir(folder.path().join("ci")).unwrap();
    std::fs::write(
        folder.path().join("ci/my board.toml"),
        "[board]\nmemory_bytes = 1000\nbandwidth_bytes_per_second = 1e6\npeak_flops = { f32 = 1e6 }\n",
    )
    .unwrap();
    let text = "[networks]\nnet = 'lenet5'\nsmall = { file = 'lenet5', dtype = 'i8' }\n[[claims]]\n\
                expect = \"net:'my board.toml'.time <= 2 s\"\n[[claims]]\nexpect = \"not net:'my board.toml@board'.fits\"\n\
                [[claims]]\nexpect = '4 * small:weight_bytes == net:weight_bytes'\n";
    std::fs::write(folder.path().join("ci/c.toml"), text).unwrap();
    let ran = check_in(folder.path(), &["ci/c.toml"]);
    assert_eq!(ran.code, Some(0), "{}{}", ran.out, ran.error);
    std::fs::write(folder.path().join("ci/c.toml"), text.replace("'i8'", "'i9'")).unwrap();
    let ran = check_in(folder.path(), &["ci/c.toml"]);
    assert!(ran.code == Some(2) && ran.error.contains("there is no type `i9`"), "{}", ran.error);
}

/// Mistakes in claims are drawn over the file, and nothing is checked.
#[test]
fn mistakes_are_shown_at_their_place() {
    for (expect, message, place) in [
        ("mac == 1", "there is no figure `mac`", ":9:11"),
        ("macs = 1", "`=` is no comparison", ":9:16"),
        ("macs 1", "a comparison is missing", ":9:16"),
        ("conf.macs == 1", "no layer or box `conf`", ":9:11"),
        ("nopad:macs == 1", "there is no network `nopad` here", ":9:10"),
        ("conv.peak_bytes == 1", "`peak_bytes` is a figure of a whole network", ":9:11"),
        ("conv.shape == 3", "a number cannot be compared with a list of sizes", ":9:11"),
        ("macs ~ flops", "`~` compares a figure with a number as it is written", ":9:11"),
        ("macs / ( macs - macs ) == 1", "division by zero", ":9:11"),
    ] {
        let ran = claim(expect);
        assert_eq!((ran.code, ran.out.as_str()), (Some(2), ""), "{expect}");
        assert!(ran.error.contains(message) && ran.error.contains(place), "{expect}: {}", ran.error);
    }
    let none = claims("");
    assert_eq!(none.code, Some(2));
    assert!(none.error.contains("there are no claims in this file"), "{}", none.error);
    let working = claims("[[claims]]\nexpect = 'macs == 1'\nworking = '5 * x'\n");
    assert!(working.error.contains("`x` is none") && working.error.contains(":10:16"), "{}", working.error);
}

/// What would steer the terminal is refused, and what is too much.
#[test]
fn hostile_claims_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let run = |text: &str| {
        std::fs::write(folder.path().join("c.toml"), text).unwrap();
        let ran = check_in(folder.path(), &["c.toml"]);
        assert_eq!((ran.code, ran.out.as_str()), (Some(2), ""), "{}", ran.error);
        ran.error
    };
    let networks = "[networks]\nnet = 'lenet5'\n[[claims]]\n";
    let steering = run(&format!("{networks}says = \"\\u001b[31m\"\nexpect = 'macs == 1'\n"));
    assert!(steering.contains("which is not shown") && !steering.contains('\u{1b}'), "{steering}");
    assert!(
        run(&format!("{networks}expect = '{}1'\n", "macs + ".repeat(10_000))).contains("at most 1000 words")
    );
    assert!(run(&format!("{networks}expect = '{}'\n", "(".repeat(10_000))).contains("deep"));
    assert!(
        run(&format!("{networks}expect = 'macs == 1{}'\n", "0".repeat(10_000)))
            .contains("too large or too long")
    );
    assert!(
        run("[networks]\nnet = 'nothing.toml'\n[[claims]]\nexpect = 'macs == 1'\n").contains("no such file")
    );
    assert!(run(&"[".repeat(1_000_000)).contains("deep"));
}

/// The other files are still done.
#[test]
fn a_file_that_cannot_be_read_stops_no_other() {
    let ran = check(&["nothing.toml", "lecture10"]);
    assert_eq!(ran.code, Some(2));
    assert!(ran.out.contains("12 claims") && ran.error.contains("there is no such file"), "{}", ran.error);
}

#[test]
fn other_forms_say_the_same() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(
        folder.path().join("c.toml"),
        "name = 'A & B'\n[networks]\nnet = 'lenet5'\n\n[[claims]]\nsays = 'a < b'\nexpect = 'macs == 416521'\n\n[[claims]]\nexpect = 'params <= 1M'\n",
    )
    .unwrap();
    let run = |format| check_in(folder.path(), &["c.toml", "--format", format]);
    let json: serde_json::Value = serde_json::from_str(&run("json").out).unwrap();
    let file = &json["files"][0];
    assert_eq!((&file["passed"], &file["failed"]), (&1.into(), &1.into()));
    assert_eq!((&file["claims"][0]["left"], &file["claims"][0]["line"]), (&"416520".into(), &7.into()));
    let schema = Command::cargo_bin("cnncost")
        .unwrap()
        .env_remove("CLICOLOR_FORCE")
        .args(["schema", "check"])
        .output()
        .unwrap()
        .stdout;
    let schema: serde_json::Value = serde_json::from_slice(&schema).unwrap();
    assert!(jsonschema::validator_for(&schema).unwrap().is_valid(&json));
    let junit = run("junit");
    assert_eq!(junit.code, Some(1));
    assert!(junit.out.contains("<testsuite name=\"A &amp; B\" tests=\"2\" failures=\"1\">"), "{}", junit.out);
    assert!(junit.out.contains("<failure message=\"it is 416,520\">"), "{}", junit.out);
    let github = run("github").out;
    assert!(github.contains("::error file=c.toml,line=7,title=a < b::it is 416,520%0A"), "{github}");
    assert!(
        github.contains("::notice title=A & B::2 claims: 1 hold, 1 fail, 0 known to be wrong"),
        "{github}"
    );
    let chinese = check(&["lecture11", "--lang", "zh"]);
    assert!(chinese.out.contains("40 条论断:37 条成立,0 条不成立,3 条为已知错误"), "{}", chinese.out);
}

/// A network that is locked is held to its totals, wherever the lockfile lies.
#[test]
fn a_lockfile_holds_a_network_to_its_totals() {
    let folder = tempfile::tempdir().unwrap();
    let net = folder.path().join("net.toml");
    let text = "input = [3, 8, 8]\nparams = { c = 4 }\nlayers = [{ op = 'conv2d', out_channels = 'c', kernel_size = 3 }]\n";
    std::fs::write(&net, text).unwrap();
    std::fs::create_dir(folder.path().join("ci")).unwrap();
    let run = |arguments: &[&str]| check_in(folder.path(), arguments);
    let written = run(&[
        "net.toml",
        "resnet18",
        "--update",
        "ci/lock.toml",
        "--within",
        "10%",
        "--set",
        "c=8",
        "--batch",
        "2",
    ]);
    // `c` is no parameter of ResNet: nothing is written.
    assert_eq!(written.code, Some(2));
    assert!(!folder.path().join("ci/lock.toml").exists());
    let written =
        run(&["net.toml", "--update", "ci/lock.toml", "--within", "10%", "--set", "c=8", "--batch", "2"]);
    assert_eq!((written.code, written.out.as_str()), (Some(0), ""), "{}", written.error);
    let lock = std::fs::read_to_string(folder.path().join("ci/lock.toml")).unwrap();
    assert!(lock.contains("\"net\" = { file = \"../net.toml\", set = { c = 8 }, batch = 2 }"), "{lock}");
    assert_eq!(run(&["ci/lock.toml"]).code, Some(0));
    std::fs::write(&net, text.replace("kernel_size = 3", "kernel_size = 4")).unwrap();
    let held = run(&["ci/lock.toml"]);
    assert_eq!(held.code, Some(1));
    assert!(held.out.contains("'net':params == 224"), "{}", held.out);
    let written = run(&["resnet18", "lenet5", "--update", "lock.toml"]);
    assert_eq!(written.code, Some(0), "{}", written.error);
    assert_eq!(run(&["lock.toml"]).code, Some(0));
}

/// Through windows, and whether everything beside: of a network and of a layer, the same as anywhere else.
#[test]
fn claims_tell_two_receptive_fields_apart() {
    let folder = tempfile::tempdir().unwrap();
    let claims = |expectations: &[&str]| {
        let claims: String =
            expectations.iter().map(|expect| format!("[[claims]]\nexpect = \"{expect}\"\n")).collect();
        let networks =
            "[networks]\nb0 = 'efficientnet_b0'\nvit = 'vit_b_16'\nr50 = 'resnet50'\nswin = 'swin_t'\n";
        std::fs::write(folder.path().join("claims.toml"), format!("{networks}{claims}")).unwrap();
        check_in(folder.path(), &["claims.toml"])
    };
    let ran = claims(&[
        "r50:receptive_field == 427",
        "r50:fc.receptive_field == 427",
        "r50:fc.field_stride == 32",
        "r50:layer4.sees_all == 0",
        "r50:avgpool.sees_all == 1",
        "b0:receptive_field == 851",
        "b0:sees_all == 1",
        "vit:receptive_field == 16",
        "vit:patches.sees_all == 0",
        "vit:sees_all == 1",
        "swin:sees_all == 1",
    ]);
    assert_eq!(ran.code, Some(0), "{}{}", ran.out, ran.error);
    assert_eq!(claims(&["b0:receptive_field <= 10", "r50:fc.receptive_field <= 10"]).code, Some(1));
    let some = ["r50:receptive_field == 427", "swin:receptive_field == 4", "1 <= 2 * swin:field_stride <= 9"];
    let unknown = claims(&some);
    assert_eq!((unknown.code, &*unknown.error), (Some(1), ""));
    assert!(unknown.out.contains("\n ✓ r50:receptive_field == 427"), "{}", unknown.out);
    for claim in &some[1..] {
        let lines = unknown.out.split_once(&format!(" ? {claim} ")).unwrap().1;
        assert!(lines.trim_start().starts_with("undecided\n     expected  "), "{}", unknown.out);
        assert!(lines.contains("because   its receptive field is not known: windows"), "{}", unknown.out);
    }
    assert!(unknown.out.ends_with("3 claims: 1 hold, 2 fail, 0 known to be wrong\n"), "{}", unknown.out);
    let json = check_in(folder.path(), &["claims.toml", "--format", "json"]).out;
    let json: serde_json::Value = serde_json::from_str(&json).unwrap();
    let entry = &json["files"][0]["claims"][1];
    assert_eq!(
        (&entry["verdict"], &entry["left"], &entry["right"]),
        (&"undecided".into(), &"unknown".into(), &"4".into())
    );
    assert!(entry["because"].as_str().unwrap().contains("`sees_all` may yet say whether"), "{entry}");
    for form in ["github", "junit"] {
        let text = check_in(folder.path(), &["claims.toml", "--format", form]).out;
        assert!(text.contains("it is not known") && text.contains("receptive field is not known"), "{text}");
    }
    // Of what is not followed nobody knows whether it is everything.
    let early = claims(&["swin:stage1.sees_all == 0"]);
    assert!(early.code == Some(1) && early.out.contains("? swin:stage1.sees_all == 0 "), "{}", early.out);
    for metric in ["receptive_field", "sees_all"] {
        let flat =
            format!("input = [8]\nlayers = [{{ op = 'relu' }}]\n[[claims]]\nexpect = '{metric} == 0'\n");
        std::fs::write(folder.path().join("flat.toml"), flat).unwrap();
        let none = check_in(folder.path(), &["flat.toml"]);
        assert!(none.code == Some(2) && none.error.contains("the input has none"), "{}", none.error);
    }
}
