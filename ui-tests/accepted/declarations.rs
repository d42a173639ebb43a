//! Inputs, outputs and visibility that a workflow may have.
#![deny(warnings)]
#![allow(dead_code)]
use workflow_runtime::workflow;

mod inner {
    workflow_runtime::workflow! {
        /// Seen from outside.
        pub(super) workflow Outer() -> u32 { 1 }
    }
}

workflow! {
    workflow Empty() {}
    workflow Generic<T: Clone, U: Clone, const N: usize>(item: T, other: U) -> (T, Vec<U>)
    where T: std::fmt::Display + PartialEq<u32>
    {
        stage shown: String = item.to_string();
        stage copies: Vec<U> = vec![other.clone(); N];
        #[after(shown)]
        stage equal: bool = *item == 3;
        stage checked = assert!(*equal);
        (item.clone(), copies.clone())
    }
    workflow Static(text: &'static str, function: fn(&str) -> usize) -> std::borrow::Cow<'static, str>
    with callback: Box<dyn Fn(&str) -> usize + Send + Sync>,
    {
        stage length: usize = function(text);
        stage again: usize = callback(text);
        stage unused: bool = length == again;
        #[allow(deprecated)]
        stage silenced: bool = *unused;
        stage _quiet: u32 = 3;
        std::borrow::Cow::Borrowed(*text)
    }
    workflow Keywords(r#type: u32) -> u32 {
        stage r#match: u32 = *r#type;
        r#match
    }
    #[allow(non_camel_case_types)]
    workflow lower(_unused: u32) {}
}

fn main() {
    workflow! {
        workflow Local(start: u32) -> u32 { start }
    }
    let _ = (Local::new().run(1), inner::Outer::new().run(), Empty::new().run(), lower::new().run(1));
    let _ = Generic::<u32, u32, 3>::new().run(3, 4);
    let _ = Static::new(Box::new(str::len)).run("", str::len);
    assert_eq!(KeywordsStage::Match.to_string(), "match");
}
