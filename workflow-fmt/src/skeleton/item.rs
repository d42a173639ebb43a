//! Blocks and their items: `let` statements.

use super::{Builder, wider};
use crate::skeleton::node::Place;
use proc_macro2::{Ident, Span};
use workflow_syntax::{Block, Item};

impl Builder<'_> {
    pub(super) fn block(&mut self, block: &Block) {
        self.says("{");
        for item in &block.items {
            match item {
                Item::Stage(stage) => {
                    self.attributes(&stage.attributes);
                    self.declaration("stage", stage.keyword, &stage.name, 2);
                    if let Some(ty) = &stage.ty {
                        self.fragment(ty);
                    }
                    self.says("=");
                    self.node(&stage.node, Place::Plain);
                }
                Item::Let(binding) => {
                    self.attributes(&binding.attributes);
                    self.says(format!("let {}", binding.name));
                    self.fragment(&binding.ty);
                    self.fragment(&binding.value);
                }
                Item::Signal(signal) => {
                    self.attributes(&signal.attributes);
                    self.declaration("signal", signal.keyword, &signal.name, 3);
                    self.fragment(&signal.ty);
                }
            }
        }
        if let Some(tail) = &block.tail {
            self.says("tail");
            self.node(tail, Place::Tail);
        }
        self.says("}");
    }

    fn declaration(&mut self, word: &str, keyword: Span, name: &Ident, by: usize) {
        let at = self.first(keyword);
        let name = name.to_string();
        self.says(format!("{word} {name}"));
        self.replace(at, at + 1, format!("let {}", wider(&name, by)), format!("{word} {name}"));
    }
}
