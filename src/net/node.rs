// SPDX-License-Identifier: GPL-2.0

//! Hash tables of nodes: an object's place in the index of a [`Table`](super::table::Table).
//!
//! The C code is compiled for each length of keys, so that hash and compare are part of it.
//!
//! C header: `include/linux/rhashtable.h`.

use super::bindings;
use core::ptr::NonNull;
use kernel::prelude::*;

/// How many words the shorter keys have.
const SHORT: usize = 3;
/// How many words the longer keys have.
const LONG: usize = 6;

/// A key of `W` words and a place in a hash table of such keys. It is laid out as C code
/// knows it: `struct net_rht_node` or `struct net_rht_wide`.
#[repr(C)]
pub(super) struct Node<const W: usize> {
    head: bindings::rhash_head,
    key: [u32; W],
}

impl<const W: usize> Node<W> {
    /// Whether keys are the longer ones. Others than these two fail the build.
    const IS_LONG: bool = {
        assert!(W == SHORT || W == LONG);
        assert!(size_of::<Node<SHORT>>() == size_of::<bindings::net_rht_node>());
        assert!(size_of::<Node<LONG>>() == size_of::<bindings::net_rht_wide>());
        W == LONG
    };

    /// A node in no hash table.
    pub(super) fn new(key: [u32; W]) -> Self {
        Self {
            head: bindings::rhash_head {
                next: core::ptr::null_mut(),
            },
            key,
        }
    }

    /// The key of a node, which stays what it is.
    ///
    /// # Safety
    ///
    /// `node` must be valid.
    pub(super) unsafe fn key(node: *const Self) -> [u32; W] {
        // SAFETY: The caller's duty. Nobody writes this field.
        unsafe { (*node).key }
    }

    /// Initialises a hash table, with room for `hint` nodes at first. Returns an error number.
    ///
    /// # Safety
    ///
    /// `table` must be valid for writing.
    pub(super) unsafe fn init(table: *mut bindings::rhashtable, hint: u16) -> c_int {
        // SAFETY: The caller's duty.
        unsafe {
            if Self::IS_LONG {
                bindings::helpers::rht_wide_init(table, hint)
            } else {
                bindings::helpers::rht_init(table, hint)
            }
        }
    }

    /// Finds the node with this key.
    ///
    /// # Safety
    ///
    /// `table` must be a hash table of such nodes, and the RCU read lock held.
    #[inline]
    pub(super) unsafe fn look_up(
        table: *mut bindings::rhashtable,
        key: &[u32; W],
    ) -> Option<NonNull<Self>> {
        // SAFETY: The caller's duty; the key has as many words as C code reads.
        let node = unsafe {
            if Self::IS_LONG {
                bindings::helpers::rht_wide_lookup(table, key.as_ptr()).cast()
            } else {
                bindings::helpers::rht_lookup(table, key.as_ptr()).cast()
            }
        };
        NonNull::new(node)
    }

    /// Adds a node, unless its key is there. Returns an error number.
    ///
    /// # Safety
    ///
    /// `table` must be a hash table of such nodes, and `node` valid and in none.
    pub(super) unsafe fn insert(table: *mut bindings::rhashtable, node: *mut Self) -> c_int {
        // SAFETY: The caller's duty; the node is laid out as C code knows it.
        unsafe {
            if Self::IS_LONG {
                bindings::helpers::rht_wide_insert(table, node.cast())
            } else {
                bindings::helpers::rht_insert(table, node.cast())
            }
        }
    }

    /// Puts `new` in the place of `old`, which has the same key. Returns an error number: then
    /// nothing has changed.
    ///
    /// # Safety
    ///
    /// `table` must be a hash table of such nodes, `old` in it, and `new` valid and in none.
    pub(super) unsafe fn replace(
        table: *mut bindings::rhashtable,
        old: *mut Self,
        new: *mut Self,
    ) -> c_int {
        // SAFETY: The caller's duty; the nodes are laid out as C code knows them.
        unsafe {
            if Self::IS_LONG {
                bindings::helpers::rht_wide_replace(table, old.cast(), new.cast())
            } else {
                bindings::helpers::rht_replace(table, old.cast(), new.cast())
            }
        }
    }

    /// Takes a node out.
    ///
    /// # Safety
    ///
    /// `table` must be a hash table of such nodes, and `node` in it.
    pub(super) unsafe fn remove(table: *mut bindings::rhashtable, node: *mut Self) {
        // SAFETY: The caller's duty; the node is laid out as C code knows it.
        unsafe {
            if Self::IS_LONG {
                bindings::helpers::rht_wide_remove(table, node.cast());
            } else {
                bindings::helpers::rht_remove(table, node.cast());
            }
        }
    }
}
