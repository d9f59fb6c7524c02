// SPDX-License-Identifier: GPL-2.0

//! Tests of [`crate::net::table`].

use crate::net::table::{
    Key,
    Keyed,
    Table,
    Unpublished, //
};
use kernel::{
    prelude::*,
    sync::{
        atomic::{
            Atomic,
            Relaxed, //
        },
        rcu,
        static_lock_class,
        Arc, //
    },
};

/// An object with two keys, which counts when it is dropped.
struct Object {
    keys: [u32; 2],
    drops: Arc<Atomic<u32>>,
}

impl Keyed<2> for Object {
    fn keys(&self) -> [Key; 2] {
        self.keys.map(key)
    }
}

impl Drop for Object {
    fn drop(&mut self) {
        self.drops.fetch_add(1, Relaxed);
    }
}

/// An empty table.
fn new_table<T: Keyed<2, W>, const W: usize>() -> impl PinInit<Table<T, 2, W>, Error> {
    Table::new(0, c"gtp_kunit", static_lock_class!())
}

/// An object with two keys of six words.
struct Wide([[u32; 6]; 2]);

impl Keyed<2, 6> for Wide {
    fn keys(&self) -> [Key<6>; 2] {
        self.0.map(Key)
    }
}

/// An object that names other keys the second time that it is asked, and from then on.
struct Fickle {
    asked: Atomic<u32>,
    first: [u32; 2],
    then: [u32; 2],
}

impl Keyed<2> for Fickle {
    fn keys(&self) -> [Key; 2] {
        let keys = if self.asked.fetch_add(1, Relaxed) == 0 {
            self.first
        } else {
            self.then
        };
        keys.map(key)
    }
}

/// A key that is told by one number.
fn key(number: u32) -> Key {
    Key([number, 0, 7])
}

/// A table, and the number of its objects that were freed.
struct Fixture {
    table: Pin<KBox<Table<Object, 2>>>,
    drops: Arc<Atomic<u32>>,
}

impl Fixture {
    fn new() -> Result<Self> {
        Ok(Self {
            table: KBox::pin_init(new_table(), GFP_KERNEL)?,
            drops: Arc::new(Atomic::new(0), GFP_KERNEL)?,
        })
    }

    fn object(&self, first: u32, second: u32) -> Result<Unpublished<Object, 2>> {
        Unpublished::new(Object {
            keys: [first, second],
            drops: self.drops.clone(),
        })
    }

    fn insert(&self, first: u32, second: u32) -> Result {
        let object = self.object(first, second)?;
        self.table.lock().insert(object).map(|_| ())
    }

    fn replace(&self, index: usize, old: u32, first: u32, second: u32) -> Result {
        let object = self.object(first, second)?;
        self.table
            .lock()
            .replace(index, &key(old), object)
            .map(|_| ())
    }

    /// The keys of the object that is found by key number `index`.
    fn find(&self, index: usize, number: u32) -> Option<[u32; 2]> {
        let rcu = rcu::read_lock();
        self.table
            .find(index, &key(number), &rcu)
            .map(|object| object.keys)
    }

    /// The number and the first key of the next object from `id` on.
    fn next(&self, id: u32) -> Option<(u32, u32)> {
        let rcu = rcu::read_lock();
        self.table
            .next(id, &rcu)
            .map(|(id, object)| (id, object.keys[0]))
    }

    /// How many objects were freed up to now.
    fn freed(&self) -> u32 {
        rcu::rcu_barrier();
        self.drops.load(Relaxed)
    }
}

#[kunit_tests(gtp_net_table)]
mod tests {
    use super::*;

    #[test]
    fn insert_and_find() -> Result {
        let fixture = Fixture::new()?;
        assert_eq!(fixture.find(0, 1), None);
        assert_eq!(fixture.next(0), None);
        fixture.insert(1, 11)?;
        fixture.insert(2, 12)?;
        assert_eq!(fixture.find(0, 1), Some([1, 11]));
        assert_eq!(fixture.find(1, 11), Some([1, 11]));
        assert_eq!(fixture.find(0, 2), Some([2, 12]));
        assert_eq!(fixture.find(1, 12), Some([2, 12]));
        // Each key is looked for in its own index.
        assert_eq!(fixture.find(0, 11), None);
        assert_eq!(fixture.find(1, 1), None);
        // There is no third index.
        assert_eq!(fixture.find(2, 1), None);
        Ok(())
    }

    #[test]
    fn all_words_of_a_key_count() -> Result {
        let fixture = Fixture::new()?;
        fixture.insert(1, 11)?;
        let rcu = rcu::read_lock();
        for other in [Key([0, 0, 7]), Key([1, 1, 7]), Key([1, 0, 6])] {
            assert!(fixture.table.find(0, &other, &rcu).is_none());
        }
        assert!(fixture.table.find(0, &Key([1, 0, 7]), &rcu).is_some());
        Ok(())
    }

    #[test]
    fn all_words_of_a_wide_key_count() -> Result {
        let table: Pin<KBox<Table<Wide, 2, 6>>> = KBox::pin_init(new_table(), GFP_KERNEL)?;
        let (first, second) = ([1, 2, 3, 4, 5, 6], [7; 6]);
        let found = |index, words| {
            let rcu = rcu::read_lock();
            table.find(index, &Key(words), &rcu).map(|wide| wide.0)
        };
        table
            .lock()
            .insert(Unpublished::new(Wide([first, second]))?)?;
        for word in 0..first.len() {
            let (mut other, mut another) = (first, second);
            other[word] ^= 1;
            another[word] ^= 1;
            assert_eq!(found(0, other), None);
            assert_eq!(found(1, another), None);
            // It is a key of its own.
            let wide = Unpublished::new(Wide([other, another]))?;
            table.lock().insert(wide)?;
            assert_eq!(found(0, other), Some([other, another]));
        }
        assert_eq!(found(0, first), Some([first, second]));
        assert_eq!(found(1, second), Some([first, second]));
        let wide = Unpublished::new(Wide([[0; 6], second]))?;
        drop(table.lock().replace(0, &Key(first), wide)?);
        assert_eq!(found(0, first), None);
        assert_eq!(found(1, second), Some([[0; 6], second]));
        drop(table.lock().remove(1, &Key(second)));
        assert_eq!(found(0, [0; 6]), None);
        Ok(())
    }

    #[test]
    fn insert_refuses_either_key() -> Result {
        let fixture = Fixture::new()?;
        fixture.insert(1, 11)?;
        assert_eq!(fixture.insert(1, 12), Err(EEXIST));
        assert_eq!(fixture.insert(2, 11), Err(EEXIST));
        // Neither left anything behind: not in the index that had room, not a number.
        assert_eq!(fixture.find(1, 12), None);
        assert_eq!(fixture.find(0, 2), None);
        assert_eq!(fixture.next(1), None);
        assert_eq!(fixture.freed(), 2);
        assert_eq!(fixture.find(0, 1), Some([1, 11]));
        fixture.insert(2, 12)?;
        assert_eq!(fixture.next(1), Some((1, 2)));
        Ok(())
    }

    #[test]
    fn replace_with_the_same_keys() -> Result {
        let fixture = Fixture::new()?;
        fixture.insert(1, 11)?;
        fixture.replace(0, 1, 1, 11)?;
        assert_eq!(fixture.freed(), 1);
        assert_eq!(fixture.find(0, 1), Some([1, 11]));
        assert_eq!(fixture.find(1, 11), Some([1, 11]));
        assert_eq!(fixture.next(0), Some((0, 1)));
        assert_eq!(fixture.next(1), None);
        Ok(())
    }

    #[test]
    fn replace_with_one_new_key() -> Result {
        let fixture = Fixture::new()?;
        fixture.insert(1, 11)?;
        fixture.replace(0, 1, 1, 12)?;
        assert_eq!(fixture.find(0, 1), Some([1, 12]));
        assert_eq!(fixture.find(1, 12), Some([1, 12]));
        assert_eq!(fixture.find(1, 11), None);
        fixture.replace(1, 12, 2, 12)?;
        assert_eq!(fixture.find(0, 2), Some([2, 12]));
        assert_eq!(fixture.find(1, 12), Some([2, 12]));
        assert_eq!(fixture.find(0, 1), None);
        assert_eq!(fixture.freed(), 2);
        Ok(())
    }

    #[test]
    fn replace_with_both_keys_new() -> Result {
        let fixture = Fixture::new()?;
        fixture.insert(1, 11)?;
        fixture.insert(2, 12)?;
        fixture.replace(0, 2, 3, 13)?;
        assert_eq!(fixture.find(0, 2), None);
        assert_eq!(fixture.find(1, 12), None);
        assert_eq!(fixture.find(0, 3), Some([3, 13]));
        assert_eq!(fixture.find(1, 13), Some([3, 13]));
        // It has the number of the old one, so that a dump shows one of them.
        assert_eq!(fixture.next(0), Some((0, 1)));
        assert_eq!(fixture.next(1), Some((1, 3)));
        drop(fixture.table.lock().remove(1, &key(13)));
        assert_eq!(fixture.next(0), Some((0, 1)));
        assert_eq!(fixture.next(1), None);
        Ok(())
    }

    #[test]
    fn replace_refuses_a_key_of_a_third() -> Result {
        let fixture = Fixture::new()?;
        fixture.insert(1, 11)?;
        fixture.insert(2, 12)?;
        assert_eq!(fixture.replace(0, 1, 1, 12), Err(EEXIST));
        assert_eq!(fixture.replace(0, 1, 2, 11), Err(EEXIST));
        assert_eq!(fixture.replace(0, 1, 3, 12), Err(EEXIST));
        assert_eq!(fixture.replace(0, 1, 2, 13), Err(EEXIST));
        // The table is as before.
        assert_eq!(fixture.find(0, 1), Some([1, 11]));
        assert_eq!(fixture.find(1, 11), Some([1, 11]));
        assert_eq!(fixture.find(0, 2), Some([2, 12]));
        assert_eq!(fixture.find(1, 12), Some([2, 12]));
        assert_eq!(fixture.find(0, 3), None);
        assert_eq!(fixture.find(1, 13), None);
        assert_eq!(fixture.freed(), 4);
        Ok(())
    }

    #[test]
    fn replace_wants_an_old_one() -> Result {
        let fixture = Fixture::new()?;
        assert_eq!(fixture.replace(0, 1, 1, 11), Err(ENOENT));
        fixture.insert(1, 11)?;
        assert_eq!(fixture.replace(1, 1, 1, 11), Err(ENOENT));
        assert_eq!(fixture.freed(), 2);
        Ok(())
    }

    #[test]
    fn replace_goes_by_the_keys_that_were_named_first() -> Result {
        let table: Pin<KBox<Table<Fickle, 2>>> = KBox::pin_init(new_table(), GFP_KERNEL)?;
        let fickle = |first, then| {
            Unpublished::new(Fickle {
                asked: Atomic::new(0),
                first,
                then,
            })
        };
        let found = |index, number| {
            let rcu = rcu::read_lock();
            let found: Option<&Fickle> = table.find(index, &key(number), &rcu);
            found.map(|fickle| fickle.first)
        };
        table.lock().insert(fickle([1, 11], [5, 15])?)?;
        // They seem to have the same keys, and have not.
        let old = table
            .lock()
            .replace(0, &key(1), fickle([2, 12], [5, 15])?)?
            .1;
        assert_eq!(old.first, [1, 11]);
        for (index, number) in [(0, 1), (1, 11), (0, 5), (1, 15)] {
            assert_eq!(found(index, number), None);
        }
        assert_eq!(found(0, 2), Some([2, 12]));
        assert_eq!(found(1, 12), Some([2, 12]));
        // They seem to have others, and have not.
        drop(
            table
                .lock()
                .replace(1, &key(12), fickle([2, 12], [6, 16])?)?
                .1,
        );
        assert_eq!(found(0, 2), Some([2, 12]));
        assert_eq!(found(1, 12), Some([2, 12]));
        drop(table.lock().remove(0, &key(2)));
        assert_eq!(found(1, 12), None);
        Ok(())
    }

    #[test]
    fn removed_is_freed_a_grace_period_later() -> Result {
        let fixture = Fixture::new()?;
        fixture.insert(1, 11)?;
        fixture.insert(2, 12)?;
        let removed = fixture.table.lock().remove(1, &key(11));
        assert_eq!(removed.as_ref().map(|object| object.keys), Some([1, 11]));
        assert_eq!(fixture.find(0, 1), None);
        assert_eq!(fixture.find(1, 11), None);
        // Not as long as whoever took it out has it.
        assert_eq!(fixture.freed(), 0);
        drop(removed);
        assert_eq!(fixture.freed(), 1);
        assert!(fixture.table.lock().remove(0, &key(1)).is_none());
        assert_eq!(fixture.find(0, 2), Some([2, 12]));
        Ok(())
    }

    #[test]
    fn numbers_give_the_order_of_a_dump() -> Result {
        let fixture = Fixture::new()?;
        for number in 0..2000 {
            fixture.insert(number, number)?;
        }
        // Every third goes, in the midst of the dump.
        let (mut id, mut seen) = (0, 0);
        while let Some((found, number)) = fixture.next(id) {
            assert_eq!(found, number);
            seen += 1;
            id = found + 1;
            if number % 3 == 0 {
                drop(fixture.table.lock().remove(0, &key(number + 1)));
            }
        }
        // Those with the remainder 1 had been removed before the dump came to them.
        assert_eq!(seen, 2000 - 667);
        // A number that is free is given to the next one.
        fixture.insert(5000, 5000)?;
        assert_eq!(fixture.next(1), Some((1, 5000)));
        Ok(())
    }

    #[test]
    fn close_takes_all_and_refuses_more() -> Result {
        let fixture = Fixture::new()?;
        assert!(!Fixture::new()?.table.lock().close());
        for number in 0..3000 {
            fixture.insert(number, number)?;
        }
        assert!(fixture.table.lock().close());
        assert_eq!(fixture.freed(), 3000);
        assert_eq!(fixture.next(0), None);
        assert_eq!(fixture.find(0, 1), None);
        assert_eq!(fixture.insert(1, 1), Err(ENODEV));
        assert!(!fixture.table.lock().close());
        Ok(())
    }

    #[test]
    fn drop_frees_all() -> Result {
        let Fixture { table, drops } = {
            let fixture = Fixture::new()?;
            fixture.insert(1, 11)?;
            fixture.insert(2, 12)?;
            fixture
        };
        drop(table);
        rcu::rcu_barrier();
        assert_eq!(drops.load(Relaxed), 2);
        Ok(())
    }
}
