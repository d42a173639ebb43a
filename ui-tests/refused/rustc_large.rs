use workflow_runtime::workflow;

use std::rc::Rc;

async fn not_send() -> u32 {
    let held = Rc::new(1);
    std::future::ready(()).await;
    *held
}

workflow! {
    // More stages than one body takes.
    workflow Large(start: u32) -> u32 {
        stage a: u32 = 1;
        stage b: u32 = *a;
        stage c: u32 = *b;
        stage d: u32 = *c;
        stage e: u32 = *d;
        stage f: u32 = *e;
        stage g: u32 = *f;
        stage h: u32 = *g;
        stage i: u32 = *h;
        stage j: u32 = *i;
        stage k: u32 = *j;
        stage l: u32 = *k;
        stage m: u32 = *l;
        stage n: u32 = *m;
        stage o: u32 = *n;
        stage p: u32 = *o;
        stage no_future: u32 = not_send();
        stage no_number: u32 = start.to_string();
        stage nothing: u32 = missing(start);
        *p + *no_future + *no_number + *nothing
    }
}

fn main() {
    let _ = Large::new().run(1);
}
