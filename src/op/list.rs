//! How the list of operators becomes a type.

/// From the list of operators: the [`Op`] enum, its names, its reader, and [`OPERATORS`]. [`Copies`] of them are an operator, too,
/// which is on no list.
macro_rules! operators {
    ($($name:literal => $module:ident::$Type:ident,)*) => {
        /// Any operator, with its settings.
        #[derive(Clone, Debug, PartialEq)]
        #[non_exhaustive]
        #[expect(missing_docs, reason = "each variant is documented by its type")]
        pub enum Op {
            $($Type($module::$Type),)*
            Copies(Box<Copies>),
        }

        /// Every operator, in the order they are documented.
        pub const OPERATORS: &[Entry] = &[$(Entry {
            name: $name,
            example: <$module::$Type as Definition>::EXAMPLE,
            example_inputs: <$module::$Type as Definition>::EXAMPLE_INPUTS,
            schema: <$module::$Type as JsonSchema>::json_schema,
            settings: setting_names::of::<$module::$Type>,
        },)*];

        impl Op {
            /// The name in a description; of copies, that of what they are copies of.
            pub fn name(&self) -> &'static str {
                match self {
                    $(Self::$Type(_) => $name,)*
                    Self::Copies(copies) => copies.op().name(),
                }
            }

            /// Reads the settings of the operator called `name`; `None` if there is none of that name.
            pub fn read<'de, D: Deserializer<'de>>(name: &str, settings: D) -> Option<Result<Self, D::Error>> {
                match name {
                    $($name => Some($module::$Type::deserialize(settings).map(Self::$Type)),)*
                    _ => None,
                }
            }

            /// What computes it with candle.
            #[cfg(feature = "run")]
            pub fn reference(&self) -> &dyn Reference {
                match self {
                    $(Self::$Type(operator) => operator,)*
                    Self::Copies(copies) => &**copies,
                }
            }
        }

        /// The settings alone, by their names.
        impl Serialize for Op {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                match self {
                    $(Self::$Type(operator) => operator.serialize(serializer),)*
                    Self::Copies(copies) => copies.serialize(serializer),
                }
            }
        }

        impl Deref for Op {
            type Target = dyn Operator;

            fn deref(&self) -> &Self::Target {
                match self {
                    $(Self::$Type(operator) => operator,)*
                    Self::Copies(copies) => &**copies,
                }
            }
        }

        $(impl From<$module::$Type> for Op {
            fn from(operator: $module::$Type) -> Self {
                Self::$Type(operator)
            }
        }

        impl From<$module::$Type> for Arc<Op> {
            fn from(operator: $module::$Type) -> Self {
                Self::new(operator.into())
            }
        })*
    };
}
