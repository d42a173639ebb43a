//! Each header has one typo. What calls these workflows, in the right way, has no error of its own.
use workflow_runtime::{Failure, workflow};

pub struct Order(u32);
pub struct Supplier(u32);

fn price(order: &Order, suppliers: &[Supplier]) -> u32 {
    order.0 + suppliers.iter().map(|supplier| supplier.0).sum::<u32>()
}

macro_rules! used {
    () => {
        pub async fn used() -> Result<u32, Failure> {
            let quote = Quote::new(vec![Supplier(1)]);
            let given: u32 = quote.run(Order(1)).await?;
            println!("{given} {}", quote.start(Order(2)).await?);
            Ok(given)
        }
    };
}

pub mod arrow_missing {
    use super::*;
    workflow! {
        workflow Quote(order: Order) u32 with suppliers: Vec<Supplier> { price(order, suppliers) }
    }
    used!();
}

pub mod arrow_twice {
    use super::*;
    workflow! {
        workflow Quote(order: Order) -> -> u32 with suppliers: Vec<Supplier> { price(order, suppliers) }
    }
    used!();
}

pub mod output_missing {
    use super::*;
    workflow! {
        workflow Quote(order: Order) -> with suppliers: Vec<Supplier> { price(order, suppliers) }
    }
    used!();
}

pub mod inputs_missing {
    use super::*;
    workflow! {
        workflow Quote -> u32 with suppliers: Vec<Supplier> { price(order, suppliers) }
    }
    used!();
}

pub mod inputs_twice {
    use super::*;
    workflow! {
        workflow Quote(order: Order) (order: Order) -> u32 with suppliers: Vec<Supplier> { price(order, suppliers) }
    }
    used!();
}

pub mod input_without_name {
    use super::*;
    workflow! {
        workflow Quote(: Order) -> u32 with suppliers: Vec<Supplier> { price(order, suppliers) }
    }
    used!();
}

pub mod input_without_colon {
    use super::*;
    workflow! {
        workflow Quote(order Order) -> u32 with suppliers: Vec<Supplier> { price(order, suppliers) }
    }
    used!();
}

pub mod semicolon_for_colon {
    use super::*;
    workflow! {
        workflow Quote(order; Order) -> u32 with suppliers: Vec<Supplier> { price(order, suppliers) }
    }
    used!();
}

pub mod with_misspelt {
    use super::*;
    workflow! {
        workflow Quote(order: Order) -> u32 wiht suppliers: Vec<Supplier> { price(order, suppliers) }
    }
    used!();
}

pub mod with_missing {
    use super::*;
    workflow! {
        workflow Quote(order: Order) -> u32 suppliers: Vec<Supplier> { price(order, suppliers) }
    }
    used!();
}

pub mod with_twice {
    use super::*;
    workflow! {
        workflow Quote(order: Order) -> u32
        with suppliers: Vec<Supplier>
        with suppliers: Vec<Supplier>
        { price(order, suppliers) }
    }
    used!();
}

pub mod header_twice {
    use super::*;
    workflow! {
        workflow Quote(order: Order) -> u32
        workflow Quote(order: Order) -> u32
        with suppliers: Vec<Supplier>
        { price(order, suppliers) }
    }
    used!();
}

pub mod name_twice {
    use super::*;
    workflow! {
        workflow Quote Quote(order: Order) -> u32 with suppliers: Vec<Supplier> { price(order, suppliers) }
    }
    used!();
}

pub mod two_of_a_name {
    use super::*;
    workflow! {
        workflow Quote(order: Order) -> u32 with suppliers: Vec<Supplier> { price(order, suppliers) }
        workflow Quote() -> u32 { 1 }
    }
    used!();
}

pub mod header_missing {
    use super::*;
    workflow! {
        with suppliers: Vec<Supplier> { price(order, suppliers) }
    }
    used!();
}

fn main() {}
