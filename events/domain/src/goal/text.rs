//! Free text that a person or an agent wrote.

use std::{borrow::Cow, fmt, ops::Deref, sync::Arc};

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize};

/// Free text, cheap to clone.
///
/// In the stored schema it is a string or a sealed box, so that personal text can later be encrypted and its key destroyed; the
/// store's codec seals and opens, and here it is always text.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Text(Arc<str>);

impl Default for Text {
    fn default() -> Self {
        Self("".into())
    }
}

impl Deref for Text {
    type Target = str;

    fn deref(&self) -> &str {
        &self.0
    }
}

impl From<&str> for Text {
    fn from(text: &str) -> Self {
        Self(text.into())
    }
}

impl From<String> for Text {
    fn from(text: String) -> Self {
        Self(text.into())
    }
}

impl fmt::Display for Text {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(self)
    }
}

impl JsonSchema for Text {
    fn schema_name() -> Cow<'static, str> {
        "Text".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "description": "Free text: plain, or sealed so that destroying its key erases it.",
            "oneOf": [
                { "type": "string" },
                {
                    "type": "object",
                    "properties": {
                        "enc": {
                            "type": "object",
                            "properties": { "key": { "type": "string" }, "nonce": { "type": "string" }, "ct": { "type": "string" } },
                            "required": ["key", "nonce", "ct"]
                        }
                    },
                    "required": ["enc"]
                }
            ]
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_shown_as_it_is() {
        let text = Text::from("Ship it".to_owned());
        assert_eq!((text.to_string().as_str(), &*text), ("Ship it", "Ship it"));
    }
}
