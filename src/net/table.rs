// SPDX-License-Identifier: GPL-2.0

//! Tables of objects that are found by several keys under RCU.
//!
//! A [`Table`] owns its objects. Each has `N` keys, unique among the table's keys
//! of that index, and a number that it keeps for life. Readers look up under RCU
//! and may keep what they found until the end of their read section. Writers lock
//! the table; what they do takes effect in all indexes or in none, though a reader
//! may see one index change before another. The indexes grow and shrink.
//!
//! C headers: `include/linux/rhashtable.h`, `include/linux/xarray.h`.

use super::{
    bindings,
    node::Node,
    rcu::RcuBox, //
};
use core::{
    marker::PhantomData,
    ops::Deref,
    ptr::NonNull, //
};
use kernel::{
    error::to_result,
    num::casts::u32_as_usize,
    prelude::*,
    sync::{
        lock::mutex::MutexGuard,
        rcu,
        LockClassKey,
        Mutex, //
    },
    types::Opaque, //
};

/// A key: `W` words, three or six, compared and hashed as they are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Key<const W: usize = 3>(pub(crate) [u32; W]);

/// An object with `N` keys that do not change while it is in a table.
pub(crate) trait Keyed<const N: usize, const W: usize = 3>: Send + Sync + 'static {
    /// The object's keys, by index.
    fn keys(&self) -> [Key<W>; N];
}

/// An object and its places in the indexes.
#[repr(C)]
struct Entry<T, const N: usize, const W: usize> {
    /// One place an index.
    nodes: [Opaque<Node<W>>; N],
    /// The number of the entry: valid while it is in a table.
    id: u32,
    /// The object.
    value: T,
}

// SAFETY: The nodes are only touched by the hash table's code, which synchronises.
unsafe impl<T: Send, const N: usize, const W: usize> Send for Entry<T, N, W> {}
// SAFETY: As above.
unsafe impl<T: Sync, const N: usize, const W: usize> Sync for Entry<T, N, W> {}

/// An object that is not in a table yet.
pub(crate) struct Unpublished<T: 'static, const N: usize, const W: usize = 3>(
    KBox<RcuBox<Entry<T, N, W>>>,
);

impl<T: Keyed<N, W>, const N: usize, const W: usize> Unpublished<T, N, W> {
    /// How much memory an object takes with its places in the indexes, in octets.
    pub(crate) const SIZE: usize = size_of::<RcuBox<Entry<T, N, W>>>();

    /// Allocates memory for an object and moves it there.
    ///
    /// # Errors
    ///
    /// ENOMEM.
    pub(crate) fn new(value: T) -> Result<Self> {
        Ok(Self(RcuBox::new(Entry {
            nodes: Self::nodes(&value),
            id: 0,
            value,
        })?))
    }

    /// Changes the object, whose keys may become others.
    pub(crate) fn change(&mut self, change: impl FnOnce(&mut T)) {
        let entry = self.0.value_mut();
        change(&mut entry.value);
        entry.nodes = Self::nodes(&entry.value);
    }

    /// Places in no index yet, with the object's keys.
    fn nodes(value: &T) -> [Opaque<Node<W>>; N] {
        value.keys().map(|Key(key)| Opaque::new(Node::new(key)))
    }
}

impl<T: 'static, const N: usize, const W: usize> Deref for Unpublished<T, N, W> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.0.value().value
    }
}

/// An object that was taken out of its table. Readers may still see it; it is freed
/// a grace period after this handle is dropped.
///
/// # Invariants
///
/// The pointer comes of `KBox::into_raw`, and no index leads to it.
pub(crate) struct Removed<T: 'static, const N: usize, const W: usize = 3>(
    NonNull<RcuBox<Entry<T, N, W>>>,
);

impl<T: 'static, const N: usize, const W: usize> Deref for Removed<T, N, W> {
    type Target = T;

    fn deref(&self) -> &T {
        // SAFETY: By the type invariant the object is freed after `self` is dropped.
        &unsafe { self.0.as_ref() }.value().value
    }
}

impl<T: 'static, const N: usize, const W: usize> Drop for Removed<T, N, W> {
    fn drop(&mut self) {
        // SAFETY: By the type invariant no reader can find the object any more, and we
        // are the only one to free it.
        unsafe { RcuBox::free(self.0.as_ptr()) };
    }
}

/// Whether a table takes new objects.
#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    /// It does.
    Open,
    /// It was closed for good.
    Closed,
}

/// A table of objects with `N` keys.
///
/// # Invariants
///
/// - The hash tables are initialised; all nodes in table number `i` are node number
///   `i` of an entry.
/// - The array holds pointers that come of `KBox::into_raw`; an entry is in the
///   array under its number and in all hash tables, or in none of them, except while
///   the lock is held.
#[pin_data(PinnedDrop)]
pub(crate) struct Table<T: Keyed<N, W>, const N: usize, const W: usize = 3> {
    #[pin]
    indexes: Indexes<N, W>,
    #[pin]
    entries: Opaque<bindings::xarray>,
    #[pin]
    state: Mutex<State>,
    _owns: PhantomData<T>,
}

// SAFETY: The table owns its objects, which are `Send`, and the C structures are made
// for use from anywhere.
unsafe impl<T: Keyed<N, W>, const N: usize, const W: usize> Send for Table<T, N, W> {}
// SAFETY: Objects are handed out by shared reference, and are `Sync`; changes are made
// under the lock.
unsafe impl<T: Keyed<N, W>, const N: usize, const W: usize> Sync for Table<T, N, W> {}

/// The hash tables of a table.
///
/// # Invariants
///
/// All are initialised, for nodes with keys of `W` words.
#[pin_data(PinnedDrop)]
struct Indexes<const N: usize, const W: usize> {
    #[pin]
    tables: [Opaque<bindings::rhashtable>; N],
}

impl<const N: usize, const W: usize> Indexes<N, W> {
    /// Initialises the hash tables, with room for `hint` objects at first.
    fn new(hint: u16) -> impl PinInit<Self, Error> {
        let init = move |slot: *mut Self| -> Result {
            let tables = slot.cast::<bindings::rhashtable>();
            for i in 0..N {
                // SAFETY: The structure begins with `N` hash tables, and `slot` is valid
                // for writing.
                let result = unsafe { Node::<W>::init(tables.add(i), hint) };
                if let Err(error) = to_result(result) {
                    for j in 0..i {
                        // SAFETY: Initialised above, and empty.
                        unsafe { bindings::rhashtable_destroy(tables.add(j)) };
                    }
                    return Err(error);
                }
            }
            Ok(())
        };
        // SAFETY: On success all hash tables are initialised, on an error none is.
        // INVARIANT: As above.
        unsafe { pin_init::pin_init_from_closure(init) }
    }

    /// Returns hash table number `index`.
    #[inline]
    fn get(&self, index: usize) -> Option<*mut bindings::rhashtable> {
        self.tables.get(index).map(Opaque::get)
    }
}

#[pinned_drop]
impl<const N: usize, const W: usize> PinnedDrop for Indexes<N, W> {
    fn drop(self: Pin<&mut Self>) {
        for table in &self.tables {
            // SAFETY: By the type invariant the hash table is initialised. The owner has
            // emptied it.
            unsafe { bindings::rhashtable_destroy(table.get()) };
        }
    }
}

impl<T: Keyed<N, W>, const N: usize, const W: usize> Table<T, N, W> {
    /// Makes an empty table, with room for `hint` objects at first. Lockdep knows its lock as
    /// `name`, and tells tables apart that have different `class`es: one may be locked while
    /// another one is.
    ///
    /// # Errors
    ///
    /// ENOMEM.
    pub(crate) fn new(
        hint: u16,
        name: &'static CStr,
        class: Pin<&'static LockClassKey>,
    ) -> impl PinInit<Self, Error> {
        // INVARIANT: Everything is initialised, and empty.
        try_pin_init!(Self {
            indexes <- Indexes::new(hint),
            entries <- Opaque::ffi_init(|xa| {
                // SAFETY: `xa` is valid for writing.
                unsafe {
                    bindings::helpers::xa_init_flags(xa, bindings::NET_CONST_XA_FLAGS);
                }
            }),
            state <- Mutex::new(State::Open, name, class),
            _owns: PhantomData,
        }? Error)
    }

    /// Finds the object whose key number `index` is `key`.
    #[inline]
    pub(crate) fn find<'rcu>(
        &'rcu self,
        index: usize,
        key: &Key<W>,
        rcu: &'rcu rcu::Guard,
    ) -> Option<&'rcu T> {
        let entry = self.look_up(index, key, rcu)?;
        // SAFETY: An entry in an index is freed a grace period after it was removed, so it
        // is valid until the end of the read section. The value is only ever shared.
        Some(unsafe { &(*entry.as_ptr()).value().value })
    }

    /// Finds the entry whose key number `index` is `key`. It is valid as long as it
    /// cannot be removed, or else during the RCU read section.
    #[inline]
    fn look_up(
        &self,
        index: usize,
        Key(key): &Key<W>,
        _rcu: &rcu::Guard,
    ) -> Option<NonNull<RcuBox<Entry<T, N, W>>>> {
        let table = self.indexes.get(index)?;
        // SAFETY: By the type invariant the hash table is initialised; the RCU read lock
        // is held.
        let node = unsafe { Node::look_up(table, key) }?;
        let offset = RcuBox::<Entry<T, N, W>>::VALUE_OFFSET
            .wrapping_add(core::mem::offset_of!(Entry<T, N, W>, nodes))
            .wrapping_add(index.wrapping_mul(size_of::<Node<W>>()));
        // SAFETY: By the type invariant the node is number `index` of the `nodes` of an
        // entry in an `RcuBox`, so that the box begins `offset` octets in front of it.
        Some(unsafe { node.byte_sub(offset).cast() })
    }

    /// Finds the object with the lowest number from `id` on, and its number.
    pub(crate) fn next<'rcu>(
        &'rcu self,
        id: u32,
        _rcu: &'rcu rcu::Guard,
    ) -> Option<(u32, &'rcu T)> {
        let (id, entry) = self.next_entry(id)?;
        // SAFETY: As in `find()`.
        Some((id, unsafe { &(*entry.as_ptr()).value().value }))
    }

    /// Finds the entry with the lowest number from `id` on, and its number.
    fn next_entry(&self, id: u32) -> Option<(u32, NonNull<RcuBox<Entry<T, N, W>>>)> {
        let mut index = u32_as_usize(id);
        // SAFETY: By the type invariant the array is initialised; reserved numbers are
        // not found.
        let entry = unsafe {
            bindings::xa_find(
                self.entries.get(),
                &mut index,
                u32_as_usize(u32::MAX),
                bindings::NET_CONST_XA_PRESENT,
            )
        };
        Some((u32::try_from(index).ok()?, NonNull::new(entry.cast())?))
    }

    /// Locks the table for changes. Sleeps.
    pub(crate) fn lock(&self) -> Locked<'_, T, N, W> {
        Locked {
            state: self.state.lock(),
            table: self,
        }
    }
}

#[pinned_drop]
impl<T: Keyed<N, W>, const N: usize, const W: usize> PinnedDrop for Table<T, N, W> {
    fn drop(self: Pin<&mut Self>) {
        self.lock().close();
        // SAFETY: By the type invariant the array is initialised; it is empty.
        unsafe { bindings::xa_destroy(self.entries.get()) };
    }
}

/// A table that its holder may change.
pub(crate) struct Locked<'a, T: Keyed<N, W>, const N: usize, const W: usize = 3> {
    table: &'a Table<T, N, W>,
    state: MutexGuard<'a, State>,
}

impl<T: Keyed<N, W>, const N: usize, const W: usize> Locked<'_, T, N, W> {
    /// Finds the entry whose key number `index` is `key`. It stays until we remove it.
    fn look_up(&self, index: usize, key: &Key<W>) -> Option<NonNull<RcuBox<Entry<T, N, W>>>> {
        self.table.look_up(index, key, &rcu::read_lock())
    }

    /// Finds the object whose key number `index` is `key`.
    pub(crate) fn find(&self, index: usize, key: &Key<W>) -> Option<&T> {
        let entry = self.look_up(index, key)?;
        // SAFETY: Nobody else removes objects while the lock is held, and we do not while
        // `self` is borrowed.
        Some(unsafe { &(*entry.as_ptr()).value().value })
    }

    /// Finds the object with the lowest number from `id` on, and its number.
    pub(crate) fn next(&self, id: u32) -> Option<(u32, &T)> {
        let (id, entry) = self.table.next_entry(id)?;
        // SAFETY: As in `find()`.
        Some((id, unsafe { &(*entry.as_ptr()).value().value }))
    }

    /// How many objects there are.
    pub(crate) fn len(&self) -> u32 {
        let Some(table) = self.table.indexes.get(0) else {
            return 0;
        };
        // SAFETY: The hash table is initialised, and nobody adds or removes objects while the
        // lock is held.
        let count = unsafe { (*table).nelems.counter };
        u32::try_from(count).unwrap_or(0)
    }

    /// Adds an object.
    ///
    /// # Errors
    ///
    /// - ENODEV: the table is closed.
    /// - EEXIST: one of the keys is in use.
    /// - ENOSPC: there are as many objects as there are numbers.
    /// - ENOMEM.
    ///
    /// On an error the table is as before.
    pub(crate) fn insert(&mut self, object: Unpublished<T, N, W>) -> Result<&T> {
        if *self.state == State::Closed {
            return Err(ENODEV);
        }
        let mut entry = object.0;
        let array = self.table.entries.get();
        // SAFETY: The array is initialised, and the number is a field of the entry.
        to_result(unsafe {
            bindings::helpers::xa_reserve_lowest(
                array,
                &mut entry.value_mut().id,
                bindings::NET_CONST_GFP_MAY_FAIL,
            )
        })
        .map_err(|error| if error == EBUSY { ENOSPC } else { error })?;
        let id = u32_as_usize(entry.value().id);
        let this = KBox::into_raw(entry);
        // SAFETY: `this` was a box just now, and is not in any index.
        if let Err(error) = unsafe { self.link(this) } {
            // SAFETY: The number was reserved above and is empty. `link()` has undone what
            // it did, but readers may have seen the object.
            unsafe {
                bindings::xa_erase(array, id);
                RcuBox::free(this);
            }
            return Err(error);
        }
        // SAFETY: The number was reserved, so that storing does not allocate and cannot
        // fail. The pointer comes of `KBox::into_raw`.
        unsafe {
            bindings::xa_store(array, id, this.cast(), 0);
            Ok(&(*this).value().value)
        }
    }

    /// Puts an entry into all indexes, or into none.
    ///
    /// # Safety
    ///
    /// `this` must be valid, and in no index.
    unsafe fn link(&self, this: *mut RcuBox<Entry<T, N, W>>) -> Result {
        for index in 0..N {
            // SAFETY: The entry is valid by the caller's duty.
            if let Err(error) = unsafe { self.link_one(this, index) } {
                for done in 0..index {
                    // SAFETY: The entry was put into this index above.
                    unsafe { self.unlink_one(this, done) };
                }
                return Err(error);
            }
        }
        Ok(())
    }

    /// Puts an entry into one index.
    ///
    /// # Safety
    ///
    /// `this` must be valid, and not in that index.
    unsafe fn link_one(&self, this: *mut RcuBox<Entry<T, N, W>>, index: usize) -> Result {
        // SAFETY: The entry is valid by the caller's duty.
        let (table, node) = unsafe { self.place(this, index) }.ok_or(EINVAL)?;
        // SAFETY: The hash table is initialised, and the node in none.
        to_result(unsafe { Node::insert(table, node) })
    }

    /// Takes an entry out of one index.
    ///
    /// # Safety
    ///
    /// `this` must be valid, and in that index.
    unsafe fn unlink_one(&self, this: *mut RcuBox<Entry<T, N, W>>, index: usize) {
        // SAFETY: The entry is valid by the caller's duty.
        if let Some((table, node)) = unsafe { self.place(this, index) } {
            // SAFETY: The node is in this hash table by the caller's duty.
            unsafe { Node::remove(table, node) };
        }
    }

    /// Puts an entry in the place of another with the same key in one index. On an error the
    /// index is as before.
    ///
    /// # Safety
    ///
    /// Both must be valid, `old` in that index, and `new` not.
    unsafe fn hand_over(
        &self,
        old: *mut RcuBox<Entry<T, N, W>>,
        new: *mut RcuBox<Entry<T, N, W>>,
        index: usize,
    ) -> Result {
        // SAFETY: The entries are valid by the caller's duty.
        let (old, new) = unsafe { (self.place(old, index), self.place(new, index)) };
        let ((table, old), (_, new)) = old.zip(new).ok_or(EINVAL)?;
        // SAFETY: The hash table is initialised, with the one node in it by the caller's duty, and
        // the other in none.
        to_result(unsafe { Node::replace(table, old, new) })
    }

    /// Whether entries have the same key in one index. The objects are not asked, which might
    /// say otherwise than when their places were made.
    ///
    /// # Safety
    ///
    /// Both must be valid.
    unsafe fn have_same_key(
        &self,
        a: *mut RcuBox<Entry<T, N, W>>,
        b: *mut RcuBox<Entry<T, N, W>>,
        index: usize,
    ) -> bool {
        // SAFETY: The entries are valid by the caller's duty, and so are their nodes.
        unsafe {
            let key = |this| self.place(this, index).map(|(_, node)| Node::key(node));
            key(a) == key(b)
        }
    }

    /// Hash table number `index`, and the entry's node for it.
    ///
    /// # Safety
    ///
    /// `this` must be valid.
    unsafe fn place(
        &self,
        this: *mut RcuBox<Entry<T, N, W>>,
        index: usize,
    ) -> Option<(*mut bindings::rhashtable, *mut Node<W>)> {
        let table = self.table.indexes.get(index)?;
        // SAFETY: The entry is valid by the caller's duty.
        let node = unsafe { (*this).value() }.nodes.get(index)?.get();
        Some((table, node))
    }

    /// Puts `object` in the place of the one whose key number `index` is `key`. Readers
    /// see the old one or the new one. The new object gets the old one's number.
    ///
    /// # Errors
    ///
    /// - ENOENT: there is no such object.
    /// - EEXIST: a key of the new object is in use by a third one.
    /// - ENOMEM.
    ///
    /// On an error the table is as before. Where that cannot be had either, the new object is
    /// never freed.
    pub(crate) fn replace(
        &mut self,
        index: usize,
        key: &Key<W>,
        object: Unpublished<T, N, W>,
    ) -> Result<(&T, Removed<T, N, W>)> {
        let old = self.look_up(index, key).ok_or(ENOENT)?.as_ptr();
        let mut entry = object.0;
        // SAFETY: Nobody removes the old entry while the lock is held.
        let id = unsafe { (*old).value().id };
        entry.value_mut().id = id;
        let this = KBox::into_raw(entry);
        // SAFETY: Both entries are valid until one is freed below.
        let same = |i: usize| unsafe { self.have_same_key(old, this, i) };
        // First what may fail: the keys that change are added beside the old ones.
        for i in (0..N).filter(|&i| !same(i)) {
            // SAFETY: The entry is valid, and in no index but those done so far.
            if let Err(error) = unsafe { self.link_one(this, i) } {
                for done in (0..i).filter(|&i| !same(i)) {
                    // SAFETY: The entry was put into this index above.
                    unsafe { self.unlink_one(this, done) };
                }
                // SAFETY: No index leads to the entry any more; readers may have seen it.
                unsafe { RcuBox::free(this) };
                return Err(error);
            }
        }
        // Then equal keys change hands, which fails only if an index is not what it should be;
        // it is undone then. Last, the keys go that only the old object has.
        for i in (0..N).filter(|&i| same(i)) {
            // SAFETY: Both entries are valid, and the old one is in this index.
            let Err(error) = (unsafe { self.hand_over(old, this, i) }) else {
                continue;
            };
            // Nothing that an index still leads to may be freed.
            let mut is_out = true;
            for done in (0..i).filter(|&i| same(i)) {
                // SAFETY: The entry was put into this index above.
                is_out &= unsafe { self.hand_over(this, old, done) }.is_ok();
            }
            for done in (0..N).filter(|&i| !same(i)) {
                // SAFETY: As above.
                unsafe { self.unlink_one(this, done) };
            }
            if is_out {
                // SAFETY: No index leads to the entry any more; readers may have seen it.
                unsafe { RcuBox::free(this) };
            }
            return Err(error);
        }
        for i in (0..N).filter(|&i| !same(i)) {
            // SAFETY: The old entry is valid, and in this index.
            unsafe { self.unlink_one(old, i) };
        }
        // SAFETY: The number is the old entry's, so that storing does not allocate and
        // cannot fail.
        let value = unsafe {
            bindings::xa_store(self.table.entries.get(), u32_as_usize(id), this.cast(), 0);
            &(*this).value().value
        };
        // SAFETY: `old` is not null.
        // INVARIANT: No index leads to the old entry any more.
        Ok((value, Removed(unsafe { NonNull::new_unchecked(old) })))
    }

    /// Takes out the object whose key number `index` is `key`.
    pub(crate) fn remove(&mut self, index: usize, key: &Key<W>) -> Option<Removed<T, N, W>> {
        let entry = self.look_up(index, key)?;
        // SAFETY: Nobody else removes entries while the lock is held.
        Some(unsafe { self.unlink(entry) })
    }

    /// Takes an entry out of all indexes.
    ///
    /// # Safety
    ///
    /// `entry` must be in the table.
    unsafe fn unlink(&mut self, entry: NonNull<RcuBox<Entry<T, N, W>>>) -> Removed<T, N, W> {
        for index in 0..N {
            // SAFETY: The entry is in all indexes by the caller's duty.
            unsafe { self.unlink_one(entry.as_ptr(), index) };
        }
        // SAFETY: The entry is in the array under its number.
        unsafe {
            let id = (*entry.as_ptr()).value().id;
            bindings::xa_erase(self.table.entries.get(), u32_as_usize(id));
        }
        // INVARIANT: No index leads to the entry any more.
        Removed(entry)
    }

    /// Takes out all objects, refuses new ones for good, and tells whether there were any.
    pub(crate) fn close(&mut self) -> bool {
        *self.state = State::Closed;
        let mut any = false;
        let mut from = 0;
        while let Some((id, entry)) = self.table.next_entry(from) {
            any = true;
            from = id;
            // SAFETY: The entry was found in the table, and the lock is held.
            drop(unsafe { self.unlink(entry) });
            if id % 1024 == 0 {
                // SAFETY: Process context, with nothing but sleeping locks held.
                unsafe { bindings::helpers::cond_resched() };
            }
        }
        any
    }
}
