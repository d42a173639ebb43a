//! Static fork and join: every branch is polled at each wake, in the order written; the first failure ends it.

use crate::failure::{exit::Exit, panic::drop_quietly};
use std::{
    future::Future,
    pin::Pin,
    task::{Context, Poll},
};

pin_project_lite::pin_project! {
    #[project = BranchProjection]
    #[project_replace = BranchReplaced]
    /// One branch of a join.
    pub enum Branch<F, R> {
        /// The future is running.
        Running { #[pin] future: F },
        /// Has given its output.
        Ended { output: R },
        /// The join has taken it.
        Taken,
    }
}

impl<R, F: Future<Output = Result<R, Exit>>> Branch<F, R> {
    #[inline]
    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Result<bool, Exit> {
        let BranchProjection::Running { future } = self.as_mut().project() else { return Ok(true) };
        match future.poll(context) {
            Poll::Pending => Ok(false),
            Poll::Ready(Err(stop)) => Err(stop),
            Poll::Ready(Ok(output)) => {
                self.set(Self::Ended { output });
                Ok(true)
            }
        }
    }

    #[inline]
    fn take(self: Pin<&mut Self>) -> R {
        match self.project_replace(Self::Taken) {
            BranchReplaced::Ended { output } => output,
            _ => unreachable!("taken once, after all have ended"),
        }
    }
}

macro_rules! join {
    ($join:ident $Join:ident $($branch:ident $F:ident $R:ident)*) => {
        pin_project_lite::pin_project! {
            /// Branches side by side.
            pub struct $Join<$($F, $R),*> { $(#[pin] $branch: Branch<$F, $R>),* }
        }
        /// Runs them side by side; gives all their outputs, or how the first that stopped did.
        #[inline]
        #[allow(clippy::too_many_arguments, reason = "one a branch")]
        pub fn $join<$($F: Future<Output = Result<$R, Exit>>, $R),*>($($branch: $F),*) -> $Join<$($F, $R),*> {
            $Join { $($branch: Branch::Running { future: $branch }),* }
        }
        impl<$($F: Future<Output = Result<$R, Exit>>, $R),*> Future for $Join<$($F, $R),*> {
            type Output = Result<($($R,)*), Exit>;
            #[inline]
            fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
                let mut this = self.project();
                let mut poll = || {
                    let mut all = true;
                    $( all &= this.$branch.as_mut().poll(context)?; )*
                    Ok(all)
                };
                match poll() {
                    Ok(true) => Poll::Ready(Ok(($(this.$branch.take(),)*))),
                    Ok(false) => Poll::Pending,
                    Err(stop) => {
                        $( drop_quietly(|| this.$branch.set(Branch::Taken)); )*
                        Poll::Ready(Err(stop))
                    }
                }
            }
        }
    };
}
join!(join2 Join2 first A RA second B RB);
join!(join3 Join3 first A RA second B RB third C RC);
join!(join4 Join4 first A RA second B RB third C RC fourth D RD);
join!(join5 Join5 first A RA second B RB third C RC fourth D RD fifth E RE);
join!(join6 Join6 first A RA second B RB third C RC fourth D RD fifth E RE sixth F RF);
join!(join7 Join7 first A RA second B RB third C RC fourth D RD fifth E RE sixth F RF seventh G RG);
join!(join8 Join8 first A RA second B RB third C RC fourth D RD fifth E RE sixth F RF seventh G RG eighth H RH);
