//! Names of generated items.

use proc_macro2::Ident;

/// `background_check` → `BackgroundCheck`
pub(crate) fn variant(name: &Ident) -> Ident {
    let text = name.to_string();
    let text = text.strip_prefix("r#").unwrap_or(&text);
    let mut camel = String::new();
    for word in text.split('_') {
        let mut letters = word.chars();
        if let Some(first) = letters.next() {
            camel.extend(first.to_uppercase());
            camel.push_str(letters.as_str());
        }
    }
    if camel.is_empty() || camel.starts_with(|c: char| c.is_ascii_digit()) || camel == "Self" {
        camel.insert(0, '_');
    }
    Ident::new(&camel, name.span())
}

/// Without `r#`.
pub(super) fn bare(name: &Ident) -> String {
    let text = name.to_string();
    text.strip_prefix("r#").map(ToOwned::to_owned).unwrap_or(text)
}
