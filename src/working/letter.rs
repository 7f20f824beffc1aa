//! The letters that stand in formulas, and what each of them is.

use crate::text::Language;

/// From the list of letters: the [`Letter`] enum, how each is written, and what it is in every language.
macro_rules! letters {
    ($($Name:ident $written:literal => $english:literal, $chinese:literal;)*) => {
        /// What stands for a size in a formula: a letter, perhaps with a subscript. In the order of a legend.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[non_exhaustive]
        pub enum Letter { $(#[doc = $english] $Name,)* }

        impl Letter {
            /// Every letter, in the order of a legend.
            pub const ALL: &'static [Self] = &[$(Self::$Name,)*];

            /// As plain text has it, its subscript behind `_`: `C_in`.
            pub const fn written(self) -> &'static str {
                match self { $(Self::$Name => $written,)* }
            }

            /// What it is, in `language`.
            pub const fn meaning(self, language: Language) -> &'static str {
                let [english, chinese] = match self { $(Self::$Name => [$english, $chinese],)* };
                match language {
                    Language::English => english,
                    Language::Chinese => chinese,
                }
            }
        }
    };
}

letters! {
    Batch "N" => "samples", "批量大小";

    // Windows.
    Kernel "K" => "kernel", "核";
    KernelDepth "K_z" => "kernel depth", "核深";
    KernelHeight "K_h" => "kernel height", "核高";
    KernelWidth "K_w" => "kernel width", "核宽";
    Stride "S" => "stride", "步幅";
    StrideDepth "S_z" => "stride over the depth", "深度步幅";
    StrideHeight "S_h" => "stride over the height", "高度步幅";
    StrideWidth "S_w" => "stride over the width", "宽度步幅";
    Padding "P" => "padding", "填充";
    PaddingDepth "P_z" => "padding of the depth", "深度填充";
    PaddingHeight "P_h" => "padding of the height", "高度填充";
    PaddingWidth "P_w" => "padding of the width", "宽度填充";
    PaddingBefore "P_1" => "padding before", "前填充";
    PaddingAfter "P_2" => "padding after", "后填充";
    OutputPadding "P_out" => "output padding", "输出填充";
    Dilation "D" => "dilation", "扩张率";
    DilationDepth "D_z" => "dilation of the depth", "深度扩张率";
    DilationHeight "D_h" => "dilation of the height", "高度扩张率";
    DilationWidth "D_w" => "dilation of the width", "宽度扩张率";

    // Sizes of what comes in and goes out.
    Depth "Z" => "output depth", "输出深";
    Height "H" => "output height", "输出高";
    Width "W" => "output width", "输出宽";
    Length "L" => "output length", "输出长度";
    Size "X" => "size", "大小";
    FirstSize "X_1" => "size 1", "第 1 维大小";
    SecondSize "X_2" => "size 2", "第 2 维大小";
    ThirdSize "X_3" => "size 3", "第 3 维大小";
    FourthSize "X_4" => "size 4", "第 4 维大小";
    FifthSize "X_5" => "size 5", "第 5 维大小";
    SixthSize "X_6" => "size 6", "第 6 维大小";
    SeventhSize "X_7" => "size 7", "第 7 维大小";
    EighthSize "X_8" => "size 8", "第 8 维大小";
    DepthIn "Z_in" => "input depth", "输入深";
    HeightIn "H_in" => "input height", "输入高";
    WidthIn "W_in" => "input width", "输入宽";
    LengthIn "L_in" => "input length", "输入长度";
    SizeIn "X_in" => "input size", "输入大小";
    Channels "C" => "channels", "通道数";
    ChannelsIn "C_in" => "channels in", "输入通道";
    ChannelsOut "C_out" => "channels out", "输出通道";
    Groups "G" => "groups", "组数";
    Connections "n_con" => "connections", "连接数";
    Copies "n_copy" => "copies", "份数";
    Features "F" => "features", "特征数";
    FeaturesIn "F_in" => "features in", "输入特征";
    FeaturesOut "F_out" => "features out", "输出特征";
    Positions "Q" => "positions", "位置数";
    Taken "n" => "numbers taken together", "一组的元素数";
    Inputs "m" => "inputs", "输入个数";
    Parameters "n_par" => "parameters", "参数个数";
    Embeddings "V" => "embeddings", "嵌入数";
    Matrices "M" => "matrices", "矩阵数";
    Rows "a" => "rows", "行数";
    Columns "b" => "columns", "列数";
    Inner "k" => "inner size", "内维大小";

    // Attention and recurrent layers.
    Steps "T" => "tokens or steps", "词元数或步数";
    QuerySteps "T_q" => "query tokens", "查询词元数";
    KeySteps "T_k" => "key tokens", "键词元数";
    Sequences "n_seq" => "sequences", "序列数";
    Heads "h" => "heads", "头数";
    HeadSize "d" => "head size", "每头大小";
    ValueSize "d_v" => "value size", "值的大小";
    ChannelsOfKeys "C_k" => "key channels", "键通道数";
    ChannelsOfValues "C_v" => "value channels", "值通道数";
    Projections "p" => "projections", "投影数";
    Directions "n_dir" => "directions", "方向数";
    Layers "n_lay" => "layers", "层数";
    Gates "g" => "gates", "门数";
    States "s" => "states", "状态数";
    Biases "n_bias" => "biases", "偏置个数";
    Hidden "U" => "hidden size", "隐藏大小";
    Projected "U_p" => "projected size", "投影大小";

    // What is counted along the way.
    Taps "t" => "taps on the input", "落在输入内的位置";
    TapsOut "t_out" => "taps on the output", "落在输出内的位置";
    TapsOnChannels "t_c" => "taps on the channels", "落在通道内的位置";
    TapsOnPadding "t_pad" => "taps on padding", "落在填充内的位置";
    WindowsOnInput "w" => "windows on the input", "落在输入内的窗口";
    WindowsInPadding "w_pad" => "windows in the padding", "落在填充内的窗口";
    Bin "n_bin" => "elements in a bin", "每格元素数";
    Bins "n_bins" => "elements in all bins", "各格元素总数";
    Corners "n_cor" => "corners", "角点数";
    Neighbors "n_near" => "neighbors", "邻点数";
    Sampling "n_smp" => "sampling ratio", "采样率";

    // Receptive fields.
    Field "r" => "receptive field", "感受野";
    FieldBefore "r_in" => "field of the input", "输入的感受野";
    Jump "j" => "field stride", "感受野步幅";
    JumpBefore "j_in" => "field stride of the input", "输入的感受野步幅";

    // Bytes.
    ElementsOut "E" => "output elements", "输出元素数";
    ElementsIn "E_in" => "input elements", "输入元素数";
    ElementsRead "E_read" => "elements touched of the input", "触及的输入元素数";
    ElementsKept "E_kept" => "elements kept for later", "留待后用的元素数";
    ElementsInside "E_inside" => "elements kept inside", "内部保留的元素数";
    ElementsOfWeights "E_w" => "elements of the weights", "权重元素数";
    ElementsOfWeightsRead "E_used" => "elements touched of the weights", "触及的权重元素数";
    Bytes "B" => "bytes of a number", "每个数的字节数";
    BytesOfIndex "B_i" => "bytes of an index", "每个索引的字节数";
    BytesOfElement "B_e" => "bytes of an element", "每个元素的字节数";
}

impl Letter {
    /// The letter itself, and what stands below it.
    pub fn parts(self) -> (&'static str, Option<&'static str>) {
        match self.written().split_once('_') {
            Some((letter, subscript)) => (letter, Some(subscript)),
            None => (self.written(), None),
        }
    }
}

/// What stands for a factor: a product of letters, perhaps divided by one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Symbol {
    /// Letters that are multiplied.
    pub product: &'static [Letter],
    /// What that is divided by.
    pub divisor: Option<Letter>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_letter_stands_for_two_things() {
        for (index, letter) in Letter::ALL.iter().enumerate() {
            let (base, subscript) = letter.parts();
            assert_eq!(base.chars().count(), 1, "{letter:?}");
            let is_plain = |part: &str| part.chars().all(|c| c.is_ascii_alphanumeric());
            assert!(is_plain(base) && subscript.is_none_or(is_plain), "{letter:?}");
            let twin = Letter::ALL[..index].iter().find(|other| other.written() == letter.written());
            assert_eq!(twin, None, "{letter:?}");
        }
    }
}
