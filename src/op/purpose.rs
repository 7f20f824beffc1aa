//! What a term of an operator's cost is for.

use std::fmt;

use serde::Serialize;

use crate::text::Language;

/// From the list of purposes: the [`Purpose`] enum, and the words for each in every language.
macro_rules! purposes {
    ($($Name:ident => $english:literal, $chinese:literal;)*) => {
        /// What the operations of a [`Term`](super::Term) are for, where that is not plain from their unit.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        pub enum Purpose { $(#[doc = $english] $Name,)* }

        impl Purpose {
            /// What it is called in `language`.
            pub const fn get(self, language: Language) -> &'static str {
                let [english, chinese] = match self { $(Self::$Name => [$english, $chinese],)* };
                match language {
                    Language::English => english,
                    Language::Chinese => chinese,
                }
            }
        }
    };
}

purposes! {
    Bias => "bias", "偏置";
    BiasOfProjections => "bias of query, key, value", "查询、键、值的偏置";
    BiasOfQuery => "bias of query", "查询的偏置";
    BiasOfKeyAndValue => "bias of key, value", "键、值的偏置";
    BiasOfOutput => "bias of output", "输出的偏置";
    Projections => "query, key, value", "查询、键、值";
    Query => "query", "查询";
    Key => "key", "键";
    Value => "value", "值";
    KeyAndValue => "key, value", "键、值";
    Scores => "scores", "得分";
    Scaling => "scaling", "缩放";
    Mask => "mask", "掩码";
    Softmax => "softmax", "softmax";
    WeightedValues => "weighted values", "值的加权和";
    Output => "output", "输出";
    Gates => "gates", "门";
    NewState => "new state", "新状态";
    FirstLayer => "first layer", "首层";
    OtherLayers => "other layers", "其余各层";
    ProjectedState => "projection of the state", "状态投影";
    Absolute => "absolute value", "绝对值";
    Power => "power", "乘方";
    Root => "root", "开方";
    Logarithm => "logarithm", "对数";
    Sampling => "bilinear sampling", "双线性采样";
    Mean => "mean", "均值";
}

impl Purpose {
    /// Whether biases are added to what has been contracted.
    pub const fn is_bias(self) -> bool {
        matches!(
            self,
            Self::Bias
                | Self::BiasOfProjections
                | Self::BiasOfQuery
                | Self::BiasOfKeyAndValue
                | Self::BiasOfOutput
        )
    }
}

impl fmt::Display for Purpose {
    /// In English with `{}`, in Chinese with `{:#}`, as a [`Text`](crate::text::Text).
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.get(if f.alternate() { Language::Chinese } else { Language::English }))
    }
}

/// By its English words, in JSON.
impl Serialize for Purpose {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.get(Language::English))
    }
}
