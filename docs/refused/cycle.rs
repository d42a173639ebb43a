use workflow_runtime::workflow;

workflow! {
    workflow Delivery(order: u32) -> u32 {
        stage receipt: u32 = order + label;
        stage parcel: u32 = order * receipt;
        stage label: u32 = parcel / 10;
        label
    }
}

fn main() {}
