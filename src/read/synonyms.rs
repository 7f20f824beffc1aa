//! What operators and their settings are called elsewhere: in PyTorch's own spelling, in Keras, in papers.

use super::keys;
use crate::error::{did_you_mean, meant, nearest};
use crate::op::OPERATORS;
use crate::text;
use crate::text::Text;

/// Names of operators that are far from ours, written small and without `_`.
const OPERATORS_ELSEWHERE: &[(&[&str], &str)] = &[
    (&["dense", "fc", "fullyconnected", "innerproduct", "gemm"], "linear"),
    (&["bn", "bn2d", "batchnormalization", "batchnormalisation"], "batch_norm2d"),
    (&["ln", "layernormalization"], "layer_norm"),
    (&["gn"], "group_norm"),
    (&["rmsnormalization", "rootmeansquarenorm"], "rms_norm"),
    (&["instancenormalization"], "instance_norm2d"),
    (&["lrn"], "local_response_norm"),
    (&["pool", "maxpooling", "maxpooling2d", "subsampling"], "max_pool2d"),
    (&["maxpooling1d"], "max_pool1d"),
    (&["averagepooling1d"], "avg_pool1d"),
    (
        &["avgpooling", "avgpooling2d", "averagepooling2d", "averagepool", "averagepool2d", "meanpool"],
        "avg_pool2d",
    ),
    (
        &[
            "gap",
            "globalaveragepool",
            "globalaveragepooling",
            "globalaveragepooling1d",
            "globalaveragepooling2d",
            "globalavgpool2d",
            "globalavgpooling",
            "globalpool",
        ],
        "global_avg_pool",
    ),
    (&["deconv", "deconv2d", "conv2dtranspose", "upconv"], "conv_transpose2d"),
    (&["dcn", "dcnv2", "dcnv3", "deformconv", "modulateddeformconv2d", "deformableconv2d"], "deform_conv2d"),
    (&["swish"], "silu"),
    (&["hswish"], "hard_swish"),
    (&["hsigmoid"], "hard_sigmoid"),
    (&["logistic"], "sigmoid"),
    (&["clip", "clipbyvalue"], "clamp"),
    (&["power"], "pow"),
    (&["absolute"], "abs"),
    (&["exponential"], "exp"),
    (&["logarithm"], "log"),
    (&["squareroot"], "sqrt"),
    (&["invsqrt", "inversesqrt", "reciprocalsqrt"], "rsqrt"),
    (&["sine"], "sin"),
    (&["cosine"], "cos"),
    (&["gatedlinearunit"], "glu"),
    (&["reducemean", "average"], "mean"),
    (&["reducesum"], "sum"),
    (&["amax", "reducemax"], "max"),
    (&["vectornorm", "lpnorm", "l2norm", "reducel1", "reducel2", "frobeniusnorm"], "norm"),
    (&["cat", "concatenate"], "concat"),
    (&["plus", "residual"], "add"),
    (&["multiply", "times"], "mul"),
    (&["subtract"], "sub"),
    (&["divide"], "div"),
    (&["view"], "reshape"),
    (&["transpose"], "permute"),
    (
        &[
            "interpolate",
            "resize",
            "upsampling",
            "upsampling1d",
            "upsampling2d",
            "upsampling3d",
            "upsamplingnearest2d",
            "upsamplingbilinear2d",
        ],
        "upsample",
    ),
    (&["zeropad2d", "zeropadding2d"], "pad"),
    (&["dropout2d", "dropout3d", "droppath"], "dropout"),
    (&["mha", "attention", "selfattention"], "multi_head_attention"),
    (&["sdpa", "dotproductattention", "scaleddotproduct", "flashattention"], "scaled_dot_product_attention"),
    (&["simplernn", "vanillarnn", "elman", "elmanrnn", "rnnbase", "recurrent"], "rnn"),
    (&["bmm", "mm"], "matmul"),
];

/// Names of settings, likewise.
const SETTINGS_ELSEWHERE: &[(&[&str], &str)] = &[
    (&["filters", "numfilters", "channels", "outputchannels", "outfeatures", "out"], "out_channels"),
    (&["units", "outputs", "outchannels", "numclasses", "out"], "out_features"),
    (&["kernel", "ksize", "size", "filtersize", "poolsize", "window", "k"], "kernel_size"),
    (&["step", "strides", "s"], "stride"),
    (&["pad", "pads", "autopad"], "padding"),
    (&["padmode", "paddingtype", "padtype"], "padding_mode"),
    (&["broadcasting", "stretch"], "broadcast"),
    (&["dilationrate"], "dilation"),
    (&["group", "cardinality"], "groups"),
    (&["usebias"], "bias"),
    (&["rate", "prob", "droprate"], "p"),
    (&["axis", "axes", "dims"], "dim"),
    (&["keepdims"], "keepdim"),
    (&["power"], "exponent"),
    (&["minval", "minvalue", "lower"], "min"),
    (&["maxval", "maxvalue", "upper"], "max"),
    (&["ord", "order"], "p"),
    (&["alpha", "slope"], "negative_slope"),
    (&["epsilon"], "eps"),
    (&["groups"], "num_groups"),
    (&["heads", "nhead"], "num_heads"),
    (&["units", "hidden"], "hidden_size"),
    (&["projectionsize", "projsize", "numproj"], "proj_size"),
    (&["causal"], "is_causal"),
    (&["gqa", "groupedquery"], "enable_gqa"),
    (&["keydim", "kchannels"], "kdim"),
    (&["valuedim", "vchannels"], "vdim"),
    (&["size", "outsize"], "output_size"),
    (&["scale", "factor"], "scale_factor"),
    (&["interpolation", "method"], "mode"),
    (&["activation", "act"], "nonlinearity"),
];

/// Settings of PyTorch's modules that say what the incoming tensor says as well.
const FROM_THE_INPUT: &[&str] = &[
    "in_channels",
    "in_features",
    "input_channels",
    "input_shape",
    "input_size",
    "num_features",
    "num_channels",
    "embed_dim",
    "offset_groups",
    "deformable_groups",
    "deform_groups",
];

/// Settings of PyTorch's modules that change neither a count nor an output.
const WITHOUT_EFFECT: &[&str] = &["inplace", "momentum", "track_running_stats", "device", "dtype"];

/// Keys of an item, likewise.
const KEYS_ELSEWHERE: &[(&[&str], &str)] = &[
    (
        &["inputs", "input", "source", "sources", "src", "bottom", "parents", "previous", "prev", "form"],
        "from",
    ),
    (&["id", "label", "title"], "name"),
    (&["times", "repeats", "copies", "count", "numlayers", "numblocks"], "repeat"),
    (&["requiresgrad", "trainable", "freeze", "nograd"], "frozen"),
    (&["if", "condition", "enabled"], "when"),
    (&["share", "shared", "tied", "reuse"], "weights"),
    (&["axis", "concatdim"], "dim"),
    (&["mode", "combine", "join"], "merge"),
    (&["parameters", "arguments", "args", "variables"], "params"),
    (&["modules", "network", "model", "body"], "layers"),
    (&["description", "comment"], "about"),
];

/// The key of a file, an item or another table of a description that is called `name` elsewhere.
pub(super) fn key(name: &str) -> Option<&'static str> {
    elsewhere(&squeezed(name), KEYS_ELSEWHERE).next()
}

/// The operator that is meant by `name`, as a help.
pub(crate) fn operator(name: &str) -> Option<Text> {
    let name = own_name(name);
    let small = squeezed(name);
    if let Some(help) = other_way(&small) {
        return Some(help);
    }
    // Without its dimensions, an operator is that of images.
    let [as_named, of_images] = [small.clone(), format!("{small}2d")];
    let same = |known: &&str| [&as_named, &of_images].contains(&&squeezed(known));
    let names = || OPERATORS.iter().map(|entry| entry.name);
    let ours = names().find(same).or_else(|| elsewhere(&small, OPERATORS_ELSEWHERE).next());
    ours.map(meant).or_else(|| near(&small).map(meant))
}

/// Without the module it comes from elsewhere, or the parentheses of a call: `torch.nn.ReLU()` is `ReLU`.
fn own_name(name: &str) -> &str {
    let name = name.split('(').next().unwrap_or(name);
    name.rsplit('.').next().unwrap_or(name)
}

/// The operator whose name is nearest. Long names have much in common by chance, and are nearer than short ones have to be.
fn near(small: &str) -> Option<&'static str> {
    const LONG: usize = 8;
    let near = nearest(small, OPERATORS.iter().map(|entry| entry.name))?;
    let likeness = strsim::normalized_damerau_levenshtein(small, &squeezed(near));
    (small.len() < LONG || likeness >= 0.5).then_some(near)
}

/// What is written in another way than as one operator, by its squeezed name elsewhere.
fn other_way(small: &str) -> Option<Text> {
    if small.contains("separable") {
        return Some(text!(
            "it is two: a `conv2d` with `groups = \"in\", out_channels = \"in\"`, and one with `kernel_size = 1`",
            "它由两步组成:一个 `conv2d`(`groups = \"in\", out_channels = \"in\"`),再加一个 `kernel_size = 1` 的 `conv2d`"
        ));
    }
    if small.contains("depthwise") || small == "dwconv" {
        return Some(text!(
            "a depthwise convolution is a `conv2d` with `groups = \"in\"`",
            "深度卷积就是设了 `groups = \"in\"` 的 `conv2d`"
        ));
    }
    Some(match small {
        "activation" => text!(
            "each activation is an operator of its own: `{{ op = \"relu\" }}`",
            "每种激活函数各是一个算子:`{{ op = \"relu\" }}`"
        ),
        "input" | "inputlayer" | "placeholder" => text!(
            "the input stands at the top of the file: `input = [3, 224, 224]`",
            "输入写在文件开头:`input = [3, 224, 224]`"
        ),
        "output" | "return" => text!(
            "what comes out of the last item is the output; `side = []` makes another one",
            "最后一项的结果就是输出;`side = []` 可另设一个输出"
        ),
        "sequential" | "model" | "module" | "modulelist" => text!(
            "a group is `{{ layers = […] }}`, and a box that is used often a block: `[blocks.NAME]`",
            "一组项写作 `{{ layers = […] }}`,多次使用的写成块:`[blocks.NAME]`"
        ),
        "globalmaxpool" | "globalmaxpooling" | "globalmaxpool2d" | "globalmaxpooling2d" | "gmp" => text!(
            "`{{ op = \"adaptive_max_pool2d\", output_size = 1 }}` is the maximum of each channel",
            "`{{ op = \"adaptive_max_pool2d\", output_size = 1 }}` 即每个通道的最大值"
        ),
        "square" => text!(
            "`{{ op = \"pow\", exponent = 2 }}` is the square",
            "`{{ op = \"pow\", exponent = 2 }}` 即平方"
        ),
        "reciprocal" | "inverse" => text!(
            "`{{ op = \"pow\", exponent = -1 }}` is one over each number",
            "`{{ op = \"pow\", exponent = -1 }}` 即每个数的倒数"
        ),
        "neg" | "negative" | "negate" => text!(
            "`{{ op = \"affine\", mul = -1 }}` turns every sign around",
            "`{{ op = \"affine\", mul = -1 }}` 即取相反数"
        ),
        "normalize" | "l2normalize" => text!(
            "divide by the `norm`: `{{ op = \"norm\", dim = 1, keepdim = true }}`, and then `div` of both",
            "除以 `norm`:先 `{{ op = \"norm\", dim = 1, keepdim = true }}`,再对两者用 `div`"
        ),
        "squeeze" | "unsqueeze" => text!(
            "`flatten` or `reshape` takes away or adds dimensions of size 1",
            "用 `flatten` 或 `reshape` 去掉或添加尺寸为 1 的维度"
        ),
        "split" | "chunk" => text!(
            "each part is a `slice` of its own, as in `{{ op = \"slice\", dim = 1, start = 0, end = 32 }}`",
            "每一部分各是一个 `slice`,例如 `{{ op = \"slice\", dim = 1, start = 0, end = 32 }}`"
        ),
        "bidirectional" | "bilstm" | "bigru" | "birnn" => {
            text!(
                "set `bidirectional = true` at `lstm`, `gru` or `rnn`",
                "请在 `lstm`、`gru` 或 `rnn` 上设 `bidirectional = true`"
            )
        }
        "crossentropy" | "crossentropyloss" | "nllloss" | "mseloss" | "loss" => text!(
            "a loss belongs to training, and is no part of the network",
            "损失函数属于训练,不是网络的一部分"
        ),
        "repeat" => text!(
            "`repeat` stands at an item: `{{ use = \"block\", repeat = 3 }}`",
            "`repeat` 写在项上:`{{ use = \"block\", repeat = 3 }}`"
        ),
        _ => return None,
    })
}

/// What to do about a setting that is none of those `known`, as a help.
pub(super) fn setting(name: &str, value: Option<&str>, known: &[&'static str]) -> Option<Text> {
    if FROM_THE_INPUT.contains(&name) {
        return Some(text!("leave it out: the incoming tensor says it", "请去掉:输入的张量已经决定了它"));
    }
    if WITHOUT_EFFECT.contains(&name) {
        return Some(text!("leave it out: nothing depends on it here", "请去掉:在此没有任何结果取决于它"));
    }
    if name == "padding_mode" {
        return Some(text!(
            "only `conv1d`, `conv2d` and `conv3d` have it; for others put `{{ op = \"pad\", padding = …, mode = \"reflect\" }}` before",
            "只有 `conv1d`、`conv2d` 和 `conv3d` 有此设置;其他算子请在此项之前加 `{{ op = \"pad\", padding = …, mode = \"reflect\" }}`"
        ));
    }
    let ours = elsewhere(&squeezed(name), SETTINGS_ELSEWHERE).find(|ours| known.contains(ours));
    let of_item = keys::ITEM.iter().map(|key| key.name);
    ours.map(meant)
        .or_else(|| an_item_of_its_own(name, value))
        .or_else(|| key(name).filter(|key| keys::ITEM.iter().any(|known| known.name == *key)).map(meant))
        .or_else(|| did_you_mean(name, known.iter().copied().chain(of_item)))
}

/// What Keras and configuration files of other tools write into a layer, and is an item behind it here.
fn an_item_of_its_own(name: &str, value: Option<&str>) -> Option<Text> {
    const ACTIVATIONS: [&str; 6] =
        ["activation", "act", "actfn", "actlayer", "nonlinearity", "activationfunction"];
    const NORMS: [&str; 6] = ["norm", "normalization", "normlayer", "batchnorm", "batchnormalize", "bn"];
    let small = squeezed(name);
    let named = value.map(|value| squeezed(own_name(value)));
    let known = named.and_then(|named| {
        let ours = OPERATORS.iter().map(|entry| entry.name).find(|known| squeezed(known) == named);
        ours.or_else(|| elsewhere(&named, OPERATORS_ELSEWHERE).next())
    });
    let item = match &*small {
        activation if ACTIVATIONS.contains(&activation) => known.unwrap_or("relu"),
        norm if NORMS.contains(&norm) => known.unwrap_or("batch_norm2d"),
        "dropout" => "dropout",
        "pool" | "pooling" => known.unwrap_or("max_pool2d"),
        _ => return None,
    };
    Some(text!(
        "that is an item of its own, behind this one: `{{ op = \"{item}\" }}`",
        "那是另外的一项,写在此项之后:`{{ op = \"{item}\" }}`"
    ))
}

/// Ours for what is called `small` elsewhere.
fn elsewhere<'t>(
    small: &'t str,
    table: &'t [(&[&str], &'static str)],
) -> impl Iterator<Item = &'static str> + 't {
    table.iter().filter(move |(theirs, _)| theirs.contains(&small)).map(|&(_, ours)| ours)
}

/// As it is however words are set apart: `MaxPool2d` is `max_pool2d`.
fn squeezed(name: &str) -> String {
    name.chars().filter(|c| !"_- .".contains(*c)).flat_map(char::to_lowercase).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_of_ours_is_one() {
        for (theirs, ours) in OPERATORS_ELSEWHERE {
            assert!(OPERATORS.iter().any(|entry| entry.name == *ours), "{ours}");
            for name in *theirs {
                assert!(OPERATORS.iter().all(|entry| squeezed(entry.name) != *name), "{name} is ours");
                assert_eq!(squeezed(name), *name);
            }
        }
        for (theirs, ours) in SETTINGS_ELSEWHERE {
            assert!(OPERATORS.iter().any(|entry| (entry.settings)().contains(ours)), "{ours}");
            assert!(theirs.iter().all(|name| squeezed(name) == *name));
        }
        let asks_for = |name: &str| OPERATORS.iter().any(|entry| (entry.settings)().contains(&name));
        let needless = FROM_THE_INPUT.iter().chain(WITHOUT_EFFECT);
        assert_eq!(needless.copied().find(|name| asks_for(name)), None);
    }

    #[test]
    fn names_from_elsewhere_are_known() {
        let help = |name: &str| operator(name).map(|help| help.english);
        for (name, ours) in [
            ("Conv2d", "conv2d"),
            ("conv", "conv2d"),
            ("MaxPool", "max_pool2d"),
            ("AdaptiveAvgPool2d", "adaptive_avg_pool2d"),
            ("Dense", "linear"),
            ("bn", "batch_norm2d"),
            ("cvon2d", "conv2d"),
            ("LeakyReLU", "leaky_relu"),
            ("torch.exp", "exp"),
            ("RMSNorm", "rms_norm"),
            ("nn.InstanceNorm1d", "instance_norm1d"),
            ("InstanceNorm", "instance_norm2d"),
            ("torch.amax", "max"),
            ("torch.linalg.vector_norm", "norm"),
            ("tf.clip_by_value", "clamp"),
        ] {
            assert_eq!(help(name), Some(format!("did you mean `{ours}`?")), "{name}");
        }
        assert!(help("depthwise_conv2d").unwrap().contains("groups"));
        assert_eq!(help("zzz"), None);
        // Names that are long are near to nothing by chance.
        assert!(help("SeparableConv2D").unwrap().starts_with("it is two"));
        assert_eq!(help("BatchNormalization"), Some("did you mean `batch_norm2d`?".to_owned()));
        for relu in ["nn.ReLU", "torch.nn.ReLU()", "F.relu", "tf.keras.layers.ReLU"] {
            assert_eq!(help(relu), Some("did you mean `relu`?".to_owned()), "{relu}");
        }
    }

    #[test]
    fn settings_from_elsewhere_are_known() {
        let help = |name: &str, known: &[&'static str]| setting(name, None, known).map(|help| help.english);
        let conv = ["out_channels", "kernel_size", "stride", "padding"];
        assert_eq!(help("filters", &conv).as_deref(), Some("did you mean `out_channels`?"));
        assert_eq!(help("size", &["kernel_size", "stride"]).as_deref(), Some("did you mean `kernel_size`?"));
        assert_eq!(help("strid", &conv).as_deref(), Some("did you mean `stride`?"));
        assert!(help("in_channels", &conv).unwrap().starts_with("leave it out"));
        assert_eq!(help("filters", &["eps"]), None);
        assert_eq!(help("nmae", &conv).as_deref(), Some("did you mean `name`?"));
        let item = |name, value| setting(name, Some(value), &conv).unwrap().english;
        assert!(item("activation", "swish").ends_with("`{ op = \"silu\" }`"));
        assert!(item("norm", "nn.GroupNorm").ends_with("`{ op = \"group_norm\" }`"));
    }
}
