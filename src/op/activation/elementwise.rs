//! What an elementwise function is, and how the table of them becomes operators.

#[cfg(feature = "run")]
use candle_core::{Device, Tensor};

use crate::counts::{Kind, Overflow};
use crate::op::{Class, Cost, Operator, Reason, Term, only};
#[cfg(feature = "run")]
use crate::op::{Reference, Workspace};
use crate::shape::Shape;
use crate::working::{Factor, Working};

/// Steps that take one operation of a kind each.
pub(super) type Steps = (Kind, &'static [Factor]);

/// A function of each element by itself: all that sets one of them apart from another.
pub(super) trait Elementwise {
    /// Its operations on one element: the steps that take one, for each kind.
    const PER_ELEMENT: fn(&Self) -> &'static [Steps];

    /// What its settings must fulfil beyond each by itself.
    const REQUIREMENT: fn(&Self) -> Result<(), Reason> = |_| Ok(());
}

/// The same as candle computes it.
#[cfg(feature = "run")]
pub(super) trait Computed: Elementwise {
    /// The function of every element of a tensor.
    const VALUE: fn(&Self, &Tensor) -> candle_core::Result<Tensor>;

    /// Tensors of its size that it holds on the way, at the most.
    const COPIES: u32 = 0;
}

impl<T: Elementwise> Operator for T {
    fn output(&self, inputs: &[Shape]) -> Result<Shape, Reason> {
        T::REQUIREMENT(self)?;
        only(inputs).cloned()
    }

    fn cost(&self, _inputs: &[Shape], output: &Shape) -> Result<Cost, Overflow> {
        Ok(per_element(T::PER_ELEMENT(self), output))
    }

    fn class(&self) -> Class {
        Class::Activation
    }
}

/// These steps on each element of `output`.
pub(in crate::op) fn per_element(steps: &[Steps], output: &Shape) -> Cost {
    let elements = Working::elements(Factor::OutputElements, output);
    let term = |&(kind, steps): &Steps| {
        let elements = elements.clone();
        let steps: Vec<_> = steps.iter().map(|&step| (step, 1)).collect();
        Term::ops(kind, if steps.len() == 1 { elements } else { Working::steps(&steps).by(elements) })
    };
    Cost { terms: steps.iter().map(term).collect() }
}

#[cfg(feature = "run")]
impl<T: Computed> Reference for T {
    fn forward(&self, inputs: &[Tensor], _weights: &[Tensor]) -> candle_core::Result<Tensor> {
        T::VALUE(self, &inputs[0])
    }

    fn workspace(&self, inputs: &[Shape], output: &Shape, _device: &Device) -> Workspace {
        Workspace::copies(T::COPIES, inputs, output)
    }
}

/// A table of elementwise functions. An entry says what the function is, its name, its type with its settings and their
/// defaults (all of them or none has one), what an example sets, its operations for each element, what it computes, how many tensors
/// it holds on the way if these are several, and what its settings must fulfil beyond each by itself, if anything.
macro_rules! activations {
    ($(
        $(#[$about:meta])*
        $name:literal => $Type:ident $settings:tt,
        $(example $example:literal,)?
        counts $per_element:expr,
        computes $value:expr
        $(, holding $copies:literal)?
        $(, requires $requirement:expr)?;
    )*) => {$(
        settings! { $(#[$about])* $Type $settings }

        impl Definition for $Type {
            const EXAMPLE: &'static str = concat!("{ op = \"", $name, "\"", $($example,)? " }");
            const EXAMPLE_INPUTS: &'static [&'static [u64]] = &[&[192, 28, 28]];
        }

        impl Elementwise for $Type {
            const PER_ELEMENT: fn(&Self) -> &'static [Steps] = $per_element;
            $(const REQUIREMENT: fn(&Self) -> Result<(), Reason> = $requirement;)?
        }

        #[cfg(feature = "run")]
        impl Computed for $Type {
            const VALUE: fn(&Self, &Tensor) -> candle_core::Result<Tensor> = $value;
            $(const COPIES: u32 = $copies;)?
        }
    )*};
}

/// The settings of an entry: with defaults, or all to be given.
macro_rules! settings {
    ($(#[$about:meta])* $Type:ident { $($(#[$setting_about:meta])* $setting:ident: $SettingType:ty = $default:expr,)* }) => {
        #[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
        $(#[$about])*
        #[serde(default, deny_unknown_fields)]
        pub struct $Type { $($(#[$setting_about])* pub $setting: $SettingType,)* }

        impl Default for $Type {
            fn default() -> Self {
                Self { $($setting: $default,)* }
            }
        }
    };
    ($(#[$about:meta])* $Type:ident { $($(#[$setting_about:meta])* $setting:ident: $SettingType:ty,)* }) => {
        #[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
        $(#[$about])*
        #[serde(deny_unknown_fields)]
        pub struct $Type { $($(#[$setting_about])* pub $setting: $SettingType,)* }
    };
}
