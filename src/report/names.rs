//! Operators as they are called where nothing more is to be said of them: in English by their name in a description.

use crate::text::Text;

/// Chinese names of the operators that have no summary of their own.
const CHINESE: [(&str, &str); 93] = [
    ("layer_norm", "层归一化"),
    ("group_norm", "组归一化"),
    ("rms_norm", "均方根归一化"),
    ("instance_norm1d", "一维实例归一化"),
    ("instance_norm2d", "实例归一化"),
    ("instance_norm3d", "三维实例归一化"),
    ("relu", "ReLU 激活"),
    ("relu6", "ReLU6 激活"),
    ("leaky_relu", "Leaky ReLU 激活"),
    ("elu", "ELU 激活"),
    ("prelu", "PReLU 激活"),
    ("silu", "SiLU 激活"),
    ("gelu", "GELU 激活"),
    ("mish", "Mish 激活"),
    ("sigmoid", "sigmoid 激活"),
    ("tanh", "tanh 激活"),
    ("hard_tanh", "hard tanh 激活"),
    ("hard_sigmoid", "hard sigmoid 激活"),
    ("hard_swish", "hard swish 激活"),
    ("softplus", "softplus 激活"),
    ("selu", "SELU 激活"),
    ("celu", "CELU 激活"),
    ("glu", "门控线性单元"),
    ("exp", "指数函数"),
    ("log", "自然对数"),
    ("sqrt", "平方根"),
    ("rsqrt", "平方根的倒数"),
    ("pow", "乘方"),
    ("abs", "绝对值"),
    ("clamp", "截断"),
    ("sin", "正弦"),
    ("cos", "余弦"),
    ("erf", "误差函数"),
    ("neg", "相反数"),
    ("reciprocal", "倒数"),
    ("floor", "向下取整"),
    ("ceil", "向上取整"),
    ("round", "取最近整数"),
    ("sign", "符号函数"),
    ("softsign", "softsign 激活"),
    ("threshold", "阈值截断"),
    ("tan", "正切"),
    ("asin", "反正弦"),
    ("acos", "反余弦"),
    ("atan", "反正切"),
    ("sinh", "双曲正弦"),
    ("cosh", "双曲余弦"),
    ("asinh", "反双曲正弦"),
    ("acosh", "反双曲余弦"),
    ("atanh", "反双曲正切"),
    ("logical_not", "逻辑非"),
    ("softmax", "softmax"),
    ("log_softmax", "log softmax"),
    ("mean", "求均值"),
    ("sum", "求和"),
    ("max", "求最大值"),
    ("norm", "范数"),
    ("prod", "求积"),
    ("min", "求最小值"),
    ("logsumexp", "指数和的对数"),
    ("argmax", "最大值的位置"),
    ("argmin", "最小值的位置"),
    ("cumsum", "累加"),
    ("flatten", "展平"),
    ("reshape", "形状重排"),
    ("permute", "维度重排"),
    ("slice", "切片"),
    ("select", "取一个元素"),
    ("index_select", "按索引选取"),
    ("gather", "按索引取元素"),
    ("take", "按索引取切片"),
    ("gather_nd", "按多维索引选取"),
    ("scatter", "按索引放置"),
    ("scatter_nd", "按多维索引放置"),
    ("one_hot", "独热编码"),
    ("flip", "翻转"),
    ("tile", "平铺重复"),
    ("tril", "下三角"),
    ("triu", "上三角"),
    ("roll", "循环移位"),
    ("expand", "扩展"),
    ("channel_shuffle", "通道混洗"),
    ("pixel_shuffle", "像素重排"),
    ("pixel_unshuffle", "像素逆重排"),
    ("upsample", "上采样"),
    ("pad", "填充"),
    ("layer_scale", "逐通道缩放"),
    ("sub", "相减"),
    ("div", "相除"),
    ("depth_to_space", "通道变像素"),
    ("space_to_depth", "像素变通道"),
    ("rotary_embedding", "旋转位置编码"),
    ("input", "输入"),
];

/// What the operator called `op` is called.
pub(super) fn plain(op: &str) -> Text {
    let chinese = CHINESE.iter().find(|(name, _)| *name == op).map_or(op, |(_, chinese)| chinese);
    Text { english: op.to_owned(), chinese: chinese.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::op::OPERATORS;
    use crate::shape::Shape;

    #[test]
    fn every_operator_without_a_summary_has_a_name() {
        for entry in OPERATORS {
            let op = crate::read::operator(entry.example).unwrap();
            let inputs: Vec<_> =
                entry.example_inputs.iter().map(|dims| Shape::new(dims.to_vec()).unwrap()).collect();
            let has_summary = op.summary(&inputs, &op.output(&inputs).unwrap()).is_some();
            let has_name = CHINESE.iter().any(|(name, _)| *name == entry.name);
            assert!(has_summary != has_name, "{}", entry.name);
        }
    }
}
