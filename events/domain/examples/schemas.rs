//! Writes `schemas/`: one JSON Schema for each event in today's version.

use std::{fs, io, path::Path};

fn main() -> io::Result<()> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("schemas");
    fs::create_dir_all(&folder)?;
    for (name, schema) in domain::schema::events() {
        fs::write(folder.join(format!("{name}.v1.json")), format!("{schema:#}\n"))?;
    }
    Ok(())
}
