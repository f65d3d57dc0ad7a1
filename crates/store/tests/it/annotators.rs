//! Many people at once, some of whom walk away: every item gets exactly the answers it wants.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicI64, AtomicUsize, Ordering};
use std::thread;

use engraft_store::{ItemNo, Served, Submission, UserNo};

use crate::desk::{Desk, LEASE};

/// A generator good enough to decide who walks away.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % sides
    }
}

/// Lets `people` work on `items` in threads of their own until nobody can get anything; time is simulated.
fn check(people: usize, items: usize, wanted: u32) {
    let desk = Desk::new(people, items, wanted);
    let clock = AtomicI64::new(0);
    let acknowledged = AtomicUsize::new(0);
    thread::scope(|scope| {
        for user in 1..=people as UserNo {
            let (desk, clock, acknowledged) = (&desk, &clock, &acknowledged);
            scope.spawn(move || {
                let mut dice = Dice(u64::from(user));
                loop {
                    let now = clock.fetch_add(1, Ordering::Relaxed);
                    let Served { leased, idle } = desk.next(user, 1 + dice.roll(3) as usize, now);
                    if idle.is_some() {
                        // Whatever others still hold comes back when its time is up.
                        let done = desk.store.tally(desk.dataset, now).unwrap().leased == 0;
                        if done && desk.next(user, 1, now).idle.is_some() {
                            break;
                        }
                        clock.fetch_add(LEASE / 4, Ordering::Relaxed);
                        continue;
                    }
                    for lease in leased {
                        let now = clock.fetch_add(1, Ordering::Relaxed);
                        match dice.roll(20) {
                            // Walks away without a word. Now and then that takes until every lease has ended.
                            0 => {
                                let away = if dice.roll(8) == 0 { LEASE } else { 1 };
                                clock.fetch_add(away, Ordering::Relaxed);
                                break;
                            }
                            1 if user > wanted => _ = desk.skip(user, lease, now),
                            _ => {
                                let said = desk.say(user, lease, "{}", now);
                                acknowledged.fetch_add(
                                    usize::from(matches!(said, Submission::Accepted(ref it) if !it.replayed)),
                                    Ordering::Relaxed,
                                );
                            }
                        }
                    }
                }
            });
        }
    });
    let mut counts: BTreeMap<u32, usize> = BTreeMap::new();
    let mut kept = 0;
    for item in 1..=items as ItemNo {
        let row = desk.store.item(desk.dataset, item).unwrap().unwrap();
        *counts.entry(row.submitted).or_default() += 1;
        assert_eq!(row.held, 0);
        kept += desk
            .store
            .responses(desk.dataset, item)
            .unwrap()
            .iter()
            .filter(|row| row.reason.is_none())
            .count();
    }
    assert_eq!(counts, BTreeMap::from([(wanted, items)]), "submitted answers an item");
    assert_eq!(kept, acknowledged.into_inner(), "acknowledged answers are kept");
    let tally = desk.store.tally(desk.dataset, clock.into_inner()).unwrap();
    assert_eq!((tally.complete, tally.open, tally.submitted), (items as u64, 0, kept as u64));
    assert_eq!(desk.store.check().unwrap(), Vec::<String>::new());
    assert_eq!(desk.store.verify_events().unwrap().problems, Vec::<String>::new());
}

#[test]
fn sixty_four_people_finish_every_item_once() {
    check(64, 400, 1);
}

#[test]
fn sixty_four_people_finish_every_item_twice() {
    check(64, 200, 2);
}

#[test]
fn sixty_four_people_finish_every_item_three_times() {
    check(64, 150, 3);
}
