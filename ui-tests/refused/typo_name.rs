//! One name is misspelt in each workflow: rustc names it, and reports no error of expressions that use it.
#![deny(warnings)]
#![allow(dead_code)]
use workflow_runtime::workflow;

enum Stock {
    Enough,
    Missing(u32),
}

fn stock_of(count: &u32) -> Stock {
    if *count < 3 { Stock::Enough } else { Stock::Missing(*count) }
}

fn order(missing: &u32) -> u32 {
    *missing
}

workflow! {
    workflow Scrutinee(count: u32) -> u32 {
        stage stock: Stock = stock_of(count);
        match stocx { Stock::Enough => 1, Stock::Missing(missing) => order(missing) }
    }
}

workflow! {
    workflow Declared(count: u32) -> u32 {
        stage stocx: Stock = stock_of(count);
        match stock { Stock::Enough => 1, Stock::Missing(missing) => order(missing) }
    }
}

workflow! {
    workflow Function(count: u32) -> u32 {
        stage stock: Stock = stock_ov(count);
        match stock { Stock::Enough => 1, Stock::Missing(missing) => order(missing) }
    }
}

workflow! {
    workflow StageType(count: u32) -> u32 {
        stage stock: Stok = stock_of(count);
        match stock { Stock::Enough => 1, Stock::Missing(missing) => order(missing) }
    }
}

workflow! {
    workflow Formatted(count: u32) -> String {
        stage stock: Stock = stock_of(count);
        stage price: u32 = match stock { Stock::Enough => 1, Stock::Missing(missing) => order(missing) };
        format!("{pricex}")
    }
}

fn main() {}
