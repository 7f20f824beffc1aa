//! Where a path leads that a person writes: in full, with dots, its end, or some of its parts.

use std::collections::BTreeMap;

use assert_cmd::Command;
use cnncost::graph::{Graph, Place, Unfound};
use cnncost::read::bundled::BUNDLED;
use cnncost::read::{Description, Options};

fn graph(text: &str) -> Graph {
    let network = Description::parse("net.toml", text).unwrap().expand(&Options::default());
    network.unwrap().graph
}

fn bundled(name: &str) -> Graph {
    let (file, variant) = cnncost::read::bundled::find(name).unwrap();
    let options = Options { variant, ..Options::default() };
    Description::parse(file.name, file.text).unwrap().expand(&options).unwrap().graph
}

/// Boxes with nodes in them, and nodes, with their paths, of which no two are the same.
fn places(graph: &Graph) -> BTreeMap<String, Place> {
    let boxes = graph.scopes().skip(1).filter(|(_, scope)| scope.nodes().len() > 0);
    let boxes = boxes.map(|(id, _)| Place::Box(id));
    let all: Vec<Place> = boxes.chain(graph.nodes().map(|(id, _)| Place::Node(id))).collect();
    let places: BTreeMap<_, _> = all.iter().map(|&place| (graph.place_path(place), place)).collect();
    assert_eq!(places.len(), all.len(), "a path is repeated");
    places
}

/// The path that `written` leads to, the first of several in parentheses, or what it is taken for.
fn lead(graph: &Graph, written: &str) -> String {
    match graph.resolve(written) {
        Ok(place) => graph.place_path(place),
        Err(Unfound::Several { first, count }) => format!("{count}: {}", first.join(" ")),
        Err(Unfound::Nothing { nearest, .. }) => format!("? {}", nearest.unwrap_or_default()),
    }
}

#[test]
fn parts_of_a_path_are_enough() {
    let resnet = bundled("resnet50");
    let conv1 = "layer1/0/sum/body/bottleneck/conv1";
    for written in
        [conv1, "layer1.0.conv1", "layer1/0/conv1", "/layer1/0/conv1/", " layer1.0/bottleneck.conv1 "]
    {
        assert_eq!(lead(&resnet, written), conv1, "{written}");
    }
    // What is exact comes before what ends so.
    assert_eq!(lead(&resnet, "conv1"), "conv1");
    assert_eq!(lead(&resnet, "layer1.0.relu_1"), "layer1/0/relu_1");
    assert!(lead(&resnet, "body/bottleneck/relu_9").starts_with("? layer1/0/sum/body/bottleneck/relu_"));
    assert_eq!(lead(&resnet, "layr1/0/conv1"), format!("? {conv1}"));
    assert_eq!(lead(&resnet, "xyz"), "? ");
    // What stands in front of a weight's name, and names with words of other programs in front.
    assert_eq!(lead(&resnet, "layer1.0.conv1.weight"), format!("? {conv1}"));
    assert_eq!(lead(&bundled("googlenet"), "inception_3a"), "? 3a");
    assert_eq!(lead(&bundled("densenet121"), "denseblock1"), "? block1");
    assert!(lead(&resnet, "conv2").starts_with("16: layer1/0/sum/body/bottleneck/conv2 layer1/1/"));
    // An operator's name will do where nothing is called so.
    assert!(lead(&resnet, "conv2d").starts_with("53: conv1/conv "));
    assert_eq!(lead(&resnet, "linear"), "fc");
}

#[test]
fn a_box_is_meant_before_what_is_in_it_and_the_end_of_a_path_before_parts_of_it() {
    let graph = graph(
        r#"
        input = [3, 8, 8]
        layers = [
          { name = "a", layers = [{ name = "a", layers = [{ op = "relu" }, { name = "b", op = "relu" }] }, { op = "tanh" }] },
          { name = "s", layers = [{ name = "x", layers = [{ name = "b.c", op = "relu" }, { name = "t", op = "relu" }] }] },
          { name = "u", layers = [{ name = "x", layers = [{ name = "t", op = "relu" }] }, { name = "t", op = "tanh" }] },
        ]
        "#,
    );
    assert_eq!(lead(&graph, "a"), "a");
    assert_eq!(lead(&graph, "a.a"), "a/a");
    assert_eq!(lead(&graph, "b"), "a/a/b");
    // Names hold dots.
    assert_eq!([lead(&graph, "s/x/b.c"), lead(&graph, "s.c"), lead(&graph, "b/c")], ["s/x/b.c"; 3]);
    assert_eq!(lead(&graph, "x.t"), "2: s/x/t u/x/t");
    assert_eq!(lead(&graph, "u.t"), "u/t");
    assert_eq!(lead(&graph, "t"), "3: s/x/t u/x/t u/t");
    assert_eq!(lead(&graph, "tanh"), "2: a/tanh_1 u/t");
    for odd in [".", "..", "a//", "/", ""] {
        let _ = lead(&graph, odd);
    }
}

/// Every path of every bundled network leads to its place, with slashes as with dots.
#[test]
fn whole_paths_lead_to_their_places() {
    for file in BUNDLED {
        let graph = bundled(file.name);
        for (path, place) in places(&graph).into_iter().step_by(7) {
            assert_eq!(graph.resolve(&path), Ok(place), "{}: {path}", file.name);
            assert_eq!(graph.resolve(&path.replace('/', ".")), Ok(place), "{}: {path}", file.name);
        }
    }
}

/// What every end and every pair of parts leads to, by comparing with every path.
#[test]
fn parts_lead_where_every_path_that_fits_is() {
    let graph = bundled("googlenet");
    let places = places(&graph);
    let parts = |path: &str| path.split('/').map(str::to_owned).collect::<Vec<_>>();
    for path in places.keys() {
        let own = parts(path);
        let ends_of_it = vec![own[0].clone(), own[own.len() - 1].clone()];
        let written = [own[own.len() - 1..].to_vec(), ends_of_it];
        for written in written.into_iter().take(own.len()) {
            let whole = written.join("/");
            let ends = |path: &&String| **path == whole || path.ends_with(&format!("/{whole}"));
            let passes = |path: &&String| {
                let path = parts(path);
                let (last, before) = written.split_last().unwrap();
                let mut around = path[..path.len() - 1].iter();
                path.last() == Some(last) && before.iter().all(|part| around.any(|name| name == part))
            };
            let fits =
                |fits: &dyn Fn(&&String) -> bool| -> Vec<&String> { places.keys().filter(fits).collect() };
            let mut expected = fits(&ends);
            if expected.is_empty() {
                expected = fits(&passes);
            }
            let outermost =
                |path: &&&String| !expected.iter().any(|other| path.starts_with(&format!("{other}/")));
            let expected: Vec<_> = expected.iter().filter(outermost).collect();
            match graph.resolve(&whole) {
                Ok(place) if places.contains_key(&whole) => assert_eq!(places[&whole], place),
                Ok(place) => assert_eq!([&&graph.place_path(place)], expected[..], "{whole}"),
                Err(Unfound::Several { count, .. }) => assert_eq!(count, expected.len(), "{whole}"),
                Err(Unfound::Nothing { .. }) => panic!("{whole} is found nowhere"),
            }
        }
    }
}

fn cnncost(arguments: &[&str]) -> (Option<i32>, String) {
    let output = Command::cargo_bin("cnncost")
        .unwrap()
        .env_remove("CLICOLOR_FORCE")
        .env("COLUMNS", "80")
        .args(arguments)
        .output()
        .unwrap();
    let text = [output.stdout, output.stderr].concat();
    (output.status.code(), String::from_utf8(text).unwrap())
}

#[test]
fn what_leads_nowhere_is_told_what_there_is() {
    let (code, said) = cnncost(&["explain", "lenet5", "c9"]);
    assert_eq!(code, Some(2));
    assert!(said.contains("known here: `input`, `c1`, `tanh_1`, `s2`, `c3`"), "{said}");
}

#[test]
fn commands_take_parts_of_paths() {
    let (code, page) = cnncost(&["explain", "resnet50", "layer1.0.conv1"]);
    assert_eq!(
        (code, page.lines().next()),
        (Some(0), Some("layer1/0/sum/body/bottleneck/conv1: 64×56×56 → 64×56×56"))
    );
    let (code, page) = cnncost(&["explain", "resnet50", "conv2", "--lang", "zh"]);
    assert_eq!((code, page.contains("`conv2` 在 resnet50 中对应 16 个层或模块")), (Some(2), true));
    assert_eq!(page.matches("layer").count(), 6, "{page}");
}

#[test]
fn claims_take_parts_of_paths() {
    let folder = tempfile::tempdir().unwrap();
    let claims = |expect: &str| {
        let file = folder.path().join("claims.toml");
        let text = format!("[networks]\nr = \"resnet50\"\n[[claims]]\nexpect = \"{expect}\"\n");
        std::fs::write(&file, text).unwrap();
        cnncost(&["check", file.to_str().unwrap()])
    };
    // 64·64·56², and 3²·64·64·56².
    for expect in ["r:layer1.0.conv1.macs == 12845056", "r:layer1/0/conv2/conv.macs == 115605504"] {
        let (code, page) = claims(expect);
        assert_eq!(code, Some(0), "{page}");
    }
    let (code, page) = claims("r:layer1.0.conv.macs == 1");
    assert_eq!(code, Some(2));
    assert!(page.contains("`layer1.0.conv` leads to 4 layers or boxes of resnet50"), "{page}");
}
