//! The description language, rule by rule.

use std::time::{Duration, Instant};

use cnncost::read::{Description, Options, bundled};

#[path = "common/expanding.rs"]
mod expanding;

use expanding::{expand, graph, inputs, net, options, output, paths, refused};

#[test]
fn rule_1_keys_may_stand_in_toml_1_1_and_variants_in_either_form() {
    let multiline = "input = [8, 6, 6]\nlayers = [{\n  op = 'relu',\n}]\n";
    assert_eq!(paths(multiline), ["relu_1"]);
    let tables = "input = [8, 6, 6]\nparams = { c = 1 }\nlayers = [{ op = 'conv2d', out_channels = 'c', kernel_size = 1 }]\n\
                  [[variants]]\nname = 'wide'\nset = { c = 5 }\n";
    let wide = Options { variant: Some("wide".to_owned()), ..Options::default() };
    let graph = expand(tables, &wide).unwrap();
    assert_eq!(graph.node(graph.outputs()[0].1).shape.to_string(), "5×6×6");
}

#[test]
fn rule_2_a_side_is_an_output_and_the_main_line_goes_on() {
    let graph = graph(&net(
        "{ op = 'relu' }, { name = 'aux', side = [{ op = 'flatten' }] }, { op = 'tanh' }, { name = 'here', side = [] }",
    ));
    let outputs: Vec<_> = graph.outputs().iter().map(|(name, id)| (name.as_str(), graph.path(*id))).collect();
    assert_eq!(
        outputs,
        [("aux", "aux/flatten_1".to_owned()), ("here", "tanh_1".to_owned()), ("output", "tanh_1".to_owned())]
    );
    assert_eq!(inputs(&graph, "tanh_1"), ["relu_1"]);
}

#[test]
fn rule_3_names_are_numbered_among_the_unnamed_of_a_kind() {
    let text = net(
        "{ op = 'relu' }, { op = 'relu', when = 'false' }, { op = 'relu' }, { name = 'act', op = 'relu' }, { op = 'relu' }, \
         { layers = [{ op = 'tanh' }] }, { merge = 'add', branches = { a = [], b = [{ op = 'tanh' }] } }",
    );
    assert_eq!(
        paths(&text),
        ["relu_1", "relu_3", "act", "relu_4", "layers_1/tanh_1", "add_1/b/tanh_1", "add_1/add"]
    );
    assert_eq!(paths(&net("{ op = 'relu', repeat = 1 }")), ["relu_1/0"]);
}

#[test]
fn rule_3_a_path_joins_every_box() {
    let text = format!(
        "{}\n[blocks.bottleneck]\nlayers = [{{ merge = 'add', branches = {{ body = [{{ use = 'conv_bn' }}], \
         shortcut = [] }} }}]\n[blocks.conv_bn]\nlayers = [{{ op = 'conv2d', out_channels = 'in', kernel_size = 1 }}]",
        net("{ name = 'layer1', use = 'bottleneck', repeat = 2 }, { op = 'relu', from = 'layer1' }")
    );
    let graph = graph(&text);
    assert!(paths(&text).contains(&"layer1/0/add_1/body/conv_bn_1/conv2d_1".to_owned()));
    // As a source, `layer1` is its last repetition.
    assert_eq!(inputs(&graph, "relu_1"), ["layer1/1/add_1/add"]);
}

#[test]
fn rule_4_from_looks_outward_through_groups_and_branches() {
    let text = net("{ name = 'stem', op = 'relu' }, { op = 'tanh' }, \
         { layers = [{ op = 'add', from = ['stem', 'input'] }, \
                     { merge = 'add', branches = { a = [{ op = 'sigmoid', from = 'stem' }], b = [] } }] }");
    let graph = graph(&text);
    assert_eq!(inputs(&graph, "layers_1/add_1"), ["stem", "input"]);
    assert_eq!(inputs(&graph, "layers_1/add_2/a/sigmoid_1"), ["stem"]);
    assert_eq!(inputs(&graph, "layers_1/add_2/add"), ["layers_1/add_2/a/sigmoid_1", "layers_1/add_1"]);
}

#[test]
fn rule_4_input_is_that_of_the_block() {
    let text = format!(
        "{}\n[blocks.b]\nlayers = [{{ op = 'tanh' }}, {{ op = 'add', from = ['input', 'tanh_1'] }}]",
        net("{ op = 'relu' }, { use = 'b' }")
    );
    assert_eq!(inputs(&graph(&text), "b_1/add_1"), ["relu_1", "b_1/tanh_1"]);
}

#[test]
fn rule_5_repeat_chains_and_only_the_first_copy_takes_from() {
    let text = net(
        "{ name = 'a', op = 'relu' }, { op = 'tanh' }, { name = 'r', op = 'sigmoid', from = 'a', repeat = 3 }",
    );
    let graph = graph(&text);
    assert_eq!(inputs(&graph, "r/0"), ["a"]);
    assert_eq!(inputs(&graph, "r/2"), ["r/1"]);
    assert_eq!(paths(&net("{ op = 'relu' }, { op = 'tanh', repeat = 0 }")), ["relu_1"]);
    assert_eq!(output(&net("{ op = 'conv2d', out_channels = '2^i', kernel_size = 1, repeat = 4 }")), "8×6×6");
}

#[test]
fn rule_6_what_is_left_out_is_as_if_it_were_not_there() {
    let text =
        net("{ op = 'relu' }, { op = 'add', from = ['nothing', 'relu_1'], when = 'h > 6' }, { op = 'tanh' }");
    assert!(refused(&text).contains("there is no `nothing`"), "names are checked all the same");
    let text = net(
        "{ name = 'a', op = 'relu', when = 'h > 6' }, { op = 'add', from = ['a', 'input'], when = 'h > 6' }, { op = 'tanh' }",
    );
    assert_eq!(paths(&text), ["tanh_1"]);
    // In `when`, sizes are those of the item before, whatever `from` says.
    let text = net(
        "{ name = 'wide', op = 'conv2d', out_channels = 16, kernel_size = 1 }, { op = 'relu', from = 'input', when = 'in == 16' }",
    );
    assert_eq!(output(&text), "8×6×6");
    let text = net("{ op = 'relu' }, { side = [{ op = 'flatten' }], when = 'false' }");
    assert_eq!(graph(&text).outputs().len(), 1);
}

#[test]
fn rule_7_branches() {
    let one = "{ merge = 'add', branches = { a = [{ op = 'relu' }], b = { layers = [], when = 'false' } } }";
    assert_eq!(paths(&net(one)), ["add_1/a/relu_1"], "one that remains is not merged");
    let order = net("{ merge = 'concat', branches = { z = [{ op = 'relu' }], a = [] } }");
    assert_eq!(inputs(&graph(&order), "concat_1/concat"), ["concat_1/z/relu_1", "input"]);
    let gate =
        "{ merge = 'mul', branches = { x = [], s = [{ op = 'adaptive_avg_pool2d', output_size = 1 }] } }";
    assert_eq!(output(&net(gate)), "8×6×6");
    assert!(refused(&net(&gate.replace("mul", "add"))).contains("cannot be added"));
    let other = "{ merge = 'concat', dim = 2, branches = { a = [], b = [] } }";
    assert_eq!(output(&net(other)), "8×12×6");
}

#[test]
fn rule_8_defaults_are_those_of_the_blocks_input_in_any_order() {
    let text = format!(
        "{}\n[blocks.b]\nparams = ['k']\ndefaults = {{ twice = '2*c', c = 'in' }}\nlayers = [\
         {{ op = 'conv2d', out_channels = 3, kernel_size = 'k' }}, {{ op = 'conv2d', out_channels = 'twice', kernel_size = 1 }}]",
        net("{ use = 'b', k = 3 }, { use = 'b', k = 1, c = 5 }")
    );
    let graph = graph(&text);
    let shape =
        |path: &str| graph.nodes().find(|(id, _)| graph.path(*id) == path).unwrap().1.shape.to_string();
    assert_eq!([shape("b_1/conv2d_2"), shape("b_2/conv2d_2")], ["16×4×4", "10×4×4"]);
}

#[test]
fn rule_8_a_block_may_have_several_inputs() {
    let text = "inputs = { left = [4, 2, 2], right = [6, 2, 2] }\nlayers = [{ use = 'join', from = ['right', 'left'] }]\n\
                [blocks.join]\ninputs = ['a', 'b']\nlayers = [{ op = 'concat', from = ['b', 'a'] }]";
    assert_eq!(inputs(&graph(text), "join_1/concat_1"), ["left", "right"]);
}

#[test]
fn rule_9_and_13_parameters_variants_and_what_is_set_after_them() {
    let text = "input = [8, 'size', 'size']\nparams = { size = 6, act = ['relu', 'tanh'], wide = false }\n\
                variants = [{ name = 'big', set = { size = 12, act = 'tanh' } }]\nlayers = [\
                { op = 'relu', when = \"act == 'relu'\" }, { op = 'tanh', when = \"act == 'tanh'\" }, \
                { op = 'conv2d', out_channels = 'if(wide, 32, 16)', kernel_size = 1 }]";
    let shown = |options: &Options| {
        let graph = expand(text, options).unwrap();
        let (last, first) =
            (graph.outputs()[0].1, graph.nodes().nth(1).unwrap().1.operator_name().to_owned());
        format!("{first} {}", graph.node(last).shape)
    };
    let big = |set: &[(&str, &str)]| Options { variant: Some("big".to_owned()), ..options(set) };
    assert_eq!(shown(&Options::default()), "relu 16×6×6");
    assert_eq!(shown(&big(&[])), "tanh 16×12×12");
    assert_eq!(shown(&big(&[("size", "3"), ("wide", "true")])), "tanh 32×3×3");
    assert!(
        expand(text, &options(&[("act", "gelu")])).unwrap_err().contains("it is one of \"relu\", \"tanh\"")
    );
    assert!(expand(text, &options(&[("wide", "1")])).unwrap_err().contains("cannot be 1"));
    assert_eq!(shown(&Options { input: Some(vec![8, 5, 4]), ..Options::default() }), "relu 16×5×4");
}

#[test]
fn rule_10_numbers_are_exact_and_words_come_first() {
    // In floats, 3 · 1.1 · 10 would be above 33.
    let exact = net("{ op = 'conv2d', out_channels = 'ceil(3 * 1.1 * 10)', kernel_size = 1 }");
    assert_eq!(output(&exact), "33×6×6");
    assert!(refused(&net("{ op = 'conv2d', out_channels = 'in / 3', kernel_size = 1 }")).contains("8/3"));
    assert_eq!(output(&net("{ op = 'conv2d', out_channels = 1, kernel_size = [3, 'h - 1'] }")), "1×4×2");
    let word = "input = [8, 6, 6]\nparams = { same = 0 }\n\
                layers = [{ op = 'conv2d', out_channels = 1, kernel_size = 3, padding = 'same' }]";
    assert_eq!(output(word), "1×6×6", "the word, not the parameter");
    assert_eq!(output(&word.replace("'same' }]", "'same + 0' }]")), "1×4×4", "an expression");
    assert_eq!(
        output(&net("{ op = 'flatten' }, { op = 'linear', out_features = 'dim(-1) / 2 + dim(1)' }")),
        "432"
    );
}

/// A number for both sides of an axis or one for each; or a rule, which may be a choice.
#[test]
fn padding_is_said_by_axis_and_side_or_by_a_rule() {
    let conv = |more: &str| {
        net(&format!("{{ op = 'conv2d', out_channels = 1, kernel_size = [3, 'h - 2'], {more} }}"))
    };
    assert_eq!(output(&conv("padding = [1, ['w / 2', 0]]")), "1×6×6");
    assert_eq!(output(&conv("padding = [['2 * (w - 4)', 0], [0, 1]]")), "1×8×4");
    assert_eq!(output(&conv("padding = 'half', stride = 2")), "1×3×4");
    assert_eq!(output(&conv("padding = 'same_upper', stride = [4, 5]")), "1×2×2");
    assert_eq!(output(&conv("padding = 1, padding_mode = 'circular'")), "1×6×5");
    let choice = "input = [8, 6, 6]\nparams = { pad = ['same_upper', 'half', 'valid'], mode = ['zeros', 'reflect'] }\n\
                  layers = [{ op = 'conv2d', out_channels = 1, kernel_size = 2, padding = 'pad', padding_mode = 'mode' }]";
    let chosen = |pad: &str| {
        let graph = expand(choice, &options(&[("pad", pad), ("mode", "reflect")])).unwrap();
        graph.node(graph.outputs()[0].1).shape.to_string()
    };
    assert_eq!(["same_upper", "half", "valid"].map(chosen), ["1×6×6", "1×7×7", "1×5×5"]);
}

/// Branches are stretched where that is said, as the operator of their merge is.
#[test]
fn branches_are_stretched_where_that_is_meant() {
    let merged = |merge: &str| {
        net(&format!("{{ merge = {merge}, branches = {{ x = [], m = [{{ op = 'mean', dim = [1, 2] }}] }} }}"))
    };
    assert_eq!(output(&merged("'add', broadcast = true")), "8×6×6");
    assert_eq!(output(&merged("'mul', broadcast = 'true'")), "8×6×6");
    assert!(refused(&merged("'add'")).contains("`broadcast = true` stretches both to 8×6×6"));
    let block = "input = [8, 6, 6]\nlayers = [{ use = 'both' }]\n[blocks.both]\nmerge = 'add'\nbroadcast = true\n\
                 branches = { x = [], m = [{ op = 'global_avg_pool' }] }";
    assert_eq!(output(block), "8×6×6");
}

#[test]
fn rule_11_a_parameter_is_a_source() {
    let first =
        "{ merge = 'concat', branches = { token = [{ op = 'parameter', shape = [1, 6, 6] }], x = [] } }";
    assert_eq!(output(&net(first)), "9×6×6");
    let named = "{ op = 'relu' }, { name = 'bias', op = 'parameter', shape = [8, 6, 6] }, { op = 'add', from = ['relu_1', 'bias'] }";
    assert_eq!(inputs(&graph(&net(named)), "add_1"), ["relu_1", "bias"]);
}

#[test]
fn rule_12_shared_and_frozen_weights() {
    let text = net("{ name = 'a', op = 'conv2d', out_channels = 8, kernel_size = 1, frozen = true }, \
         { name = 'b', op = 'conv2d', out_channels = 8, kernel_size = 1, weights = 'a' }, \
         { name = 'c', op = 'conv2d', out_channels = 8, kernel_size = 1, weights = 'b' }, { op = 'conv2d', out_channels = 2, kernel_size = 1 }");
    let params = cnncost::analyze(&graph(&text)).unwrap().total().params;
    assert_eq!((params.frozen, params.trainable), (72, 18));
}

#[test]
fn rule_15_limits_are_met_at_once() {
    let doubling: String = (0..100)
        .map(|n| format!("[blocks.b{n}]\nlayers = [{{ use = 'b{0}' }}, {{ use = 'b{0}' }}]\n", n + 1))
        .chain(["[blocks.b100]\nlayers = []\n".to_owned()])
        .collect();
    let conditional = doubling.replace("' }", "', when = 'wide' }");
    let nested = (0..70).fold("{ op = 'relu' }".to_owned(), |inner, _| format!("{{ layers = [{inner}] }}"));
    // Headers of tables nest without a bracket.
    let headed: String = (1..60).map(|n| format!("[[{}]]\n", vec!["layers"; n].join("."))).collect();
    let words = net(&"{ op = 'relu' }, ".repeat(60_000));
    let params: String = (0..300).map(|n| format!("p{n} = 1\n")).collect();
    // A few items that are read for every copy of what is around them.
    let sources = vec!["'a'"; 3000].join(", ");
    let sources = net(&format!(
        "{{ name = 'a', op = 'relu' }}, {{ repeat = 9000, layers = [{{ op = 'add', from = [{sources}] }}] }}"
    ));
    let deep: String = (0..200)
        .map(|n| format!("[blocks.b{n}]\nlayers = [{{ use = 'b{}' }}]\n", n + 1))
        .chain(["[blocks.b200]\nlayers = [{ op = 'relu' }]\n".to_owned()])
        .collect();
    let large = format!("# {}\n{}", "x".repeat(16_000_000), net("{ op = 'relu' }"));
    let cases = [
        (net("{ op = 'relu', repeat = 1000000000000 }"), "more than 4000000 nodes"),
        (net("{ op = 'relu', repeat = '10^12' }"), "more than 4000000 nodes"),
        (net("{ layers = [], repeat = 1000000000000 }"), "more than 4000000 nodes"),
        (
            net("{ repeat = 3000, layers = [{ repeat = 3000, layers = [{ op = 'relu' }] }] }"),
            "more than 4000000 nodes",
        ),
        (format!("{}\n{doubling}", net("{ use = 'b0' }")), "more than 4000000 nodes"),
        (
            format!("{}\n[params]\nwide = true\n{conditional}", net("{ use = 'b0' }")),
            "more than 4000000 nodes",
        ),
        (format!("{}\n{deep}", net("{ use = 'b0' }")), "more than 128 deep"),
        (net(&nested), "more than 80 deep"),
        (format!("input = [3, 8, 8]\n{headed}op = 'relu'\n"), "more than 40 deep"),
        (format!("{} = 1", vec!["a"; 100_000].join(".")), "more than 80 parts"),
        (words, "at most 300000 words"),
        (format!("{}\n[params]\n{params}", net("{ op = 'relu' }")), "at most 100 parameters"),
        (sources, "more than 8000000 settings and inputs"),
        (net("{ op = 'conv2d', out_channels = '2^53 + 1', kernel_size = 1 }"), "2^53"),
        (large, "16 MB"),
    ];
    for (text, expected) in cases {
        let start = Instant::now();
        let message = refused(&text);
        assert!(message.contains(expected), "{expected}: {}", &message[..message.len().min(600)]);
        assert!(start.elapsed() < Duration::from_secs(60), "{expected} took {:?}", start.elapsed());
    }
}

/// TOML 1.0 has no line break and no trailing comma inside `{ }`, but for those in `[ ]` inside it.
#[test]
fn bundled_files_are_toml_1_0() {
    for file in bundled::BUNDLED.iter().chain(bundled::BLOCKS) {
        let mut open = vec![];
        let (mut quote, mut comment, mut last) = (None, false, ' ');
        for c in file.text.chars() {
            match (quote, comment, c) {
                (_, true, '\n') => comment = false,
                (Some(mark), _, c) if c == mark => quote = None,
                (Some(_), _, _) | (_, true, _) => {}
                (_, _, '"' | '\'') => quote = Some(c),
                (_, _, '#') => comment = true,
                (_, _, '[' | '{') => open.push(c),
                (_, _, ']') => assert_eq!(open.pop(), Some('['), "{}", file.name),
                (_, _, '}') => {
                    assert_eq!(open.pop(), Some('{'), "{}", file.name);
                    assert_ne!(last, ',', "{}: a comma before `}}`", file.name);
                }
                _ => {}
            }
            assert!(c != '\n' || open.last() != Some(&'{'), "{}: a line break inside {{ }}", file.name);
            if !c.is_whitespace() {
                last = c;
            }
        }
    }
}

#[test]
fn bundled_files_are_listed_and_their_names_are_unique() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("models");
    let mut names = std::collections::HashSet::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_some_and(|extension| extension == "toml") {
            let stem = path.file_stem().unwrap().to_str().unwrap().to_owned();
            let file = bundled::BUNDLED.iter().find(|file| file.name == stem);
            let file = file.unwrap_or_else(|| panic!("{stem} is not bundled"));
            let mut own = bundled::variants(file);
            // A variant called like its file is what the file's name means: then it sets nothing.
            if own.contains(&stem) {
                let variant = Options { variant: Some(stem.clone()), ..Options::default() };
                let counts =
                    |options| *cnncost::analyze(&expand(file.text, options).unwrap()).unwrap().total();
                assert_eq!(counts(&variant), counts(&Options::default()), "{stem}");
            } else {
                own.push(stem);
            }
            for name in own {
                assert!(names.insert(name.clone()), "{name} twice");
            }
        }
    }
    assert!(names.len() > 30);
}

#[test]
fn bundled_networks_have_no_warnings() {
    for file in bundled::BUNDLED {
        let description = Description::parse(file.name, file.text).unwrap();
        for variant in bundled::variants(file).into_iter().map(Some).chain([None]) {
            let network = description.expand(&Options { variant, ..Options::default() }).unwrap();
            assert!(network.warnings.is_empty(), "{}: {:?}", file.name, network.warnings);
        }
    }
}

/// What a block names as an output may be taken or not; anything else that nothing takes is doubtful.
#[test]
fn named_outputs_that_nothing_takes_get_no_warning() {
    let warnings = |layers: &str| -> Vec<String> {
        let block = "[blocks.b]\noutputs = ['x', 'skip']\nlayers = [{ name = 'x', op = 'relu' }, { name = 'skip', op = 'tanh', from = 'input' }]";
        let text = format!("input = [3]\nlayers = [{layers}]\n{block}");
        let network = Description::parse("net.toml", &text).unwrap().expand(&Options::default()).unwrap();
        network.warnings.into_iter().map(|warning| warning.message.english).collect()
    };
    let layers = "{ name = 'b', use = 'b', repeat = 3 }";
    assert_eq!(warnings(&format!("{layers}, {{ op = 'add', from = 'b/*/skip' }}")), [""; 0]);
    assert_eq!(warnings(&format!("{layers}, {{ op = 'relu', from = 'b.x' }}")), [""; 0]);
    assert_eq!(warnings("'relu', { use = 'b', from = 'input' }"), ["nothing takes the output of `relu_1`"]);
}

#[test]
fn shapes_that_fit_by_accident_get_a_warning() {
    let warnings = |text: &str| -> Vec<String> {
        let network = Description::parse("net.toml", text).unwrap().expand(&Options::default()).unwrap();
        network.warnings.into_iter().map(|warning| warning.message.english).collect()
    };
    let conv = "{ op = 'conv2d', out_channels = 4, kernel_size = 3 }";
    let linear = "{ op = 'linear', out_features = 2 }";
    let shaped = |input: &str, layers: &str| format!("input = {input}\nlayers = [{layers}]");
    assert_eq!(warnings(&shaped("[32, 32, 3]", "{ op = 'relu' }")), ["this is read as 32 channels of 32×3"]);
    for input in ["[3, 32, 32]", "[32, 16, 3]", "[4, 4, 3]", "[32, 32]"] {
        assert_eq!(warnings(&shaped(input, "{ op = 'relu' }")), [""; 0], "{input}");
    }
    let forgotten = "`linear` takes the width of 4×4×4 for its features";
    for between in [
        "",
        "{ op = 'relu' },",
        "{ op = 'batch_norm2d' }, { op = 'dropout' },",
        "{ op = 'group_norm', num_groups = 2 }, { op = 'gelu' },",
        "{ op = 'layer_norm' }, { op = 'identity' }, { op = 'roll', dims = [2], shifts = [1] },",
        "{ merge = 'add', branches = { a = [], b = [{ op = 'sigmoid' }] } },",
        "{ op = 'affine', mul = 2 }, { op = 'layer_scale' },",
    ] {
        assert_eq!(warnings(&net(&format!("{conv}, {between} {linear}"))), [forgotten], "{between}");
    }
    // The input itself, where it is an image by its sizes or by what else takes it.
    let of_input = |input: &str, layers: &str| warnings(&shaped(input, &format!("{layers}{linear}")));
    let forgotten = "`linear` takes the width of 512×7×7 for its features";
    for between in ["", "{ op = 'relu' },", "{ op = 'dropout' },"] {
        assert_eq!(of_input("[512, 7, 7]", between), [forgotten], "{between}");
    }
    let taken = "{ side = [{ op = 'conv2d', out_channels = 4, kernel_size = 3 }] },";
    assert_eq!(of_input("[8, 7, 9]", taken), ["`linear` takes the width of 8×7×9 for its features"]);
    // What a linear layer has made of an image is no image.
    assert_eq!(of_input("[512, 7, 7]", &format!("{linear}, {{ op = 'relu' }},")), [forgotten]);
    for (input, between) in [
        ("[196, 768]", ""),
        ("[196, 768]", "{ op = 'layer_norm' },"),
        ("[7, 7, 512]", ""),
        ("[8, 49, 64]", ""),
        ("[16, 96]", "{ op = 'avg_pool1d', kernel_size = 3, stride = 1 },"),
        ("[96, 56, 56]", "{ op = 'permute', dims = [0, 2, 3, 1] }, { op = 'layer_norm' },"),
        ("[96, 56, 56]", "{ op = 'flatten', start_dim = 2 },"),
        ("[96, 56, 56]", "{ op = 'mean', dim = [2, 3] },"),
        ("[96, 56, 56]", "{ op = 'global_avg_pool' }, { op = 'flatten' },"),
    ] {
        assert_eq!(of_input(input, between), [""; 0], "{input} {between}");
    }
    // Once, however often the item is used.
    assert_eq!(
        warnings(&net(&format!(
            "{{ repeat = 2, layers = [{conv}, {{ op = 'linear', out_features = 6 }}] }}"
        )))
        .len(),
        1
    );
    for between in ["{ op = 'flatten' },", "{ op = 'permute', dims = [0, 2, 3, 1] },", "{ op = 'softmax' },"]
    {
        assert_eq!(warnings(&net(&format!("{conv}, {between} {linear}"))), [""; 0], "{between}");
    }
}

#[test]
fn dimensions_that_are_taken_for_others_get_a_warning() {
    let warnings = |input: &str, layers: &str| -> Vec<String> {
        let text = format!("input = {input}\nlayers = [{layers}]");
        let network = Description::parse("net.toml", &text).unwrap().expand(&Options::default()).unwrap();
        network.warnings.into_iter().map(|warning| warning.message.english).collect()
    };
    let embedding = "{ op = 'embedding', num_embeddings = 100, embedding_dim = 64 }";
    let conv = "{ op = 'conv1d', out_channels = 8, kernel_size = 3 }";
    let permute = "{ op = 'permute', dims = [0, 2, 1] }";
    let lstm = "{ op = 'lstm', hidden_size = 16 }";
    let doubt = |op| {
        format!("`{op}` takes the 30 positions of 30×64 for channels, and its 64 features for positions")
    };
    assert_eq!(warnings("[30]", &format!("{embedding}, {conv}")), [doubt("conv1d")]);
    assert_eq!(
        warnings("[30]", &format!("{embedding}, {{ op = 'dropout' }}, {{ op = 'global_avg_pool' }}")),
        [doubt("global_avg_pool")]
    );
    assert_eq!(warnings("[30]", &format!("{embedding}, {permute}, {conv}")), [""; 0]);
    assert_eq!(warnings("[30]", &format!("{embedding}, {{ op = 'mean', dim = [1] }}")), [""; 0]);
    assert_eq!(
        warnings("[4, 30]", &format!("{conv}, {{ op = 'relu' }}, {lstm}")),
        ["`lstm` takes the 8 channels of 8×28 for steps, and its 28 positions for features"]
    );
    assert_eq!(warnings("[4, 30]", &format!("{conv}, {permute}, {lstm}")), [""; 0]);
    let image = "{ op = 'conv2d', out_channels = 6, kernel_size = 3 }";
    let attention = "{ op = 'multi_head_attention', num_heads = 2 }";
    assert_eq!(
        warnings("[3, 12, 12]", &format!("{image}, {attention}")),
        ["`multi_head_attention` takes 6×10×10 for 6 sequences of 10 tokens with 10 channels"]
    );
    let tokens = format!("{image}, {{ op = 'flatten', start_dim = 2 }}, {permute}, {attention}");
    assert_eq!(warnings("[3, 12, 12]", &tokens), [""; 0]);
    assert_eq!(warnings("[64, 49, 96]", attention), [""; 0]);
    assert_eq!(warnings("[4, 30]", lstm), [""; 0]);
}

#[test]
fn a_softmax_along_a_dimension_that_means_nothing_gets_a_warning() {
    let warnings = |input: &str, layers: &str| -> Vec<String> {
        let text = format!("input = {input}\nlayers = [{layers}]");
        let network = Description::parse("net.toml", &text).unwrap().expand(&Options::default()).unwrap();
        network.warnings.into_iter().map(|warning| warning.message.english).collect()
    };
    let one = "{ op = 'linear', out_features = 1 }";
    assert_eq!(
        warnings("[8]", &format!("{one}, {{ op = 'softmax' }}")),
        ["`softmax` of a single number is always 1"]
    );
    assert_eq!(
        warnings("[8]", &format!("{one}, {{ op = 'log_softmax' }}")),
        ["`log_softmax` of a single number is always 0"]
    );
    assert_eq!(warnings("[8]", &format!("{one}, {{ op = 'sigmoid' }}")), [""; 0]);
    let scores = |softmax: &str| {
        format!(
            "{{ op = 'permute', dims = [0, 1, 3, 2], name = 'k' }}, {{ op = 'matmul', from = ['input', 'k'] }},
             {{ op = 'affine', mul = 0.125 }}, {softmax}"
        )
    };
    assert_eq!(
        warnings("[4, 10, 16]", &scores("{ op = 'softmax' }")),
        ["`softmax` goes along dimension 1 of 4×10×10: over 4 products of matrices, not along one"]
    );
    for dim in [-1, 2, 3] {
        assert_eq!(warnings("[4, 10, 16]", &scores(&format!("{{ op = 'softmax', dim = {dim} }}"))), [""; 0]);
    }
    let conv = "{ op = 'conv2d', out_channels = 10, kernel_size = 1 }";
    let end = |between: &str| warnings("[3, 8, 8]", &format!("{conv}, {between} {{ op = 'softmax' }}"));
    assert_eq!(
        end("{ op = 'flatten' },"),
        ["`softmax` takes each channel at each position of 10×8×8 for a class of its own"]
    );
    for between in
        ["", "{ op = 'global_avg_pool' }, { op = 'flatten' },", "{ op = 'flatten', start_dim = 2 },"]
    {
        assert_eq!(end(between), [""; 0], "{between}");
    }
}

#[test]
fn rule_8_a_block_has_a_scope_of_its_own() {
    let widths = |layers: &str, blocks: &str| -> Vec<String> {
        let text = format!("input = [8, 6, 6]\nparams = {{ c = 5, n = 2 }}\nlayers = [{layers}]\n{blocks}");
        let graph = graph(&text);
        graph.nodes().skip(1).map(|(_, node)| node.shape.dims()[0].to_string()).collect()
    };
    let conv = "{ op = 'conv2d', out_channels = 'c', kernel_size = 1 }";
    let own = format!("[blocks.b]\nparams = ['c']\nlayers = [{conv}]\n");
    let other = format!("[blocks.b]\nlayers = [{conv}]\n");
    // An argument is the outer one, whatever it is called; what a block does not hide it sees.
    assert_eq!(widths("{ use = 'b', c = 3 }, { op = 'relu', when = 'c == 5' }", &own), ["3", "3"]);
    assert_eq!(widths("{ use = 'b', c = 'c' }, { use = 'b', c = '2*c' }", &own), ["5", "10"]);
    assert_eq!(widths("{ use = 'b' }", &other), ["5"]);
    // Blocks in blocks: each sees its own, then the network's, and nothing of the blocks around it.
    let boxes = |inner: &str| {
        format!("{inner}[blocks.a]\nparams = ['c']\nlayers = [{{ use = 'b', GIVEN }}, {conv}]\n")
    };
    let inner = boxes(&own).replace("GIVEN", "c = '3*c'");
    assert_eq!(widths("{ use = 'a', c = 4 }", &inner), ["12", "4"]);
    let inner = boxes(&other).replace(", GIVEN", "");
    assert_eq!(widths("{ use = 'a', c = 4 }", &inner), ["5", "4"]);
    // Defaults see what is the block's own first.
    let defaults = format!(
        "[blocks.b]\ndefaults = {{ d = '2*c', c = 'n + in' }}\nlayers = [{conv}, {}]\n",
        conv.replace("'c'", "'d'")
    );
    assert_eq!(widths("{ use = 'b' }, { use = 'b', c = 'c' }", &defaults), ["10", "20", "5", "10"]);
    let shared = "[blocks.b]\ndefaults = { c = 'c' }\nlayers = [{ op = 'relu' }]\n";
    let text = format!("input = [8, 6, 6]\nparams = {{ c = 5 }}\nlayers = [{{ use = 'b' }}]\n{shared}");
    assert!(refused(&text).contains("`c` → `c`"), "{}", refused(&text));
    // Conditions and copies are the block's own, however large the network's parameter of that name is.
    let copies = "[blocks.b]\nparams = ['n']\nlayers = [{ repeat = 'n', layers = [{ op = 'relu', repeat = 'n', when = 'n < 4' }] }]\n";
    let text = format!(
        "input = [8]\nparams = {{ n = 100000000 }}\nlayers = [{{ use = 'b', n = 'min(n, 3)' }}]\n{copies}"
    );
    assert_eq!(graph(&text).len(), 1 + 9);
}

#[test]
fn rule_8_a_parameter_of_a_block_may_be_one_of_several_words() {
    let block = "[blocks.b]\nchoices = { act = ['none', 'relu', 'silu'] }\nlayers = [\n\
                   { op = 'relu', when = \"act == 'relu'\" }, { op = 'silu', when = \"act == 'silu'\" }, { op = 'tanh' },\n]\n\
                 [blocks.a]\nchoices = { act = ['silu', 'none'] }\nlayers = [{ use = 'b', act = 'act' }]\n";
    let ops = |layers: &str| {
        let text = format!(
            "input = [8]\nparams = {{ deep = true, silu = 3, word = ['relu', 'none'] }}\nlayers = [{layers}]\n{block}"
        );
        let graph = graph(&text);
        graph.nodes().skip(1).map(|(_, node)| node.operator_name()).collect::<Vec<_>>().join(" ")
    };
    assert_eq!(ops("{ use = 'b' }"), "tanh");
    assert_eq!(ops("{ use = 'b', act = 'relu' }"), "relu tanh");
    // A word is that word first, whatever else is called so; otherwise it is an expression that comes to one.
    assert_eq!(ops("{ use = 'b', act = 'silu' }"), "silu tanh");
    assert_eq!(ops("{ use = 'b', act = \"'relu'\" }"), "relu tanh");
    assert_eq!(ops("{ use = 'b', act = 'word' }"), "relu tanh");
    assert_eq!(ops("{ use = 'b', act = \"if(deep, 'silu', 'none')\" }"), "silu tanh");
    assert_eq!(ops("{ use = 'a' }, { use = 'a', act = 'none' }"), "silu tanh tanh");
    let wrong = |act: &str| refused(&format!("{}\n{block}", net(&format!("{{ use = 'b', act = {act} }}"))));
    assert!(wrong("'rellu'").contains("did you mean `relu`?"), "{}", wrong("'rellu'"));
    assert!(wrong("1").contains("`act` cannot be 1"), "{}", wrong("1"));
    assert!(wrong("'in'").contains("`act` cannot be 8"), "{}", wrong("'in'"));
}
