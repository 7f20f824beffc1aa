//! Which tensor of a file is which weight: what is loaded is right, or refused; and a map loads whatever there is.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;

use cnncost::graph::Graph;
use cnncost::read::{Description, Options, weight_map};
use cnncost::run::assign::{Named, Refusal, assign};
use cnncost::run::names;
use cnncost::text::Language;
use proptest::prelude::*;
use rand::rngs::StdRng;
use rand::seq::SliceRandom;
use rand::{RngExt, SeedableRng};

#[path = "common/listed.rs"]
mod listed;

fn read(text: &str) -> Graph {
    let network = Description::parse("net.toml", text).and_then(|net| net.expand(&Options::default()));
    network.unwrap_or_else(|error| panic!("{text}\n{}", error.render(Language::English, false, 100))).graph
}

fn tensors(listed: &[(&str, &[u64])]) -> Vec<Named> {
    listed.iter().map(|(name, dims)| Named { name: (*name).to_owned(), dims: dims.to_vec() }).collect()
}

/// What each of ours is called in the file.
fn pairs(graph: &Graph, given: &[Named], in_order: bool) -> Result<BTreeMap<String, String>, Refusal> {
    let assignment = assign(graph, given, in_order)?;
    let ours = names(graph).into_iter().map(|named| named.name);
    Ok(ours.zip(assignment.given.iter().map(|&index| given[index].name.clone())).collect())
}

fn norm(module: &str, channels: u64) -> Vec<Named> {
    let parts = ["weight", "bias", "running_mean", "running_var"];
    parts.iter().map(|part| Named { name: format!("{module}.{part}"), dims: vec![channels] }).collect()
}

const CONV: &str = "op = 'conv2d', out_channels = 4, kernel_size = 1, bias = false";

/// A sum whose shortcut is written first.
fn short_first() -> Graph {
    read(&format!(
        "input = [4, 8, 8]\nlayers = [{{ merge = 'add', branches.shortcut = [{{ {CONV} }}], branches.body = [{{ {CONV} }}, \
         {{ op = 'relu' }}] }}]"
    ))
}

#[test]
fn branches_go_by_names_and_not_by_how_they_are_written() {
    let graph = short_first();
    let square: &[u64] = &[4, 4, 1, 1];
    let given = tensors(&[("conv1.weight", square), ("downsample.weight", square)]);
    for in_order in [false, true] {
        let pairs = pairs(&graph, &given, in_order).unwrap();
        assert_eq!(pairs["add_1/shortcut/conv2d_1.weight"], "downsample.weight");
        assert_eq!(pairs["add_1/body/conv2d_1.weight"], "conv1.weight");
    }
    // Neither numbers nor the file's order tell of branches.
    for names in [["0.weight", "1.weight"], ["conv1.weight", "conv2.weight"], ["b.weight", "a.weight"]] {
        let refusal = pairs(&graph, &tensors(&names.map(|name| (name, square))), true).unwrap_err();
        assert!(refusal.findings[0].english.contains("their names do not tell which of them is"));
        assert_eq!((refusal.known, refusal.candidates), (vec![None; 2], vec![vec![0, 1]; 2]));
    }
    // The same names along the way of the data do, and so does the file's order.
    let chain = read(&format!("input = [4, 8, 8]\nlayers = [{{ {CONV} }}, {{ op = 'relu' }}, {{ {CONV} }}]"));
    let pairs =
        |names: [&str; 2], in_order| pairs(&chain, &tensors(&names.map(|name| (name, square))), in_order);
    assert_eq!(pairs(["1.weight", "0.weight"], false).unwrap()["conv2d_1.weight"], "0.weight");
    assert_eq!(pairs(["right.weight", "left.weight"], true).unwrap()["conv2d_1.weight"], "right.weight");
    assert!(pairs(["right.weight", "left.weight"], false).is_err());
    // The alphabet's is nobody's.
    assert!(pairs(["left.weight", "right.weight"], true).is_err());
}

#[test]
fn an_equal_name_decides() {
    let graph = read(
        "input = [4, 8, 8]\nlayers = [{ name = 'bn1', op = 'batch_norm2d' }, { name = 'post', op = 'batch_norm2d' }]",
    );
    for prefix in ["", "module.", "model.net."] {
        let given = [norm(&format!("{prefix}after"), 4), norm(&format!("{prefix}bn1"), 4)].concat();
        let pairs = pairs(&graph, &given, false).unwrap();
        assert_eq!(pairs["bn1.bias"], format!("{prefix}bn1.bias"));
        assert_eq!(pairs["post.weight"], format!("{prefix}after.weight"));
    }
    let refusal = pairs(&graph, &[norm("bn1", 5), norm("post", 4)].concat(), false).unwrap_err();
    assert_eq!(refusal.findings[0].english, "`bn1.weight` is 5 in the file, and 4 in the network");
}

/// Keras counts from 0, and a name that only counts is nobody's.
#[test]
fn an_equal_name_that_only_counts_does_not() {
    let graph = read(&format!("input = [4, 8, 8]\nlayers = [{{ {CONV} }}, {{ op = 'relu' }}, {{ {CONV} }}]"));
    let given = |names: [&str; 2]| tensors(&names.map(|name| (name, &[4u64, 4, 1, 1][..])));
    assert!(pairs(&graph, &given(["conv2d.weight", "conv2d_1.weight"]), false).is_err());
    assert!(assign(&graph, &given(["conv2d_1.weight", "conv2d_2.weight"]), false).unwrap().by_name);
}

/// Boxes without a name of their own add nothing to a path.
#[test]
fn boxes_without_a_name_may_be_left_out() {
    let graph = read(&format!(
        "input = [4, 8, 8]\nlayers = [{{ name = 'layer1', use = 'unit', repeat = 2 }}]\n[blocks.unit]\nlayers = [\n\
         {{ merge = 'add', branches.body = [{{ use = 'inner' }}], branches.shortcut = [{{ name = 'conv', {CONV} }}] }}]\n\
         [blocks.inner]\nlayers = [{{ name = 'conv', {CONV} }}]"
    ));
    let square: &[u64] = &[4, 4, 1, 1];
    let given =
        ["layer1.0.body.conv", "layer1.1.body.conv", "layer1.0.shortcut.conv", "layer1.1.shortcut.conv"];
    let given = tensors(&given.map(|name| (name, square))).into_iter();
    let given: Vec<_> = given.map(|named| Named { name: named.name + ".weight", ..named }).collect();
    assert!(assign(&graph, &given, false).unwrap().by_name);
    assert_eq!(
        pairs(&graph, &given, false).unwrap()["layer1/0/add_1/body/inner_1/conv.weight"],
        "layer1.0.body.conv.weight"
    );
}

/// torchvision's r2plus1d_18, of which the shortcut is written first, and its names.
#[test]
fn space_and_time_apart_are_told_by_what_boxes_hold() {
    let graph = read(include_str!("weights/r2plus1d.toml"));
    let (mut given, mut expected) = (vec![], BTreeMap::new());
    let mut add = |ours: &str, theirs: &str, dims: &[u64]| {
        let parts = if dims.len() == 1 {
            norm(theirs, dims[0])
        } else {
            tensors(&[(&format!("{theirs}.weight"), dims)])
        };
        for tensor in &parts {
            let part = tensor.name.rsplit('.').next().unwrap();
            expected.insert(format!("{ours}.{part}"), tensor.name.clone());
        }
        given.extend(parts);
    };
    for (layer, before, out) in [(1, 64, 64), (2, 64, 128), (3, 128, 256), (4, 256, 512)] {
        for block in 0..2 {
            let from = if block == 0 { before } else { out };
            let mid = from * out * 27 / (from * 9 + 3 * out);
            let (ours, theirs) = (format!("layer{layer}/{block}/add_1"), format!("layer{layer}.{block}"));
            for (conv, from) in [(1, from), (2, out)] {
                let (ours, theirs) = (format!("{ours}/body/conv_{conv}"), format!("{theirs}.conv{conv}"));
                add(&format!("{ours}/conv3d_1"), &format!("{theirs}.0.0"), &[mid, from, 1, 3, 3]);
                add(&format!("{ours}/batch_norm3d_1"), &format!("{theirs}.0.1"), &[mid]);
                add(&format!("{ours}/conv3d_2"), &format!("{theirs}.0.3"), &[out, mid, 3, 1, 1]);
                add(&format!("{ours}/batch_norm3d_2"), &format!("{theirs}.1"), &[out]);
            }
            if block == 0 && layer > 1 {
                add(&format!("{ours}/x/conv3d_1"), &format!("{theirs}.downsample.0"), &[out, from, 1, 1, 1]);
                add(&format!("{ours}/x/batch_norm3d_1"), &format!("{theirs}.downsample.1"), &[out]);
            }
        }
    }
    assert_eq!(pairs(&graph, &given, false).unwrap(), expected);
}

/// Numbers count from the bottom up, as a decoder's often do, where one of them is told by its shape.
#[test]
fn numbers_that_count_down_are_no_evidence() {
    let conv = |out: u64| {
        format!("{{ op = 'conv2d', out_channels = {out}, kernel_size = 3, padding = 1, bias = false }}")
    };
    let graph =
        read(&format!("input = [4, 8, 8]\nlayers = [{}, {}, {}, {}]", conv(4), conv(4), conv(4), conv(2)));
    let square: &[u64] = &[4, 4, 3, 3];
    let given = |last: &'static str| {
        let mut given = tensors(&[("up2.weight", square), ("up3.weight", square), ("up4.weight", square)]);
        given.extend(tensors(&[(last, &[2, 4, 3, 3])]));
        given
    };
    assert_eq!(pairs(&graph, &given("up5.weight"), false).unwrap()["conv2d_1.weight"], "up2.weight");
    let refusal = pairs(&graph, &given("up1.weight"), false).unwrap_err();
    assert!(refusal.findings[0].english.contains("count against the order of use"), "{:?}", refusal.findings);
}

/// A row of a convolution is no column.
#[test]
fn sizes_of_one_between_others_count() {
    let conv = |size: &str| {
        format!(
            "[{{ op = 'conv2d', out_channels = 4, kernel_size = {size}, padding = 'same', bias = false }}]"
        )
    };
    let graph = read(&format!(
        "input = [4, 8, 8]\nlayers = [{{ merge = 'concat', branches.a = {}, branches.b = {} }}]",
        conv("[1, 3]"),
        conv("[3, 1]")
    ));
    let given = tensors(&[("x.weight", &[4, 4, 3, 1]), ("y.weight", &[4, 4, 1, 3])]);
    assert_eq!(pairs(&graph, &given, false).unwrap()["concat_1/a/conv2d_1.weight"], "y.weight");
}

/// A tensor with its outputs last may have the same numbers for sizes: [3, 3, 3, 3], or [1, 1, 4, 4] for [4, 4, 1, 1].
#[test]
fn a_layout_with_outputs_last_is_refused() {
    let linear = "op = 'linear', out_features = 4, bias = false";
    for (input, layer, name, dims) in [
        ("[4, 8, 8]", CONV, "conv2d/kernel", &[1, 1, 4, 4][..]),
        ("[4, 8, 8]", CONV, "first.weight", &[1, 1, 4, 4]),
        ("[4]", linear, "dense/kernel:0", &[4, 4]),
        ("[4]", linear, "Dense_0.kernel", &[4, 4]),
        ("[4]", linear, "head.weight", &[4, 4]),
        ("[4]", linear, "head.weight", &[4, 4, 1, 1]),
    ] {
        let graph = read(&format!("input = {input}\nlayers = [{{ name = 'a', {layer} }}]"));
        let given = tensors(&[(name, dims)]);
        let is_right = name == "head.weight";
        match assign(&graph, &given, false) {
            Ok(_) => assert!(is_right, "{name} {dims:?}"),
            Err(refusal) => assert!(!is_right && refusal.known == [None], "{name} {dims:?}"),
        }
        // Who names it has turned it, if it is of our shape.
        let map = weight_map::parse("map.toml", &format!("'a.weight' = '{name}'")).unwrap();
        assert_eq!(map.apply(&graph, &given).is_ok(), dims[0] == 4, "{name} {dims:?}");
    }
}

/// What torchvision's names are to other libraries.
fn renamed(name: &str, scheme: usize) -> String {
    let words = |pairs: &[(&str, &str)]| {
        pairs.iter().fold(format!(".{name}"), |name, (from, to)| name.replace(from, to))[1..].to_owned()
    };
    match scheme {
        // MMCV's backbones, detectors' and Lightning's.
        0 => format!("backbone.{name}"),
        1 => words(&[
            (".layer1.", ".stages.0."),
            (".layer2.", ".stages.1."),
            (".layer3.", ".stages.2."),
            (".layer4.", ".stages.3."),
            (".fc.", ".head.fc."),
        ]),
        2 => words(&[
            (".downsample.", ".shortcut."),
            (".conv", ".convolution."),
            (".bn", ".normalization."),
            (".features.", ".trunk."),
        ]),
        3 => {
            words(&[(".layer", ".res_"), (".branch", ".path"), (".block.", ".f."), (".classifier.", ".top.")])
        }
        // Nothing but letters.
        _ => {
            let (module, part) = name.rsplit_once('.').unwrap_or(("", name));
            let digest =
                module.bytes().fold(7u64, |sum, byte| sum.wrapping_mul(31).wrapping_add(byte.into()));
            let letters: String =
                (0..8).map(|at| char::from(b'a' + (digest >> (4 * at) & 15) as u8)).collect();
            format!("{letters}.{part}")
        }
    }
}

/// The names of the library of each list, which the outputs show to be understood, and under other names: what is loaded then
/// is the same, or it is refused; and with a map it is loaded.
#[test]
fn under_other_names_it_is_right_or_refused_and_a_map_loads_it() {
    let (mut loaded, mut refused) = (0, 0);
    for path in listed::files() {
        let text = fs::read_to_string(&path).unwrap();
        let (head, rest) = text.split_once('\n').unwrap();
        let [name, size, _] = head.splitn(3, '\t').collect::<Vec<_>>().try_into().unwrap();
        let (graph, given) = (listed::graph(name, size.parse().unwrap()), listed::listed(rest.lines()));
        let right = assign(&graph, &given, false).unwrap().given;
        for scheme in 0..5 {
            let other: Vec<_> = given
                .iter()
                .map(|named| Named { name: renamed(&named.name, scheme), dims: named.dims.clone() })
                .collect();
            let distinct: BTreeSet<&str> = other.iter().map(|named| &*named.name).collect();
            assert_eq!(distinct.len(), other.len(), "{name}, scheme {scheme}");
            match assign(&graph, &other, false) {
                Ok(found) => {
                    assert_eq!(found.given, right, "{name}, scheme {scheme}");
                    loaded += 1;
                }
                Err(refusal) => {
                    let wrong = refusal
                        .known
                        .iter()
                        .zip(&right)
                        .any(|(known, right)| known.is_some_and(|known| known != *right));
                    assert!(!wrong, "{name}, scheme {scheme}");
                    refused += 1;
                }
            }
            let lines = names(&graph).into_iter().zip(&right);
            let map: String = lines
                .map(|(ours, &theirs)| format!("'{}' = '{}'\n", ours.name, other[theirs].name))
                .collect();
            let map = weight_map::parse("map.toml", &map).unwrap();
            assert_eq!(map.apply(&graph, &other).unwrap().given, right, "{name}, scheme {scheme}");
        }
    }
    assert!(loaded > 20 && refused > 20, "{loaded} are loaded, and {refused} refused");
}

#[test]
fn a_map_has_numbers_boxes_and_whole_names() {
    let graph = read(&format!(
        "input = [4, 8, 8]\nlayers = [{{ name = 'stage', use = 'unit', repeat = 2 }}, {{ name = 'last', {CONV} }}]\n\
         [blocks.unit]\nlayers = [{{ name = 'a', {CONV} }}, {{ name = 'bn', op = 'batch_norm2d' }}]"
    ));
    let square: &[u64] = &[4, 4, 1, 1];
    let mut given =
        tensors(&[("net.1.conv.w", square), ("net.3.conv.w", square), ("net.last.weight", square)]);
    given.extend([norm("net.n1", 4), norm("net.n2", 4), norm("net.spare", 7)].concat());
    let apply = |text: &str| {
        let map = weight_map::parse("map.toml", text)
            .map_err(|error| error.render(Language::English, false, 100))?;
        map.apply(&graph, &given).map_err(|error| error.render(Language::English, false, 100))
    };
    let good = "\"stage/{i}/a.weight\" = \"net.{2*i+1}.conv.w\"\nstage.'{k}'.bn = \"n{k+1}\"\n";
    let mapped = apply(good).unwrap();
    let names = mapped.given.iter().map(|&index| &*given[index].name).collect::<Vec<_>>();
    assert_eq!(names.first(), Some(&"net.1.conv.w"));
    assert_eq!(names[5..7], ["net.3.conv.w", "net.n2.weight"]);
    assert_eq!((names.last(), mapped.unused.len()), (Some(&"net.last.weight"), 4));
    for (text, why) in [
        ("", "neither the map nor the file has anything for `stage/0/a.weight`"),
        (
            "'stage/{i}/a.weight' = 'net.{i}.conv.w'\n'stage/{k}/bn' = 'n{k+1}'",
            "the file has no `net.0.conv.w` for `stage/0/a.weight`",
        ),
        (
            "'stage/{i}/a.weight' = 'net.1.conv.w'\n'stage/{k}/bn' = 'n{k+1}'",
            "`stage/0/a.weight` and `stage/1/a.weight` are both `net.1.conv.w`",
        ),
        (
            "'stage/{i}/a.weight' = 'net.{2*i+1}.conv.w'\n'stage/{k}/bn' = 'spare'",
            "`net.spare.weight` is 7 in the file, and `stage/0/bn.weight` is 4 in the network",
        ),
        (
            "'stage/{i}/a.weight' = 'net.{2*i+1}.conv.w'\n'stage/{k}/bn' = ''",
            "`stage/{k}/bn` has no name of the file's yet",
        ),
        ("'stage/{i}/b' = 'x'", "`stage/{i}/b` names nothing of the network"),
        ("'stage/{i}' = 'x{k}'", "there is no `{k}` in `stage/{i}`"),
        ("'stage/{i}' = 'x{i'", "is not closed"),
        ("'stage/{i+1}' = 'x{i}'", "on our side a number is a name only"),
        ("'stage/{i}' = 'x{i*2}'", "is no number: write `{i}`, `{i+1}` or `{2*i+1}`"),
        ("'stage/{i}/bn' = 'x{i}'\n'stage/{k}/bn' = 'y'", "two entries name `stage/0/bn.weight`"),
        ("'stage/{i}/bn' = 'n{i-1}'", "a number in `n{i-1}` would be below 0"),
        ("stage = 3", "what the file calls it is a text"),
        ("stage", "this is no map of weights"),
    ] {
        let error = apply(text).unwrap_err();
        assert!(error.contains(why), "{text}: {error}");
    }
}

/// As elsewhere, with dots and without what stands between; what leads to several places is listed.
#[test]
fn a_map_takes_parts_of_paths() {
    let graph = read(&format!(
        "input = [4, 8, 8]\nlayers = [{{ name = 'layer1', use = 'unit', repeat = 2 }}, {{ name = 'last', {CONV} }}]\n\
         [blocks.unit]\nlayers = [{{ name = 'sum', merge = 'add', branches.shortcut = [], branches.body = [\n\
         {{ use = 'pair', name = 'conv1' }}, {{ use = 'pair', name = 'conv2' }}] }}]\n\
         [blocks.pair]\nlayers = [{{ name = 'conv', {CONV} }}, {{ name = 'bn', op = 'batch_norm2d' }}]"
    ));
    let mut given = tensors(&[("head.kernel", &[4, 4, 1, 1])]);
    for (unit, conv) in [(1, "a"), (1, "b"), (2, "a"), (2, "b")] {
        given.extend(tensors(&[(&format!("s{unit}.{conv}.conv.weight"), &[4, 4, 1, 1])]));
        given.extend(norm(&format!("s{unit}.{conv}.bn"), 4));
    }
    given.extend(tensors(&[("n.w", &[4])]));
    let apply = |text: &str| {
        let map = weight_map::parse("map.toml", text).unwrap();
        let mapped =
            map.apply(&graph, &given).map_err(|error| error.render(Language::English, false, 100))?;
        let theirs = mapped.given.iter().map(|&index| given[index].name.clone());
        Ok::<BTreeMap<_, _>, String>(
            names(&graph).into_iter().map(|ours| ours.name.replace('/', ".")).zip(theirs).collect(),
        )
    };
    let last = "'last.weight' = 'head.kernel'\n";
    let short =
        "'layer1.{i}.conv1' = 's{i+1}.a'\n'layer1/{j}/conv2' = 's{j+1}.b'\n'layer1.1.conv2.bn.bias' = 'n.w'";
    let pairs = apply(&format!("{last}{short}")).unwrap();
    for (ours, theirs) in [
        ("layer1.0.sum.body.conv1.conv.weight", "s1.a.conv.weight"),
        ("layer1.1.sum.body.conv1.bn.running_var", "s2.a.bn.running_var"),
        ("layer1.1.sum.body.conv2.conv.weight", "s2.b.conv.weight"),
        ("layer1.1.sum.body.conv2.bn.bias", "n.w"),
        ("last.weight", "head.kernel"),
    ] {
        assert_eq!(pairs[ours], theirs, "{ours}");
    }
    let whole = "'layer1.0.sum.body.conv2' = 's1.b'\n'layer1.1.sum.body.conv2' = 's2.b'\n";
    let rest = format!("{last}{whole}'1.conv1' = 's2.a'\n");
    assert!(apply(&format!("{rest}'0.sum.conv1' = 's1.a'")).is_ok());
    for (entry, why) in [
        ("conv1 = 's1.a'", "`conv1` leads to 2 layers or boxes"),
        ("conv1 = 's1.a'", "write more of the path: `layer1/0/sum/body/conv1`, `layer1/1/sum/body/conv1`"),
        ("'layer1.conv{k}' = 's{k}.a'", "`layer1.conv1` leads to 2 layers or boxes"),
        ("'layer1.0.conv3' = 's1.a'", "`layer1.0.conv3` names nothing of the network"),
        ("'0.conv1.conv.bias' = 's1.a'", "`0.conv1.conv.bias` names nothing of the network"),
    ] {
        let error = apply(&format!("{rest}{entry}")).unwrap_err();
        assert!(error.contains(why), "{entry}: {error}");
    }
}

/// What timm's vision transformers hold: tensors of no module, and attention that is called otherwise.
#[test]
fn a_map_takes_tensors_as_they_are() {
    let graph = read(
        "input = [4, 3]\nlayers = [{ name = 'block', repeat = 2, layers = [{ name = 'attention', layers = [\
         { op = 'layer_norm' }, { op = 'multi_head_attention', num_heads = 1 }] }] }, { name = 'sum', merge = 'add', \
         branches.x = [], branches.position = [{ op = 'parameter', shape = [4, 3], from = [] }] }]",
    );
    let mut given = tensors(&[("pos_embed", &[1, 4, 3]), ("cls_token", &[1, 1, 3])]);
    for block in 0..2 {
        for (name, dims) in
            [("norm.weight", &[3][..]), ("norm.bias", &[3]), ("qkv.weight", &[9, 3]), ("qkv.bias", &[9])]
        {
            given.extend(tensors(&[(&format!("blocks.{block}.{name}"), dims)]));
        }
        for (name, dims) in [("proj.weight", &[3, 3][..]), ("proj.bias", &[3])] {
            given.extend(tensors(&[(&format!("blocks.{block}.{name}"), dims)]));
        }
    }
    let refusal = pairs(&graph, &given, false).unwrap_err();
    assert!(
        refusal.findings.iter().any(|finding| finding.english.contains("file 1 (`cls_token`, `pos_embed`)"))
    );
    let map = "position = 'pos_embed'\n'block.{i}.layer_norm_1' = 'blocks.{i}.norm'\n\
         'block.{i}.attention.in_proj_weight' = 'blocks.{i}.qkv.weight'\n\
         'block.{i}.attention.in_proj_bias' = 'blocks.{i}.qkv.bias'\n\
         'block.{i}.attention.multi_head_attention_1.out_proj' = 'blocks.{i}.proj'\n";
    let apply = |text: &str| weight_map::parse("map.toml", text).unwrap().apply(&graph, &given);
    let mapped = apply(map).unwrap();
    let theirs = mapped.given.iter().map(|&index| given[index].name.clone());
    let pairs: BTreeMap<_, _> = names(&graph).into_iter().map(|ours| ours.name).zip(theirs).collect();
    assert_eq!(pairs["sum/position/parameter_1.weight"], "pos_embed");
    let attention = "block/1/attention/multi_head_attention_1";
    assert_eq!(pairs[&format!("{attention}.in_proj_weight")], "blocks.1.qkv.weight");
    assert_eq!(pairs[&format!("{attention}.out_proj.bias")], "blocks.1.proj.bias");
    // A box of several tensors is none of them.
    assert!(apply(&map.replace("blocks.{i}.norm'", "blocks.{i}.norm.bias'")).is_err());
}

/// A network of sums and chains, in which every convolution holds the same, and what it is called in a file whose names follow
/// its boxes, or do not.
struct Random {
    text: String,
    /// Ours, and the file's.
    pairs: Vec<(String, String)>,
}

impl Random {
    fn new(seed: u64) -> Self {
        let mut random = StdRng::seed_from_u64(seed);
        let mut made = Self { text: String::new(), pairs: vec![] };
        let scheme = random.random_range(0..4);
        let layers = made.layers(&mut random, scheme, "", "", 3);
        made.text = format!("input = [4, 4, 4]\nlayers = {layers}");
        made
    }

    fn layers(&mut self, random: &mut StdRng, scheme: u8, ours: &str, theirs: &str, depth: usize) -> String {
        let mut items = vec![];
        for index in 0..random.random_range(1..=3) {
            // Names of the file: with the boxes and their numbers; with words for branches; flat; or none that say anything.
            let their = match scheme {
                0 | 1 => format!("{theirs}{index}"),
                2 => format!("m{}", self.pairs.len()),
                // In letters: numbers that happen to go up would say an order.
                _ => (0..6).map(|_| char::from(random.random_range(b'a'..=b'z'))).collect(),
            };
            if depth > 0 && random.random_bool(0.4) {
                let names = if random.random_bool(0.5) { ["shortcut", "body"] } else { ["p", "q"] };
                let mut order = [0, 1];
                order.shuffle(random);
                let branches = order.map(|branch| {
                    let word = if scheme == 1 {
                        ["downsample", "main"][branch].to_owned()
                    } else {
                        branch.to_string()
                    };
                    let (ours, theirs) =
                        (format!("{ours}n{index}/{}/", names[branch]), format!("{their}.{word}."));
                    let layers = self.layers(random, scheme, &ours, &theirs, depth - 1);
                    format!("branches.{} = {layers}", names[branch])
                });
                items.push(format!("{{ name = 'n{index}', merge = 'add', {} }}", branches.join(", ")));
            } else {
                self.pairs.push((format!("{ours}n{index}.weight"), format!("{their}.weight")));
                items.push(format!("{{ name = 'n{index}', {CONV} }}"));
            }
        }
        format!("[{}]", items.join(", "))
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, ..ProptestConfig::default() })]

    #[test]
    fn what_is_loaded_is_right_or_refused(seed: u64) {
        let made = Random::new(seed);
        let graph = read(&made.text);
        let mut given: Vec<Named> =
            made.pairs.iter().map(|(_, theirs)| Named { name: theirs.clone(), dims: vec![4, 4, 1, 1] }).collect();
        given.shuffle(&mut StdRng::seed_from_u64(seed));
        let distinct: BTreeSet<&str> = given.iter().map(|named| &*named.name).collect();
        prop_assume!(distinct.len() == given.len());
        if let Ok(found) = pairs(&graph, &given, false) {
            let expected: BTreeMap<_, _> = made.pairs.iter().cloned().collect();
            prop_assert_eq!(found, expected, "{}", made.text);
        }
    }
}
