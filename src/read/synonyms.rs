//! What operators and their settings are called elsewhere: in PyTorch's own spelling, in Keras, in papers.

use crate::error::{did_you_mean, meant};
use crate::op::OPERATORS;
use crate::text;
use crate::text::Text;

/// Names of operators that are far from ours, written small and without `_`.
const OPERATORS_ELSEWHERE: &[(&[&str], &str)] = &[
    (&["dense", "fc", "fullyconnected", "innerproduct", "gemm"], "linear"),
    (&["bn", "bn2d"], "batch_norm2d"),
    (&["ln"], "layer_norm"),
    (&["gn"], "group_norm"),
    (&["lrn"], "local_response_norm"),
    (&["pool", "maxpooling", "maxpooling2d", "subsampling"], "max_pool2d"),
    (&["avgpooling", "averagepooling2d", "meanpool"], "avg_pool2d"),
    (&["gap", "globalaveragepooling2d", "globalpool"], "global_avg_pool"),
    (&["deconv", "deconv2d", "conv2dtranspose", "upconv"], "conv_transpose2d"),
    (&["swish"], "silu"),
    (&["hswish"], "hard_swish"),
    (&["hsigmoid"], "hard_sigmoid"),
    (&["logistic"], "sigmoid"),
    (&["cat", "concatenate"], "concat"),
    (&["sum", "plus", "residual"], "add"),
    (&["multiply", "times"], "mul"),
    (&["view"], "reshape"),
    (&["transpose"], "permute"),
    (&["interpolate", "resize"], "upsample"),
    (&["zeropad2d", "zeropadding2d"], "pad"),
    (&["dropout2d", "dropout3d", "droppath"], "dropout"),
    (&["mha", "attention", "selfattention"], "multi_head_attention"),
    (&["bmm", "mm"], "matmul"),
];

/// Names of settings, likewise.
const SETTINGS_ELSEWHERE: &[(&[&str], &str)] = &[
    (&["filters", "numfilters", "channels", "outputchannels", "outfeatures", "out"], "out_channels"),
    (&["units", "outputs", "outchannels", "numclasses", "out"], "out_features"),
    (&["kernel", "ksize", "size", "filtersize", "poolsize", "window", "k"], "kernel_size"),
    (&["step", "strides", "s"], "stride"),
    (&["pad"], "padding"),
    (&["dilationrate"], "dilation"),
    (&["group", "cardinality"], "groups"),
    (&["usebias"], "bias"),
    (&["rate", "prob", "droprate"], "p"),
    (&["axis"], "dim"),
    (&["alpha", "slope"], "negative_slope"),
    (&["epsilon"], "eps"),
    (&["groups"], "num_groups"),
    (&["heads", "nhead"], "num_heads"),
    (&["units", "hidden"], "hidden_size"),
    (&["size", "outsize"], "output_size"),
    (&["scale", "factor"], "scale_factor"),
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
];

/// Settings of PyTorch's modules that change neither a count nor an output.
const WITHOUT_EFFECT: &[&str] = &["inplace", "momentum", "track_running_stats", "device", "dtype"];

/// The operator that is meant by `name`, as a help.
pub(crate) fn operator(name: &str) -> Option<Text> {
    let small = squeezed(name);
    if small.contains("depthwise") || small == "dwconv" {
        return Some(text!(
            "a depthwise convolution is a `conv2d` with `groups = \"in\"`",
            "深度卷积就是设了 `groups = \"in\"` 的 `conv2d`"
        ));
    }
    // Without its dimensions, an operator is that of images.
    let [as_named, of_images] = [small.clone(), format!("{small}2d")];
    let same = |known: &&str| [&as_named, &of_images].contains(&&squeezed(known));
    let names = || OPERATORS.iter().map(|entry| entry.name);
    let ours = names().find(same).or_else(|| elsewhere(&small, OPERATORS_ELSEWHERE).next());
    ours.map(meant).or_else(|| did_you_mean(name, names()))
}

/// What to do about a setting that is none of those `known`, as a help.
pub(super) fn setting(name: &str, known: &[&'static str]) -> Option<Text> {
    if FROM_THE_INPUT.contains(&name) {
        return Some(text!("leave it out: the incoming tensor says it", "请去掉:输入的张量已经决定了它"));
    }
    if WITHOUT_EFFECT.contains(&name) {
        return Some(text!("leave it out: nothing depends on it here", "请去掉:在此没有任何结果取决于它"));
    }
    let ours = elsewhere(&squeezed(name), SETTINGS_ELSEWHERE).find(|ours| known.contains(ours));
    ours.map(meant).or_else(|| did_you_mean(name, known.iter().copied()))
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
        ] {
            assert_eq!(help(name), Some(format!("did you mean `{ours}`?")), "{name}");
        }
        assert!(help("depthwise_conv2d").unwrap().contains("groups"));
        assert_eq!(help("zzz"), None);
    }

    #[test]
    fn settings_from_elsewhere_are_known() {
        let help = |name: &str, known: &[&'static str]| setting(name, known).map(|help| help.english);
        let conv = ["out_channels", "kernel_size", "stride", "padding"];
        assert_eq!(help("filters", &conv).as_deref(), Some("did you mean `out_channels`?"));
        assert_eq!(help("size", &["kernel_size", "stride"]).as_deref(), Some("did you mean `kernel_size`?"));
        assert_eq!(help("strid", &conv).as_deref(), Some("did you mean `stride`?"));
        assert!(help("in_channels", &conv).unwrap().starts_with("leave it out"));
        assert_eq!(help("filters", &["eps"]), None);
    }
}
