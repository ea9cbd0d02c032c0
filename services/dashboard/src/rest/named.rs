//! What stands in the path of an address.

use std::ops::Deref;

use axum::{
    extract::{FromRequestParts, Path},
    http::request::Parts,
};

use crate::problem::{Problem, no_such_page};

/// A name in a path. What is no text is the name of nothing.
pub(crate) struct Named(pub(crate) String);

impl<S: Send + Sync> FromRequestParts<S> for Named {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        match Path::from_request_parts(parts, state).await {
            Ok(Path(name)) => Ok(Self(name)),
            Err(_) => Err(no_such_page(parts.uri.clone()).await),
        }
    }
}

impl Deref for Named {
    type Target = String;

    fn deref(&self) -> &String {
        &self.0
    }
}
