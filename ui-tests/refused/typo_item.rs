//! Each stage has one typo.
use workflow_runtime::workflow;

enum Stock {
    Enough,
    Missing(u32),
}

fn stock_of(count: &u32) -> Stock {
    if *count < 3 { Stock::Enough } else { Stock::Missing(*count) }
}

workflow! {
    workflow Typos(count: u32) -> u32 {
        stage semicolon; u32 = count + 1;
        stage equals = u32 = count + 1;
        stage swapped: = u32 count + 1;
        stage stock: Stock = stock_of(count);
        stage doubled: u32 = match match stock { Stock::Enough => 1, Stock::Missing(missing) => *missing };
        stage lacking: u32 = stock { Stock::Enough => 1, Stock::Missing(missing) => *missing };
        stage comma: u32 = match stock { Stock::Enough => 1, Stock::Missing(missing) => *missing },
        stage colon: u32 = race { async { 1 }, async { 2 } }:
        semicolon + equals + swapped + doubled + lacking + comma + colon
    }
}

fn main() {}
