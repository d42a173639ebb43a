//! Generated code minds its own business: it is clean under the strictest lints, and nothing that stands where the
//! workflow stands can get in its way.
#![deny(warnings, missing_docs, clippy::all, clippy::pedantic)]
#![forbid(unsafe_code)]

/// A place where every name that generated code might lean on means something else.
pub mod hostile {
    // What stands here is hostile by intention; the workflow is not excused.
    #![allow(dead_code, unused_macros)]
    #![allow(clippy::must_use_candidate, clippy::wrong_self_convention, clippy::missing_errors_doc)]

    /// Not the standard library.
    pub mod std {}
    /// Not the core library.
    pub mod core {}
    /// Not the alloc library.
    pub mod alloc {}
    /// Not tokio.
    pub mod tokio {}
    /// Not the runtime.
    pub mod workflow_runtime {}
    /// Not the macros.
    pub mod workflow_macros {}
    /// Not the runtime's module.
    pub mod __private {}

    /// Not the `Result` of old.
    pub struct Result;
    /// Not the `Option` of old.
    pub enum Option {
        /// Not this one.
        Some,
        /// Nor this one.
        None,
    }
    /// Not a list.
    pub struct Vec;
    /// Not a box.
    pub struct Box;
    /// Not text.
    pub struct String;
    /// Not shared.
    pub struct Arc;
    /// Not pinned.
    pub struct Pin;
    /// Not a workflow.
    pub struct Workflow;
    /// Not a handle.
    pub struct Handle;
    /// Not a failure.
    pub struct Failure;
    /// Not a graph.
    pub struct Graph;
    /// Not a slot.
    pub struct Slot;
    /// Not a piece.
    pub struct Piece;
    /// Not a marker.
    pub struct PhantomData;
    /// Not a once.
    pub struct OnceLock;
    /// Not a future.
    pub trait Future {}
    /// Not sendable.
    pub trait Send {}
    /// Not shareable.
    pub trait Sync {}
    /// Not cloneable.
    pub trait Clone {}
    /// Not copyable.
    pub trait Copy {}
    /// Not a default.
    pub trait Default {}
    /// Not printable.
    pub trait Debug {}
    /// Not printable either.
    pub trait Display {}
    /// Not an iterator.
    pub trait Iterator {}
    /// Not an iterator either.
    pub trait IntoIterator {}
    /// Not dereferenced.
    pub trait Deref {}
    /// Not converted.
    pub trait From {}
    /// Not converted either.
    pub trait Into {}
    /// Not parsed.
    pub trait FromStr {}
    /// Methods of the names that generated code calls, on everything.
    pub trait Methods {
        /// Not that one.
        fn get(&self) {}
        /// Not that one.
        fn clone(&self) {}
        /// Not that one.
        fn at(&self, _: usize) {}
        /// Not that one.
        fn share(&self) {}
        /// Not that one.
        fn release(&self) {}
        /// Not that one.
        fn into_iter(&self) {}
        /// Not that one.
        fn cloned(&self) {}
        /// Not that one.
        fn as_ref(&self) {}
        /// Not that one.
        fn deref(&self) {}
        /// Not that one.
        fn shared(&self) {}
    }
    impl<T: ?Sized> Methods for T {}

    macro_rules! vec {
        ($($tokens:tt)*) => {
            compile_error!("not that one")
        };
    }
    macro_rules! unreachable {
        ($($tokens:tt)*) => {
            compile_error!("not that one")
        };
    }
    macro_rules! panic {
        ($($tokens:tt)*) => {
            compile_error!("not that one")
        };
    }
    macro_rules! format {
        ($($tokens:tt)*) => {
            compile_error!("not that one")
        };
    }
    macro_rules! write {
        ($($tokens:tt)*) => {
            compile_error!("not that one")
        };
    }
    macro_rules! matches {
        ($($tokens:tt)*) => {
            compile_error!("not that one")
        };
    }
    macro_rules! assert {
        ($($tokens:tt)*) => {
            compile_error!("not that one")
        };
    }
    macro_rules! concat {
        ($($tokens:tt)*) => {
            compile_error!("not that one")
        };
    }
    macro_rules! stringify {
        ($($tokens:tt)*) => {
            compile_error!("not that one")
        };
    }

    /// Named as a local of generated code might be.
    pub const PIECES: u32 = 1;
    /// Named as a local of generated code might be.
    pub static NAMES: u32 = 1;
    /// Named as a local of generated code might be.
    pub fn cx() -> u32 {
        1
    }
    /// Named as a local of generated code might be.
    pub fn state() -> u32 {
        1
    }
    /// Named as a local of generated code might be.
    pub fn input() -> u32 {
        1
    }
    /// Named as a local of generated code might be.
    pub fn services() -> u32 {
        1
    }
    /// Named as a local of generated code might be.
    pub fn run() -> u32 {
        1
    }
    /// Named as a local of generated code might be.
    pub mod names {}
    /// A stage's work.
    pub async fn work(number: &u32) -> u32 {
        std_yield().await;
        *number + 1
    }
    async fn std_yield() {
        ::std::future::ready(()).await;
    }
    /// A stage's work.
    pub fn fallible(number: &u32) -> ::core::result::Result<u32, ::std::string::String> {
        Ok(*number)
    }

    ::workflow_runtime::workflow! {
        /// Every construct, in hostile country.
        pub workflow Hostile(number: u32, numbers: ::std::vec::Vec<u32>) -> u32 with service: u32 {
            stage a: u32 = work(number);
            stage b: u32 = fallible(a);
            stage c: u32 = cx() + state() + input() + services() + run() + PIECES + NAMES + service;
            let sum: u32 = *a + *b + *c;
            stage n: u32 = *sum + *c;
            stage block: u32 = { stage inner: u32 = work(n); inner };
            stage ordered = seq { stage first = (); stage second = async {}; };
            stage branch: u32 = if *n > 3 { stage then: u32 = work(n); then } else if let 1 = *n { 1 } else { 0 };
            stage arm: u32 = match *n { 0 => 0, 1 => return 5, 2 => fail "two", _ => work(n) };
            #[when(*n > 3)]
            stage maybe: ::core::option::Option<u32> = work(n);
            #[max(3)]
            stage rounds: u32 = loop round: u32 = 0 {
                stage next: u32 = work(round);
                if *next > 2 { break next } else { continue next }
            };
            #[concurrency(2)]
            stage items: ::std::vec::Vec<u32> = for item in numbers { stage made: u32 = work(item); made };
            stage raced: u32 = race { work(n), work(n) };
            stage voted: ::std::vec::Vec<u32> = quorum(2) for vote in numbers { work(vote) };
            #[spawn]
            stage spawned: u32 = work(n);
            #[blocking]
            stage blocking: u32 = fallible(n);
            #[lazy]
            stage lazy: u32 = work(n);
            stage asks: u32 = if *n > 0 { *lazy } else { 0 };
            stage key: u32 = u32::from(!ctx.stage().is_empty());
            #[after(ordered)]
            stage late: u32 = *key;
            block + branch + arm + maybe.unwrap_or(0) + rounds + items.len() as u32 + raced + voted.len() as u32
                + spawned + blocking + asks + late
        }
        /// Generic, and with nothing.
        pub workflow Empty<T>() {}
    }
}

#[tokio::test]
async fn in_hostile_country() {
    let workflow = hostile::Hostile::new(1);
    let output = workflow.run(1, vec![1, 2, 3]).await.unwrap();
    assert_eq!(workflow.start(1, vec![1, 2, 3]).await.unwrap(), output);
    hostile::Empty::<u8>::new().run().await.unwrap();
}

/// Stages that are called like what generated code is made of.
pub mod named {
    use workflow_runtime::workflow;

    /// A stage's work, called like the stage.
    pub async fn result(number: &u32) -> u32 {
        std::future::ready(*number).await
    }

    workflow! {
        /// Names that generated code might use, too.
        pub workflow Named(input: u32) -> u32 with services: u32 {
            stage state: u32 = *input;
            stage cx: u32 = state + services;
            stage result: u32 = result(cx);
            stage self_: u32 = *result;
            stage r#type: u32 = *self_;
            stage r#match: u32 = r#type + 1;
            stage run: u32 = *r#match;
            stage new: u32 = *run;
            stage start: u32 = *new;
            stage value: u32 = *start;
            stage output: u32 = *value;
            stage cell: u32 = *output;
            stage held: u32 = *cell;
            stage slots: u32 = *held;
            stage stored: u32 = *slots;
            stage piece: u32 = *stored;
            stage pieces: u32 = *piece;
            stage names: u32 = *pieces;
            stage index: u32 = *names;
            stage item: u32 = *index;
            stage place: u32 = *item;
            stage next: u32 = *place;
            stage round: u32 = *next;
            stage kept: u32 = *round;
            stage of: u32 = *kept;
            stage content: u32 = *of;
            stage skip: u32 = *content;
            stage shared: u32 = *skip;
            stage loan: u32 = *shared;
            stage owned: u32 = *loan;
            stage detached: u32 = *owned;
            stage returned: u32 = *detached;
            stage ended: u32 = *returned;
            stage demands: u32 = *ended;
            stage core: u32 = *demands;
            stage std: u32 = *core;
            stage graph: u32 = *std;
            stage default: u32 = *graph;
            stage fmt: u32 = *default;
            stage from_str: u32 = *fmt;
            stage drop: u32 = *from_str;
            stage status: u32 = *drop;
            stage u32: u32 = *status;
            stage __cx0: u32 = *u32;
            stage __state0: u32 = *__cx0;
            stage __held0: u32 = *__state0;
            stage größe: u32 = *__held0;
            stage 数: u32 = *größe;
            stage été: u32 = *数;
            été
        }
        /// Names that clippy would have an opinion on.
        pub workflow Opinions(opinion_of_one: u32, opinion_of_two: bool) -> u32 {
            stage opinion_a: u32 = *opinion_of_one;
            stage opinion_b: u32 = *opinion_a;
            stage opinion_c = async {};
            stage opinion_d: bool = *opinion_of_two;
            stage opinion_opinions: bool = *opinion_d;
            stage opinion_opinion: bool = *opinion_opinions && *opinion_b > 3;
            stage opinion_e: bool = *opinion_opinion;
            #[after(opinion_c)]
            stage _opinion: Vec<Vec<Option<Result<Vec<u8>, Box<(u8, u16, Vec<u32>)>>>>> = Vec::new();
            stage opinion_f: u32 = if *opinion_e { 1 } else { 2 };
            opinion_f
        }
        /// One letter each.
        pub workflow Letters(i: u32) -> u32 {
            stage a: u32 = *i;
            stage b: u32 = *a;
            stage c: u32 = *a;
            stage d: u32 = *b;
            stage e: u32 = *c;
            stage f: u32 = *e;
            stage g: u32 = a + b + c + d + e + f;
            g
        }
        /// Types that have the names of type parameters and lifetimes of generated code.
        pub workflow Parameters<T, F, W, S, M, X>(t: T, f: F, w: W, s: S, m: M, x: X) -> u32 {
            stage all: u32 = u32::try_from([size_of_val(t), size_of_val(f), size_of_val(w), size_of_val(s), size_of_val(m), size_of_val(x)].len());
            all
        }
    }
}

#[tokio::test]
async fn stages_are_called_whatever_the_user_calls_them() {
    use named::{Named, NamedStage, Parameters};
    let named = Named::new(1);
    assert_eq!(named.run(1).await.unwrap(), 3);
    assert_eq!(NamedStage::Type.to_string(), "type");
    let mut handle = named.start(1);
    assert_eq!((&mut handle).await.unwrap(), 3);
    assert_eq!(handle.state().r#type.get().as_deref(), Some(&2));
    assert_eq!(handle.state().größe.get().as_deref(), Some(&3));
    assert_eq!(NamedStage::Type.to_string().parse(), Ok(NamedStage::Type));
    assert_eq!(named::Opinions::new().run(1, false).await.unwrap(), 2);
    assert_eq!(named::Letters::new().run(1).await.unwrap(), 6);
    assert_eq!(Parameters::new().run(1u8, 2u16, 3u32, 4u64, 'm', "x").await.unwrap(), 6);
}

/// Each visibility, and where it ends.
pub mod outer {
    /// In here.
    pub mod inner {
        workflow_runtime::workflow! {
            /// As far as the module around.
            pub(in crate::outer) workflow InPath(number: u32) -> u32 { stage one: u32 = *number; one }
            /// As far as the module around, too.
            pub(super) workflow InSuper(number: u32) -> u32 { stage one: u32 = *number; one }
            /// Here only.
            workflow Here(number: u32) -> u32 { stage one: u32 = *number; one }
            /// Where its parent is.
            pub(crate) workflow Private(number: u32) -> u32 { stage one: u32 = *number; one }
            /// In the crate.
            pub(crate) workflow InCrate(number: u32) -> u32 with private: Private { stage one: u32 = private.run(*number); one }
        }
        /// Workflows that can't be seen from outside.
        pub(crate) async fn here() -> u32 {
            Here::new().run(1).await.expect("it gives one")
        }
        /// The private one, for the others.
        pub(crate) fn in_crate() -> InCrate {
            InCrate::new(Private::new())
        }
    }
    /// All that may be seen from here.
    #[allow(clippy::missing_panics_doc)]
    pub async fn all() -> u32 {
        let path = inner::InPath::new().run(1).await.expect("it gives one");
        let parent = inner::InSuper::new().run(1).await.expect("it gives one");
        path + parent + inner::here().await - 1 + inner::in_crate().run(1).await.expect("it gives one")
    }
}

/// A macro that writes workflows.
macro_rules! adding {
    ($(#[$attribute:meta])* $visibility:vis $name:ident: $number:expr, $stage:ident, $ty:ty) => {
        workflow_runtime::workflow! {
            $(#[$attribute])*
            $visibility workflow $name(input: $ty) -> $ty {
                stage $stage: $ty = *input + $number;
                stage of_the_macro: $ty = *$stage + $number;
                of_the_macro
            }
        }
    };
}
adding! {
    /// Adds two.
    pub AddTwo: 1, added, u32
}
adding! {
    /// Adds six.
    pub(crate) AddSix: 2 + 1, of_the_caller, u64
}

/// Same names as above, in the same module.
pub mod twice {
    workflow_runtime::workflow! {
        /// One.
        pub workflow One(number: u32) -> u32 { stage same: u32 = *number; stage other: u32 = *same; other }
    }
    workflow_runtime::workflow! {
        /// Another.
        pub workflow Another(number: u32) -> u32 { stage same: u32 = *number; stage other: u32 = same + 1; other }
    }
}

async fn within() -> u32 {
    struct Local(u32);
    workflow_runtime::workflow! {
        workflow AddTwo(number: Local) -> u32 { stage added: u32 = number.0 + 20; added }
    }
    AddTwo::new().run(Local(1)).await.unwrap()
}

#[tokio::test]
async fn wherever_a_workflow_stands() {
    assert_eq!(outer::all().await, 3);
    assert_eq!(AddTwo::new().run(1).await.unwrap(), 3);
    assert_eq!(AddSix::new().run(1).await.unwrap(), 7);
    assert_eq!(twice::One::new().run(1).await.unwrap() + twice::Another::new().run(1).await.unwrap(), 3);

    assert_eq!(within().await, 21);
    let closure = async |number: u32| {
        workflow_runtime::workflow! {
            workflow InAClosure(number: u32) -> u32 { stage added: u32 = *number + 30; added }
        }
        InAClosure::new().run(number).await.unwrap()
    };
    assert_eq!(closure(1).await, 31);
}
