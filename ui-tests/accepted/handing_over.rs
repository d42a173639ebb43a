//! Values that may leave a block without a clone.
#![deny(warnings)]
use workflow_runtime::workflow;

/// Can't be cloned.
#[derive(Debug, PartialEq)]
struct Only(u32);

workflow! {
    workflow Stage(start: u32) -> Only {
        stage made: Only = Only(*start);
        stage seen: u32 = made.0;
        stage checked = assert_eq!(seen, start);
        made
    }
    workflow Input(start: Only) -> Only { start }
    workflow OfLet(start: u32) -> Only {
        let made: Only = Only(*start);
        made
    }
    workflow Nested(start: u32) -> Only {
        stage block: Only = {
            stage inner: Only = Only(*start);
            if inner.0 > 3 { inner } else { match inner.0 { 0 => Only(0), _ => { inner } } }
        };
        block
    }
    workflow State(start: u32) -> Only {
        loop state: Only = Only(*start) {
            stage grown: Only = Only(state.0 + 1);
            if state.0 > 9 { break state } else if *start > 100 { return Only(1) } else { continue grown }
        }
    }
    workflow Returned(start: Only) -> Only {
        stage big: bool = start.0 > 3;
        if *big { return start } else { Only(0) }
    }
    workflow Many(start: u32) -> Vec<Only> {
        for number in 0..*start { stage made: Only = Only(*number); made }
    }
    workflow Raced(start: u32) -> Only {
        race { { stage left: Only = Only(*start); left }, { stage right: Only = Only(1); right } }
    }
}

#[tokio::main]
async fn main() {
    assert_eq!(Stage::new().run(1).await.unwrap(), Only(1));
    assert_eq!(Input::new().run(Only(1)).await.unwrap(), Only(1));
    assert_eq!(OfLet::new().run(1).await.unwrap(), Only(1));
    assert_eq!(Nested::new().run(1).await.unwrap(), Only(1));
    assert_eq!(State::new().run(1).await.unwrap(), Only(10));
    assert_eq!(Returned::new().run(Only(5)).await.unwrap(), Only(5));
    assert_eq!(Many::new().run(2).await.unwrap(), [Only(0), Only(1)]);
    assert!(Raced::new().run(1).await.is_ok());
}
