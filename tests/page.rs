//! `cnncost report`: a page is well formed, whole, small, and of its own; what a file holds is text in it.

use std::fs;
use std::path::Path;

use assert_cmd::Command;
use roxmltree::{Document, Node};

#[path = "../src/read/onnx/bytes.rs"]
mod bytes;

use bytes::{field, number, with_graph};

struct Ran {
    code: Option<i32>,
    out: String,
    error: String,
}

fn cnncost(arguments: &[&str]) -> Ran {
    let mut command = Command::cargo_bin("cnncost").unwrap();
    let output = command.env_remove("CLICOLOR_FORCE").args(arguments).output().unwrap();
    Ran {
        code: output.status.code(),
        out: String::from_utf8(output.stdout).unwrap(),
        error: String::from_utf8(output.stderr).unwrap(),
    }
}

fn page(arguments: &[&str]) -> String {
    let ran = cnncost(&[&["report"], arguments].concat());
    assert_eq!(ran.code, Some(0), "{}", ran.error);
    ran.out
}

/// The page without its scripts and styles, which are no XML: what is left is.
fn markup(page: &str) -> String {
    let mut rest = page.strip_prefix("<!DOCTYPE html>\n").expect("it is HTML");
    let mut kept = String::new();
    while let Some((before, tag, after)) = ["script", "style"]
        .iter()
        .filter_map(|tag| {
            let at = rest.find(&format!("<{tag}"))?;
            let end = rest[at..].find(&format!("</{tag}>"))? + at + tag.len() + 3;
            Some((&rest[..at], *tag, &rest[end..]))
        })
        .min_by_key(|(before, ..)| before.len())
    {
        assert!(!tag.is_empty());
        kept.push_str(before);
        rest = after;
    }
    kept + rest
}

fn text(node: Node<'_, '_>) -> String {
    node.descendants().filter(Node::is_text).filter_map(|node| node.text()).collect()
}

fn with_class<'a>(document: &'a Document<'_>, class: &str) -> Vec<Node<'a, 'a>> {
    let has = |node: &Node<'_, '_>| {
        node.attribute("class").is_some_and(|classes| classes.split(' ').any(|one| one == class))
    };
    document.descendants().filter(has).collect()
}

/// Figures stand in the page as they stand in data.
#[test]
fn figures_are_those_of_every_other_report() {
    for network in ["lenet5", "googlenet", "mobilenet_v2"] {
        let html = markup(&page(&[network]));
        let document = Document::parse(&html).unwrap();
        let table = document.descendants().find(|node| node.attribute("role") == Some("treegrid")).unwrap();
        let rows: Vec<Vec<String>> = table
            .descendants()
            .filter(|node| node.has_tag_name("tr") && node.attribute("aria-level").is_some())
            .map(|row| row.children().filter(Node::is_element).map(text).collect())
            .collect();
        let csv = cnncost(&[
            "analyze",
            network,
            "--depth",
            "all",
            "--format",
            "csv",
            "--columns",
            "layer,params,macs",
        ]);
        let lines: Vec<Vec<&str>> = csv.out.lines().skip(1).map(|line| line.split(',').collect()).collect();
        assert!(lines.len() > 10);
        let heads: Vec<String> = table
            .descendants()
            .filter(|node| node.has_tag_name("th") && node.attribute("data-key").is_some())
            .map(|head| head.attribute("data-key").unwrap().to_owned())
            .collect();
        let column = |key: &str| heads.iter().position(|head| head == key).unwrap();
        for line in lines {
            let name = line[0].rsplit('/').next().unwrap();
            let is_it = |row: &&Vec<String>| {
                let figure = |key: &str| row[column(key)].replace(',', "");
                row[0].rsplit('/').next() == Some(name)
                    && figure("params") == line[1]
                    && figure("macs") == line[2]
            };
            assert!(rows.iter().any(|row| is_it(&row)), "{network}: {line:?}");
        }
        let total =
            cnncost(&["analyze", network, "--depth", "0", "--format", "csv", "--columns", "params,macs"]);
        let shown: Vec<_> =
            with_class(&document, "number").into_iter().map(|node| text(node).replace(',', "")).collect();
        for figure in total.out.lines().nth(1).unwrap().split(',') {
            assert!(shown.iter().any(|number| number == figure), "{network}: {figure} of {shown:?}");
        }
    }
}

/// It asks no network for anything, and may not.
#[test]
fn a_page_is_alone() {
    let page = page(&["bottleneck@*", "--device-spec", "t4"]);
    // Names of forms, and what is filled with a pattern of its own.
    let elsewhere = page.replace("http://www.w3.org/", "").replace("url(#", "");
    for word in ["http://", "https://", "url(", "@import", "src=", "<link", "<iframe", "<object"] {
        assert!(!elsewhere.contains(word), "{word}");
    }
    assert!(page.contains("content=\"default-src 'none'; script-src 'sha256-"), "a policy");
    assert!(!page.contains("unsafe-"));
    // A style of an element would be refused by the policy.
    let html = markup(&page);
    let document = Document::parse(&html).unwrap();
    let styled = document.descendants().find(|node| node.attribute("style").is_some());
    assert_eq!(styled.map(|node| node.tag_name().name().to_owned()), None);
}

/// Ids are one thing's each, and what is referred to is there.
#[test]
fn ids_are_of_one_element_each() {
    for arguments in
        [&["googlenet"][..], &["bottleneck@*", "--device-spec", "t4"], &["resnet152", "--lang", "zh"]]
    {
        let html = markup(&page(arguments));
        let document = Document::parse(&html).unwrap();
        let mut ids: Vec<_> = document.descendants().filter_map(|node| node.attribute("id")).collect();
        let count = ids.len();
        ids.sort_unstable();
        ids.dedup();
        assert_eq!(ids.len(), count, "{arguments:?}");
        for node in document.descendants() {
            let link =
                node.attribute("href").and_then(|link| link.strip_prefix('#')).or(node.attribute("for"));
            assert!(link.is_none_or(|id| ids.contains(&id)), "{arguments:?}: {link:?}");
        }
    }
}

#[test]
fn large_networks_make_small_pages() {
    for network in ["googlenet", "resnet152", "densenet121", "inception_v3"] {
        let bytes = page(&[network]).len();
        assert!(bytes <= 1_500_000, "{network}: {bytes}");
    }
}

#[test]
fn a_page_is_the_same_every_time() {
    assert_eq!(page(&["inception", "lenet5"]), page(&["inception", "lenet5"]));
}

/// A chain of operators of these names.
fn onnx(names: &[&str]) -> Vec<u8> {
    let value = |tag: u64, name: &str| {
        let sizes: Vec<u8> = [1, 3, 8, 8].into_iter().flat_map(|size| field(1, number(1, size))).collect();
        let tensor = [number(1, 1), field(2, sizes)].concat();
        field(tag, [field(1, name), field(2, field(1, tensor))].concat())
    };
    let node = |(at, name): (usize, &&str)| {
        let from = if at == 0 { "in".to_owned() } else { format!("t{at}") };
        let to = if at + 1 == names.len() { "out".to_owned() } else { format!("t{}", at + 1) };
        field(1, [field(1, &*from), field(2, &*to), field(3, *name), field(4, "Relu")].concat())
    };
    let nodes: Vec<u8> = names.iter().enumerate().flat_map(node).collect();
    [number(1, 8), field(8, number(2, 17)), with_graph(&[nodes, value(11, "in"), value(12, "out")])].concat()
}

fn written(folder: &Path, name: &str, bytes: impl AsRef<[u8]>) -> String {
    let path = folder.join(name);
    fs::write(&path, bytes).unwrap();
    path.to_string_lossy().into_owned()
}

/// Names, titles and claims that would be markup, end a script, or turn what stands beside them around.
#[test]
fn what_a_file_holds_is_text() {
    let folder = tempfile::tempdir().unwrap();
    let long = "x".repeat(60_000);
    let names = [
        "\"><img src=x onerror=alert(1)>",
        "</script><script>alert(2)</script>",
        "a\u{202e}b`<!--",
        "]]>&",
        &long,
    ];
    let net = written(folder.path(), "net.onnx", onnx(&names));
    let description = "name = \"</script><script>alert(3)</script>\"\ninput = [3, 8, 8]\n\
         layers = [{ op = 'conv2d', out_channels = 4, kernel_size = 3 }]\n\
         [[claims]]\nsays = \"<img src=x onerror=alert(4)> `<b>`\"\nexpect = 'macs == 1'\nsource = \"<iframe src='javascript:alert(5)'>\"\n";
    let toml = written(folder.path(), "net.toml", description);
    for language in ["en", "zh"] {
        let page = page(&[&net, &toml, "--lang", language]);
        let html = markup(&page);
        let document = Document::parse(&html).unwrap();
        for node in document.descendants().filter(Node::is_element) {
            let tag = node.tag_name().name();
            assert!(!["img", "iframe", "script", "b"].contains(&tag), "{tag}");
            assert!(node.attributes().all(|attribute| !attribute.name().starts_with("on")));
        }
        // Two of its own, its words, and the workings of each network.
        assert_eq!(page.matches("<script").count(), 5);
        assert_eq!(page.matches("</script").count(), 5);
        assert!(!page.contains('\u{202e}'));
        let body = text(document.root_element());
        assert!(
            body.contains("<img src=x onerror=alert(4)>")
                && body.contains("</script><script>alert(3)</script>")
        );
        assert!(page.len() < 400_000, "{}: a long name stands in it again and again", page.len());
    }
}

/// A hundred thousand names, of which a page takes as many as it can show.
#[test]
fn a_network_without_end_makes_a_page_with_one() {
    let folder = tempfile::tempdir().unwrap();
    let names: Vec<String> =
        (0..100_000).map(|at| format!("/stage{}/block{}/relu{at}", at / 10_000, at / 100)).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let net = written(folder.path(), "net.onnx", onnx(&names));
    let page = page(&[&net]);
    assert!(page.len() < 20_000_000, "{}", page.len());
    assert!(page.contains("are closed: this page would have too many lines"));
    Document::parse(&markup(&page)).unwrap();
}

#[test]
fn nothing_is_written_where_something_is_wrong() {
    let folder = tempfile::tempdir().unwrap();
    let to = folder.path().join("page.html").to_string_lossy().into_owned();
    let no_bench = written(folder.path(), "bench.json", "{}");
    for (arguments, said) in [
        (&["no_such_network"][..], "no_such_network"),
        (&["lenet5", "no_such_network"], "no_such_network"),
        (&["lenet5", "--device-spec", "no_such_device"], "no_such_device"),
        (&["lenet5", "--bench", &no_bench], "bench.json"),
        (&["lenet5", "--bench", "no_such_file.json"], "no_such_file.json"),
    ] {
        let ran = cnncost(&[&["report", "-o", &to], arguments].concat());
        assert_eq!((ran.code, ran.out.as_str()), (Some(2), ""), "{arguments:?}");
        assert!(ran.error.contains(said), "{}", ran.error);
        assert!(!Path::new(&to).exists(), "{arguments:?}");
    }
    let ran = cnncost(&["report", "lenet5", "-o", &to]);
    assert_eq!((ran.code, ran.out.as_str(), ran.error.as_str()), (Some(0), "", ""));
    assert!(fs::read_to_string(&to).unwrap().ends_with("</html>\n"));
}

/// What a page says in Chinese is Chinese: its words, not names of layers and operators.
#[test]
fn pages_are_not_half_translated() {
    let html = markup(&page(&["bottleneck@*", "--device-spec", "t4", "--lang", "zh"]));
    let document = Document::parse(&html).unwrap();
    let is_chinese = |text: &str| text.chars().any(|c| ('\u{4e00}'..='\u{9fff}').contains(&c));
    for tag in ["button", "h3", "option", "legend", "summary", "dt"] {
        for node in document.descendants().filter(|node| node.has_tag_name(tag)) {
            let said = text(node);
            let is_sign = said.chars().all(|c| !c.is_alphabetic()) || said.starts_with("FLOPs");
            let is_title = tag == "h3" && said.contains("The lecture's");
            assert!(is_sign || is_title || is_chinese(&said), "{tag}: {said}");
        }
    }
    for node in document.descendants().filter(|node| node.attribute("aria-label").is_some()) {
        let label = node.attribute("aria-label").unwrap();
        let is_name =
            node.has_tag_name("section") || node.has_tag_name("svg") || node.tag_name().namespace().is_some();
        assert!(is_name || is_chinese(label) || label.contains("bottleneck"), "{label}");
    }
    for word in ["complete", "batch", "holds", "how it is counted", "undefined"] {
        assert!(!text(document.root_element()).contains(word), "{word}");
    }
}
