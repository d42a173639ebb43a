//! Names in a workflow with a mistake are used all the same: no import is called unused.
#![deny(warnings)]

mod services {
    pub struct Route(pub u64);
    pub async fn route(start: &u64) -> Route {
        Route(*start)
    }
    #[macro_export]
    macro_rules! double {
        ($number:expr) => {
            $number * 2
        };
    }
}

mod a_mistake_of_the_parser {
    use crate::{double, services::{Route, route}};
    use std::collections::BTreeMap;
    workflow_runtime::workflow! {
        pub workflow Unread(start: u64) -> u64 {
            stage next: Route = match start { 0 -> route(start), _ => route(start) };
            stage found: BTreeMap<u64, u64> BTreeMap::new();
            double!(next.0) + *found[&3]
        }
    }
}

mod a_mistake_of_the_checks {
    use crate::services::{Route, route};
    workflow_runtime::workflow! {
        pub workflow Wrong(start: u64) -> u64 {
            #[after(last)]
            stage next: Route = route(start);
            stage last: u64 = next.0 + 1;
            *last
        }
    }
}

fn main() {}
