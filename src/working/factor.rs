//! What the factors and terms of a working are called, in words and in letters.

use std::fmt;

use super::letter::{Letter, Symbol};
use crate::counts::Kind;
use crate::text::Language;

/// The symbol that a line of the list gives, if it gives one.
macro_rules! symbol {
    () => { None };
    ([$($letter:ident)+]) => { Some(Symbol { product: &[$(Letter::$letter),+], divisor: None }) };
    ([$($letter:ident)+ / $divisor:ident]) => {
        Some(Symbol { product: &[$(Letter::$letter),+], divisor: Some(Letter::$divisor) })
    };
}

/// From the list of factors: the [`Factor`] enum, the letters that stand for each in a formula, and the words in every
/// language. A step of a computation and a sum of counts have no letters: their words are clearer.
macro_rules! factors {
    ($($Name:ident $([$($letter:ident)+ $(/ $divisor:ident)?])? => $english:literal, $chinese:literal;)*) => {
        /// What a part of a working stands for. Parts that are called alike in one language may be apart in another: the "in"
        /// of a convolution are channels, that of a linear layer features.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[non_exhaustive]
        pub enum Factor { $(#[doc = $english] $Name,)* }

        impl Factor {
            /// Every factor.
            pub const ALL: &'static [Self] = &[$(Self::$Name,)*];

            /// What it is called in `language`.
            pub const fn get(self, language: Language) -> &'static str {
                let [english, chinese] = match self { $(Self::$Name => [$english, $chinese],)* };
                match language {
                    Language::English => english,
                    Language::Chinese => chinese,
                }
            }

            /// The letters that stand for it; `None` for what is said in words.
            pub const fn symbol(self) -> Option<Symbol> {
                match self { $(Self::$Name => symbol!($([$($letter)+ $(/ $divisor)?])?),)* }
            }
        }
    };
}

factors! {
    // Sizes of what comes in and goes out.
    InChannels [ChannelsIn] => "in", "输入通道";
    InChannelsOfGroup [ChannelsIn / Groups] => "in/groups", "输入通道/组数";
    InFeatures [FeaturesIn] => "in", "输入特征";
    InSize [SizeIn] => "in", "输入";
    InDepth [DepthIn] => "input depth", "输入深";
    InHeight [HeightIn] => "input height", "输入高";
    InWidth [WidthIn] => "input width", "输入宽";
    InLength [LengthIn] => "input length", "输入长度";
    OutChannels [ChannelsOut] => "out", "输出通道";
    OutChannelsOfGroup [ChannelsOut / Groups] => "out/groups", "输出通道/组数";
    OutFeatures [FeaturesOut] => "out", "输出特征";
    InputElements [ElementsIn] => "input elements", "输入元素数";
    InputLength [LengthIn] => "input length", "输入长度";
    InputArea [HeightIn WidthIn] => "input height·width", "输入高·宽";
    InputVolume [DepthIn HeightIn WidthIn] => "input depth·height·width", "输入深·高·宽";
    OutputElements [ElementsOut] => "output elements", "输出元素数";
    OutputLength [Length] => "output length", "输出长度";
    OutputArea [Height Width] => "output height·width", "输出高·宽";
    OutputVolume [Depth Height Width] => "output depth·height·width", "输出深·高·宽";
    OutputChannels [ChannelsOut] => "output channels", "输出通道";
    OutSize [Size] => "output", "输出";
    OutputDepth [Depth] => "output depth", "输出深";
    OutputHeight [Height] => "output height", "输出高";
    OutputWidth [Width] => "output width", "输出宽";
    OutputSquare [Height] => "output height = width", "输出高 = 宽";
    FlattenedSize [Features] => "flattened size", "展平后长度";
    InferredSize [Size] => "inferred size", "推断的大小";
    Positions [Positions] => "positions", "位置数";
    Channels [Channels] => "channels", "通道数";
    Features [Features] => "features", "特征数";
    Depth [Depth] => "depth", "深";
    Height [Height] => "height", "高";
    Width [Width] => "width", "宽";
    Size [Size] => "size", "大小";
    FirstSize [FirstSize] => "size 1", "第 1 维大小";
    SecondSize [SecondSize] => "size 2", "第 2 维大小";
    ThirdSize [ThirdSize] => "size 3", "第 3 维大小";
    FourthSize [FourthSize] => "size 4", "第 4 维大小";
    FifthSize [FifthSize] => "size 5", "第 5 维大小";
    SixthSize [SixthSize] => "size 6", "第 6 维大小";
    SeventhSize [SeventhSize] => "size 7", "第 7 维大小";
    EighthSize [EighthSize] => "size 8", "第 8 维大小";
    Single => "1", "1";
    Rows [Rows] => "rows", "行数";
    Columns [Columns] => "columns", "列数";
    ToTheirPlace => "to their place", "定位";
    InnerSize [Inner] => "inner size", "内维大小";
    Matrices [Matrices] => "matrices", "矩阵数";
    Inputs [Inputs] => "inputs", "输入个数";
    Values [Taken] => "values", "求均值的元素数";
    Reduced [Taken] => "values", "归约的元素数";
    Groups [Groups] => "groups", "组数";
    GroupSize [Taken] => "group size", "每组大小";
    N [Taken] => "n", "n";
    Batch [Batch] => "batch", "批量大小";
    Copies [Copies] => "copies", "份数";

    // Windows.
    Kernel [Kernel] => "kernel", "核";
    KernelDepth [KernelDepth] => "kernel depth", "核深";
    KernelHeight [KernelHeight] => "kernel height", "核高";
    KernelWidth [KernelWidth] => "kernel width", "核宽";
    Stride [Stride] => "stride", "步幅";
    StrideDepth [StrideDepth] => "stride over the depth", "深度步幅";
    StrideHeight [StrideHeight] => "stride over the height", "高度步幅";
    StrideWidth [StrideWidth] => "stride over the width", "宽度步幅";
    Dilation [Dilation] => "dilation", "扩张率";
    DilationDepth [DilationDepth] => "dilation of the depth", "深度扩张率";
    DilationHeight [DilationHeight] => "dilation of the height", "高度扩张率";
    DilationWidth [DilationWidth] => "dilation of the width", "宽度扩张率";
    Padding [Padding] => "padding", "填充";
    PaddingDepth [PaddingDepth] => "padding of the depth", "深度填充";
    PaddingHeight [PaddingHeight] => "padding of the height", "高度填充";
    PaddingWidth [PaddingWidth] => "padding of the width", "宽度填充";
    PaddingBefore [PaddingBefore] => "padding before", "前填充";
    PaddingAfter [PaddingAfter] => "after", "后填充";
    OutputPadding [OutputPadding] => "output padding", "输出填充";
    WindowInPadding [WindowsInPadding] => "window in the padding", "落在填充内的窗口";
    TapsOnInput [Taps] => "taps on the input", "落在输入内的位置";
    TapsOnOutput [TapsOut] => "taps on the output", "落在输出内的位置";
    TapsOnChannels [TapsOnChannels] => "taps on the channels", "落在通道内的位置";
    TapsOnEachAxis [Taps] => "taps on each axis", "每轴上的位置";
    TapsOverDepth [Taps] => "taps over the depth", "深度上的位置";
    TapsOverHeight [Taps] => "taps over the height", "高度上的位置";
    TapsOverWidth [Taps] => "taps over the width", "宽度上的位置";
    OnPadding [TapsOnPadding] => "on padding", "落在填充内";
    WindowsOnInput [WindowsOnInput] => "windows on the input", "落在输入内的窗口";
    ElementsInBin [Bin] => "elements in a bin", "每格元素数";
    ElementsInAllBins [Bins] => "elements in all bins", "各格元素总数";
    Gcd => "gcd", "最大公约数";
    Corners [Corners] => "corners", "角点数";
    SamplingRatio [Sampling] => "sampling ratio", "采样率";
    Neighbors [Neighbors] => "neighbors", "邻点数";
    WindowSize [Taken] => "size", "窗口大小";
    Connections [Connections] => "connections", "连接数";

    // Attention, recurrent layers, embeddings.
    Tokens [Steps] => "tokens", "词元数";
    QueryTokens [QuerySteps] => "query tokens", "查询词元数";
    KeyTokens [KeySteps] => "key tokens", "键词元数";
    Sequences [Sequences] => "sequences", "序列数";
    Heads [Heads] => "heads", "头数";
    HeadSize [HeadSize] => "head size", "每头大小";
    ValueSize [ValueSize] => "value size", "值的大小";
    KeyChannels [ChannelsOfKeys] => "key channels", "键通道数";
    ValueChannels [ChannelsOfValues] => "value channels", "值通道数";
    Projections [Projections] => "projections", "投影数";
    ProjectedChannels [Projections Channels] => "projections·channels", "投影数·通道数";
    Query => "query", "查询";
    Key => "key", "键";
    Value => "value", "值";
    Scores => "scores", "得分";
    Softmax => "softmax", "softmax";
    Steps [Steps] => "steps", "步数";
    Directions [Directions] => "directions", "方向数";
    Layers [Layers] => "layers", "层数";
    Gates [Gates] => "gates", "门数";
    Hidden [Hidden] => "hidden", "隐藏大小";
    HiddenGates [Gates Hidden] => "gates·hidden", "门数·隐藏大小";
    Projected [Projected] => "projected", "投影大小";
    States [States] => "states", "状态数";
    Biases [Biases] => "biases", "偏置个数";
    Embeddings [Embeddings] => "embeddings", "嵌入数";
    Parameters [Parameters] => "parameters", "参数个数";

    // Steps of a computation.
    Reset => "reset", "重置";
    CandidateTaken => "candidate taken", "取候选";
    StateKept => "state kept", "留状态";
    InputAndState => "input and state", "输入与状态";
    Sigmoids => "sigmoids", "sigmoid";
    OneLessUpdate => "one less the update", "1 减更新门";
    NewState => "new state", "新状态";
    Forgotten => "forgotten", "遗忘";
    TakenIn => "taken in", "写入";
    GivenOut => "given out", "输出";
    NewCell => "new cell", "新细胞状态";
    Tanhs => "tanhs", "tanh";
    Weight => "weight", "权重";
    Bias => "bias", "偏置";
    Mean => "mean", "均值";
    Deviations => "deviations", "偏差";
    Variance => "variance", "方差";
    Eps => "eps", "eps";
    Squares => "squares", "平方";
    Scaling => "scaling", "缩放";
    InverseRoot => "1/root", "1/根";
    ScaleFactor => "factor", "系数";
    Differences => "differences", "差";
    Sum => "sum", "和";
    Exponentials => "exponentials", "指数";
    Logarithm => "logarithm", "对数";
    LogarithmSubtracted => "logarithm subtracted", "减去对数";
    Positive => "x > 0", "x > 0";
    BelowZero => "x < 0", "x < 0";
    FromBelow => "from below", "下限";
    FromAbove => "from above", "上限";
    Slope => "slope", "斜率";
    Alpha => "alpha", "alpha";
    Exponential => "exponential", "指数";
    Exp => "e^x", "e^x";
    ExpLessOne => "e^x − 1", "e^x − 1";
    OnePlusExp => "1 + e^x", "1 + e^x";
    ExpOfNegative => "e^−x", "e^−x";
    OnePlusExpOfNegative => "1 + e^−x", "1 + e^−x";
    Sigmoid => "sigmoid", "sigmoid";
    Tanh => "tanh", "tanh";
    Erf => "erf", "erf";
    OnePlusErf => "1 + erf", "1 + erf";
    Argument => "argument", "自变量";
    Half => "half", "二分之一";
    Sixth => "sixth", "六分之一";
    Square => "square", "平方";
    Cube => "cube", "立方";
    FactorOfCube => "factor of the cube", "立方的系数";
    OneMore => "one more", "加 1";
    Product => "product", "乘积";
    Root => "root", "开方";
    Reciprocal => "1/x", "1/x";
    Power => "power", "乘方";
    Function => "function", "函数";
    Sine => "sin", "sin";
    Cosine => "cos", "cos";
    Beta => "beta", "beta";
    Threshold => "threshold", "阈值";

    // What is counted, stored and alive.
    Macs => "MACs", "乘加数";
    Others => "others", "其他";
    AsSaid => "as said", "按所写";
    Multiplications => "mul", "乘";
    Additions => "add", "加";
    Divisions => "div", "除";
    Comparisons => "cmp", "比较";
    Transcendentals => "exp", "超越函数";
    Params => "params", "参数量";
    Buffers => "buffers", "缓冲区";
    Weights [ElementsOfWeights] => "weights", "权重";
    WeightsTouched [ElementsOfWeightsRead] => "touched of the weights", "触及的权重";
    InputNumbers [ElementsIn] => "inputs", "输入";
    InputTouched [ElementsRead] => "touched of the input", "触及的输入";
    Output [ElementsOut] => "output", "输出";
    KeptForLater [ElementsKept] => "kept for later", "留待后用";
    Inside [ElementsInside] => "inside it", "内部保留";
    BytesOfNumber [Bytes] => "bytes of a number", "每个数的字节数";
    BytesOfIndex [BytesOfIndex] => "bytes of an index", "每个索引的字节数";
    BytesOfElement [BytesOfElement] => "bytes of an element", "每个元素的字节数";
    StrideBefore [JumpBefore] => "stride before", "之前的步幅";
    FieldBefore [FieldBefore] => "field before", "之前的感受野";
}

impl From<Kind> for Factor {
    fn from(kind: Kind) -> Self {
        match kind {
            Kind::Mul => Self::Multiplications,
            Kind::Add => Self::Additions,
            Kind::Div => Self::Divisions,
            Kind::Cmp => Self::Comparisons,
            Kind::Exp => Self::Transcendentals,
        }
    }
}

impl fmt::Display for Factor {
    /// In English with `{}`, in Chinese with `{:#}`, as a [`Text`](crate::text::Text).
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.get(if f.alternate() { Language::Chinese } else { Language::English }))
    }
}
