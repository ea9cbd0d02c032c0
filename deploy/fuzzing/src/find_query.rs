//! The query language of `find`.

/// A search text, in any encoding.
pub fn find_query(data: &[u8]) {
    read_models::fuzzing::search_text(&String::from_utf8_lossy(data));
}
