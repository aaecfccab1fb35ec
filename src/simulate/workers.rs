//! Many questions of one state, asked by all cores.
//!
//! Every thread has a copy of the state, and the questions are handed out one at a time, in order.
//! Who is stopped finishes what was handed out: the questions that were answered are then the
//! first ones, whatever the number of threads.

use std::sync::atomic::{AtomicUsize, Ordering};

use rayon::prelude::*;

use crate::state::Cluster;

/// Who looks on while many questions are asked.
pub trait Watcher: Sync {
    /// So many of so many are answered; called from any thread.
    fn answered(&self, answered: usize, of: usize);

    /// Whether no more are to be asked.
    fn is_stopped(&self) -> bool {
        false
    }
}

/// Nobody looks on.
#[derive(Clone, Copy, Debug)]
pub struct Unwatched;

impl Watcher for Unwatched {
    fn answered(&self, _: usize, _: usize) {}
}

/// What one thread draws its questions from, by number.
pub(super) struct ThreadQuestions<'a> {
    shared: &'a Shared<'a>,
    /// Whether one was handed out that is not answered yet.
    is_busy: bool,
}

struct Shared<'a> {
    next: AtomicUsize,
    answered: AtomicUsize,
    count: usize,
    watcher: &'a dyn Watcher,
}

impl Iterator for ThreadQuestions<'_> {
    type Item = usize;

    /// The next question; the one before is answered.
    fn next(&mut self) -> Option<usize> {
        let Shared { next, answered, count, watcher } = self.shared;
        if std::mem::take(&mut self.is_busy) {
            watcher.answered(answered.fetch_add(1, Ordering::Relaxed) + 1, *count);
        }
        if watcher.is_stopped() {
            return None;
        }
        let question =
            next.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |next| (next < *count).then_some(next + 1));
        self.is_busy = question.is_ok();
        question.ok()
    }
}

/// Has `work` answer `count` questions, one call for each thread on a copy of `cluster`. Answers
/// with what each came to, in no order, and with how many questions were answered.
///
/// # Errors
/// The first error of any thread; no more questions are asked then.
pub(super) fn share<W: Send, E: Send>(
    cluster: &Cluster,
    count: usize,
    watcher: &dyn Watcher,
    work: impl Fn(&mut Cluster, &mut ThreadQuestions<'_>) -> Result<W, E> + Sync,
) -> Result<(Vec<W>, usize), E> {
    let shared = Shared { next: AtomicUsize::new(0), answered: AtomicUsize::new(0), count, watcher };
    let threads = rayon::current_num_threads().min(count);
    let shares: Result<Vec<W>, E> = (0..threads)
        .into_par_iter()
        .map(|_| {
            let share = work(&mut cluster.clone(), &mut ThreadQuestions { shared: &shared, is_busy: false });
            if share.is_err() {
                shared.next.store(count, Ordering::Relaxed);
            }
            share
        })
        .collect();
    Ok((shares?, shared.answered.into_inner()))
}

#[cfg(test)]
mod tests {
    use std::convert::Infallible;

    use super::*;

    /// Stops after so many answers.
    struct Stop(usize, AtomicUsize);

    impl Watcher for Stop {
        fn answered(&self, _: usize, _: usize) {
            self.1.fetch_add(1, Ordering::Relaxed);
        }

        fn is_stopped(&self) -> bool {
            self.1.load(Ordering::Relaxed) >= self.0
        }
    }

    fn asked(count: usize, watcher: &dyn Watcher) -> (Vec<usize>, usize) {
        let work =
            |_: &mut Cluster, questions: &mut ThreadQuestions<'_>| Ok::<_, Infallible>(questions.collect::<Vec<_>>());
        let (shares, answered) = share(&Cluster::default(), count, watcher, work).unwrap();
        let mut asked: Vec<usize> = shares.into_iter().flatten().collect();
        asked.sort_unstable();
        (asked, answered)
    }

    #[test]
    fn every_question_is_asked_once() {
        assert_eq!(asked(1000, &Unwatched), ((0..1000).collect(), 1000));
        assert_eq!(asked(0, &Unwatched), (vec![], 0));
    }

    #[test]
    fn a_stop_leaves_the_first_answers() {
        let (asked, answered) = asked(1000, &Stop(100, AtomicUsize::new(0)));
        assert!((100..1000).contains(&answered), "{answered}");
        assert_eq!(asked, (0..answered).collect::<Vec<_>>());
    }

    #[test]
    fn an_error_ends_it() {
        let asked = AtomicUsize::new(0);
        let found = share(&Cluster::default(), 1000, &Unwatched, |_, questions| {
            questions.try_for_each(|question| {
                asked.fetch_add(1, Ordering::Relaxed);
                if question == 3 { Err("three") } else { Ok(()) }
            })
        });
        assert_eq!(found.err(), Some("three"));
    }
}
